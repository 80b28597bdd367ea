/** Transactions as the server builds them, and facts of a pool, for tests. */
import {
    type Address,
    AccountRole,
    type Instruction,
    address,
    appendTransactionMessageInstructions,
    compileTransaction,
    createAddressWithSeed,
    createNoopSigner,
    createTransactionMessage,
    getAddressDecoder,
    getAddressEncoder,
    getTransactionEncoder,
    pipe,
    setTransactionMessageFeePayer,
    setTransactionMessageLifetimeUsingBlockhash,
} from '@solana/kit';

import { STAKE_PROGRAM, SYSTEM_PROGRAM, TOKEN_PROGRAM } from '../../clients/js/src/addresses.js';
import {
    getCancelExitInstruction,
    getClaimExitInstruction,
    getDepositSolWithSlippageInstruction,
    getRequestExitInstruction,
    getWithdrawSolWithSlippageInstruction,
    getWithdrawStakeWithSlippageInstruction,
} from '../../clients/js/src/generated/instructions/index.js';
import { findTicketPda } from '../../clients/js/src/generated/pdas/index.js';
import { type Facts, readFacts, tokenAccount } from '../src/facts.js';

/** A distinct address for each number. */
export const numbered = (number: number): Address => getAddressDecoder().decode(new Uint8Array(32).fill(number));

export const WALLET = numbered(1);
export const THIEF = numbered(2);
export const TICKET = 7n;
export const RENT = 2_282_880n;

export const FACTS: Facts = await readFacts({
    pool: numbered(11),
    program: numbered(12),
    mint: numbered(13),
    tokenProgram: TOKEN_PROGRAM,
    validatorList: numbered(14),
    reserve: numbered(15),
    managerFee: numbered(16),
});
export const OWN = await tokenAccount(FACTS, WALLET);

const COMPUTE_BUDGET = address('ComputeBudget111111111111111111111111111111');
const ASSOCIATED = address('ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL');
const CLOCK = address('SysvarC1ock11111111111111111111111111111111');
const STAKE_HISTORY = address('SysvarStakeHistory1111111111111111111111111');

export const u32 = (value: number): number[] => [...new Uint8Array(Uint32Array.of(value).buffer)];
export const u64 = (value: bigint): number[] => [...new Uint8Array(BigUint64Array.of(value).buffer)];

export const budget = (data: readonly number[]): Instruction => ({ programAddress: COMPUTE_BUDGET, data: Uint8Array.from(data) });
export const units = (limit: number): Instruction => budget([2, ...u32(limit)]);
export const price = (microLamports: bigint): Instruction => budget([3, ...u64(microLamports)]);
export const loaded = (bytes: number): Instruction => budget([4, ...u32(bytes)]);

/** A transfer of lamports: never a part of a trade. */
export const transfer = (from: Address, to: Address, lamports: bigint): Instruction => ({
    programAddress: SYSTEM_PROGRAM,
    accounts: [
        { address: from, role: AccountRole.WRITABLE_SIGNER },
        { address: to, role: AccountRole.WRITABLE },
    ],
    data: Uint8Array.from([...u32(2), ...u64(lamports)]),
});

export const createTokenAccount = (account: Address, owner: Address, tag = 1): Instruction => ({
    programAddress: ASSOCIATED,
    accounts: [
        { address: WALLET, role: AccountRole.WRITABLE_SIGNER },
        { address: account, role: AccountRole.WRITABLE },
        { address: owner, role: AccountRole.READONLY },
        { address: FACTS.mint, role: AccountRole.READONLY },
        { address: SYSTEM_PROGRAM, role: AccountRole.READONLY },
        { address: FACTS.tokenProgram, role: AccountRole.READONLY },
    ],
    data: Uint8Array.from([tag]),
});

export const stakeAccount = (seed: string): Promise<Address> =>
    createAddressWithSeed({ baseAddress: WALLET, programAddress: STAKE_PROGRAM, seed });

export interface Creation {
    readonly account: Address;
    readonly seed: string;
    readonly base?: Address;
    readonly lamports?: bigint;
    readonly space?: bigint;
    readonly owner?: Address;
}

export function createStakeAccount(creation: Creation): Instruction {
    const { account, seed, base = WALLET, lamports = RENT, space = 200n, owner = STAKE_PROGRAM } = creation;
    const key = (address: Address): number[] => [...getAddressEncoder().encode(address)];
    const text = [...new TextEncoder().encode(seed)];
    const data = [...u32(3), ...key(base), ...u64(BigInt(text.length)), ...text, ...u64(lamports), ...u64(space), ...key(owner)];
    return {
        programAddress: SYSTEM_PROGRAM,
        accounts: [
            { address: WALLET, role: AccountRole.WRITABLE_SIGNER },
            { address: account, role: AccountRole.WRITABLE },
            ...(base === WALLET ? [] : [{ address: base, role: AccountRole.READONLY_SIGNER }]),
        ],
        data: Uint8Array.from(data),
    };
}

