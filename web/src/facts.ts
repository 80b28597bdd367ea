import { type Address, isAddress } from '@solana/kit';

import { findTokenAccount } from '../../clients/js/src/addresses.js';
import { findEscrowPda, findWithdrawAuthorityPda } from '../../clients/js/src/generated/pdas/index.js';

/**
 * The pool of this page. The page shows program and pool; everything that a transaction may touch is here, or follows from it. A
 * transaction with other accounts is rejected, by this script and by the program.
 */
export interface Facts {
    readonly pool: Address;
    readonly program: Address;
    readonly mint: Address;
    readonly tokenProgram: Address;
    readonly validatorList: Address;
    readonly reserve: Address;
    readonly managerFee: Address;
    /** Derived from the program and the pool. */
    readonly withdrawAuthority: Address;
    /** Holds the pool tokens of tickets; derived. */
    readonly escrow: Address;
    /** The cluster as wallets name it: `solana:mainnet`. */
    readonly chain: `solana:${string}`;
}

const CHAINS: Readonly<Record<string, Facts['chain']>> = {
    'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp': 'solana:mainnet',
    'solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1': 'solana:devnet',
    'solana:4uhcVJyU9pJkvQyS88uRDiswHScCkY3z': 'solana:testnet',
};

/** A cluster that runs on this machine or in a test. */
export const LOCALNET = 'solana:localnet';

/** The facts in the attributes of the page. */
export async function readFacts(attributes: Readonly<Record<string, string | undefined>>): Promise<Facts> {
    const of = (name: string): Address => {
        const text = attributes[name] ?? '';
        if (!isAddress(text)) throw new Error(`the page names no ${name}: reload it`);
        return text;
    };
    const [pool, program] = [of('pool'), of('program')];
    const [mint, tokenProgram] = [of('mint'), of('tokenProgram')];
    const [withdrawAuthority] = await findWithdrawAuthorityPda({ pool }, { programAddress: program });
    const [escrow] = await findEscrowPda({ withdrawAuthority, tokenProgram, poolMint: mint });
    return {
        ...{ pool, program, mint, tokenProgram, withdrawAuthority, escrow },
        validatorList: of('validatorList'),
        reserve: of('reserve'),
        managerFee: of('managerFee'),
        chain: CHAINS[attributes['chain'] ?? ''] ?? LOCALNET,
    };
}

/** The wallet's token account: its associated one. */
export const tokenAccount = (facts: Facts, wallet: Address): Promise<Address> =>
    findTokenAccount(wallet, facts.mint, facts.tokenProgram);
