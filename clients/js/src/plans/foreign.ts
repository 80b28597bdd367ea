import {
    AccountRole,
    type AccountSignerMeta,
    type AccountMeta,
    type Address,
    type Instruction,
    type TransactionSigner,
    getAddressEncoder,
    getU32Encoder,
    getU64Encoder,
} from '@solana/kit';

import { ASSOCIATED_TOKEN_PROGRAM, CLOCK_SYSVAR, STAKE_PROGRAM, SYSTEM_PROGRAM } from '../addresses.js';

// The few instructions of other programs that plans need.

export const STAKE_ACCOUNT_SPACE = 200n;

export const writable = (address: Address): AccountMeta => ({ address, role: AccountRole.WRITABLE });
export const readonly = (address: Address): AccountMeta => ({ address, role: AccountRole.READONLY });
const writableSigner = (signer: TransactionSigner): AccountSignerMeta => ({
    address: signer.address,
    role: AccountRole.WRITABLE_SIGNER,
    signer,
});
const readonlySigner = (signer: TransactionSigner): AccountSignerMeta => ({
    address: signer.address,
    role: AccountRole.READONLY_SIGNER,
    signer,
});

const bytes = (...parts: readonly ArrayLike<number>[]): Uint8Array =>
    Uint8Array.from(parts.flatMap(part => Array.from(part)));

const u32 = (number: number) => getU32Encoder().encode(number);

/** Creates an associated token account, unless it exists. */
export function createTokenAccount(input: {
    readonly payer: TransactionSigner;
    readonly account: Address;
    readonly owner: Address;
    readonly mint: Address;
    readonly tokenProgram: Address;
}): Instruction {
    const CREATE_IDEMPOTENT = 1;
    return {
        programAddress: ASSOCIATED_TOKEN_PROGRAM,
        accounts: [
            writableSigner(input.payer),
            writable(input.account),
            readonly(input.owner),
            readonly(input.mint),
            readonly(SYSTEM_PROGRAM),
            readonly(input.tokenProgram),
        ],
        data: bytes([CREATE_IDEMPOTENT]),
    };
}

/** Creates a stake account at a key that signs. */
export function createStakeAccount(
    payer: TransactionSigner,
    account: TransactionSigner,
    lamports: bigint,
): Instruction {
    const CREATE_ACCOUNT = 0;
    const numbers = [lamports, STAKE_ACCOUNT_SPACE].map(number => getU64Encoder().encode(number));
    return {
        programAddress: SYSTEM_PROGRAM,
        accounts: [writableSigner(payer), writableSigner(account)],
        data: bytes(u32(CREATE_ACCOUNT), ...numbers, getAddressEncoder().encode(STAKE_PROGRAM)),
    };
}

/** Hands over an authority of a stake account. The withdrawer may set both, and its own last. */
export function authorizeStake(
    account: Address,
    withdrawer: TransactionSigner,
    authority: Address,
    which: 'staker' | 'withdrawer',
): Instruction {
    const AUTHORIZE = 1;
    return {
        programAddress: STAKE_PROGRAM,
        accounts: [writable(account), readonly(CLOCK_SYSVAR), readonlySigner(withdrawer)],
        data: bytes(u32(AUTHORIZE), getAddressEncoder().encode(authority), u32(which === 'staker' ? 0 : 1)),
    };
}