const pool = (facts: Facts) => ({
    pool: facts.pool,
    withdrawAuthority: facts.withdrawAuthority,
    managerFeeAccount: facts.managerFee,
    poolMint: facts.mint,
    tokenProgram: facts.tokenProgram,
});

/** Changes of single accounts or amounts of an instruction. */
type Changed = Readonly<Record<string, unknown>>;

const signer = createNoopSigner(WALLET);

export const deposit = (changed: Changed = {}, facts = FACTS): Instruction =>
    getDepositSolWithSlippageInstruction(
        {
            ...pool(facts),
            ...{ reserveStake: facts.reserve, lamportsFrom: signer, poolTokensTo: OWN, referrerFeeAccount: OWN },
            ...{ lamportsIn: 1_000n, minimumPoolTokensOut: 900n },
            ...changed,
        },
        { programAddress: facts.program },
    );

export const withdraw = (changed: Changed = {}): Instruction =>
    getWithdrawSolWithSlippageInstruction(
        {
            ...pool(FACTS),
            ...{ userTransferAuthority: signer, poolTokensFrom: OWN, reserveStake: FACTS.reserve, lamportsTo: WALLET },
            ...{ clock: CLOCK, stakeHistory: STAKE_HISTORY, stakeProgram: STAKE_PROGRAM },
            ...{ poolTokensIn: 1_000n, minimumLamportsOut: 900n },
            ...changed,
        },
        { programAddress: FACTS.program },
    );

export const withdrawStake = (splitTo: Address, changed: Changed = {}): Instruction =>
    getWithdrawStakeWithSlippageInstruction(
        {
            ...pool(FACTS),
            ...{ validatorList: FACTS.validatorList, splitFrom: numbered(21), splitTo, userStakeAuthority: WALLET },
            ...{ userTransferAuthority: signer, poolTokensFrom: OWN, clock: CLOCK, stakeProgram: STAKE_PROGRAM },
            ...{ poolTokensIn: 1_000n, minimumLamportsOut: 900n },
            ...changed,
        },
        { programAddress: FACTS.program },
    );

export const requestExit = (changed: Changed = {}): Instruction =>
    getRequestExitInstruction(
        {
            ...pool(FACTS),
            ...{ owner: signer, poolTokensFrom: OWN, escrow: FACTS.escrow, ticket: numbered(22), recipient: WALLET },
            ...{ payer: signer, poolTokens: 1_000n, minimumLamports: 900n },
            ...changed,
        },
        { programAddress: FACTS.program },
    );

export const ticketAddress = (id: bigint): Promise<Address> =>
    findTicketPda({ pool: FACTS.pool, id }, { programAddress: FACTS.program }).then(([found]) => found);

export const claim = async (changed: Changed = {}): Promise<Instruction> =>
    getClaimExitInstruction(
        {
            ...pool(FACTS),
            ...{ ticket: await ticketAddress(TICKET), ticketOwner: WALLET, recipient: WALLET, escrow: FACTS.escrow },
            ...{ reserveStake: FACTS.reserve, clock: CLOCK, stakeHistory: STAKE_HISTORY, stakeProgram: STAKE_PROGRAM },
            ...changed,
        },
        { programAddress: FACTS.program },
    );

export const cancel = async (changed: Changed = {}): Promise<Instruction> =>
    getCancelExitInstruction(
        {
            ...pool(FACTS),
            ...{ ticket: await ticketAddress(TICKET), ticketOwner: signer, poolTokensTo: OWN, escrow: FACTS.escrow },
            ...changed,
        },
        { programAddress: FACTS.program },
    );

/** An unsigned transaction, as bytes. */
export function transactionOf(instructions: readonly Instruction[], payer = WALLET, version: 'legacy' | 0 = 'legacy'): Uint8Array {
    const lifetime = { blockhash: numbered(99) as never, lastValidBlockHeight: 1n };
    const message = pipe(
        createTransactionMessage({ version }),
        message => setTransactionMessageFeePayer(payer, message),
        message => setTransactionMessageLifetimeUsingBlockhash(lifetime, message),
        message => appendTransactionMessageInstructions(instructions, message),
    );
    return new Uint8Array(getTransactionEncoder().encode(compileTransaction(message)));
}
