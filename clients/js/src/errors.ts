import { SOLANA_ERROR__INSTRUCTION_ERROR__CUSTOM, isSolanaError } from '@solana/kit';

import { PROGRAM_ERRORS } from './generated/messages.js';

/** Whose error it is: the stake pool program's, the stake program's, or one that this client finds. */
export type ErrorSource = 'stakePool' | 'stakeProgram' | 'client';

/** Why an operation is not possible: a stable name, the cause, and what to do. */
export class StakePoolError extends Error {
    override readonly name = 'StakePoolError';

    constructor(
        /** A name that does not change: `StakeListAndPoolOutOfDate`. */
        readonly kind: string,
        readonly source: ErrorSource,
        /** The program's code; 0 for errors of this client. */
        readonly code: number,
        /** What is wrong. */
        readonly reason: string,
        /** What to do; empty if nothing helps. */
        readonly remedy: string,
    ) {
        super(remedy ? `${reason}: ${remedy}` : reason);
    }
}

type Row = readonly [kind: string, cause: string, remedy: string];

const STAKE_PROGRAM: Readonly<Record<number, Row>> = {
    1: ['LockupInForce', 'the stake account is locked', 'deposit it when the lockup has ended'],
    4: ['InsufficientStake', 'a sum of stake exceeds 64 bits', ''],
    5: [
        'MergeTransientStake',
        'the stake is activating or deactivating',
        'deposit it in a later epoch, when it is fully active',
    ],
    6: [
        'MergeMismatch',
        "the stake account cannot be merged into the pool's",
        'deposit active stake, or withdraw its lamports and deposit them as SOL',
    ],
    12: [
        'InsufficientDelegation',
        'a part of the stake would be below the minimum delegation',
        'withdraw another amount, or withdraw SOL',
    ],
};

/** By the numbers of `wasm/src/failure.rs`. */
const CLIENT: Readonly<Record<number, Row>> = {
    1: ['MalformedSnapshot', 'the snapshot is malformed', 'report this as a defect of the client'],
    2: ['MissingAccount', 'an account that the quote needs was not read', 'read the pool with `fetchStakes` first'],
    3: ['NotAPool', 'the account is not an initialized stake pool', 'check its address'],
    4: ['MalformedAccount', 'an account of the pool is malformed', 'check the address of the pool'],
    5: ['EpochRewardsActive', 'rewards of the last epoch are being distributed', 'retry in a few minutes'],
    6: ['NotAStakeAccount', 'the account is not owned by the stake program', 'specify a stake account'],
    7: ['UninitializedStake', 'the stake account is not initialized', 'specify one that is delegated'],
    8: ['InsufficientFunds', 'the stake account is below the current rent', 'withdraw from another validator'],
    9: ['NotATicket', 'the account is not an exit ticket', 'check its address'],
    10: ['NoEarlierRate', 'there is no earlier exchange rate', 'it takes updates in two epochs of an extended pool'],
    11: ['ShortEpochs', 'epochs of this cluster are too short for a figure for a year', 'use `growthOver`'],
    12: ['MoreThanRewards', 'the exchange rate grew by more than staking pays, as by a donation', 'use `growthOver`'],
};

const STAKE_PROGRAM_BASE = -1_000;

/** The error of a code of the quotes. */
export function errorOfCode(code: number): StakePoolError {
    if (code > 0) return errorOfProgram(code);
    if (code <= STAKE_PROGRAM_BASE) {
        const own = STAKE_PROGRAM_BASE - code;
        const [kind, cause, remedy] = STAKE_PROGRAM[own] ?? ['Unknown', `error ${own} of the stake program`, ''];
        return new StakePoolError(kind, 'stakeProgram', own, cause, remedy);
    }
    return clientError(-code);
}

function clientError(number: number): StakePoolError {
    const [kind, cause, remedy] = CLIENT[number] ?? ['Unknown', `unknown reason ${number}`, ''];
    return new StakePoolError(kind, 'client', 0, cause, remedy);
}

/** The error of a code of the stake pool program: those of the SPL stake pool, and of the extension. */
export function errorOfProgram(code: number): StakePoolError {
    const row = PROGRAM_ERRORS[code];
    if (!row) return new StakePoolError('Unknown', 'stakePool', code, `error ${code} of the stake pool program`, '');
    // A message is one sentence: the cause and, where there is one, the remedy.
    const sentence = row[1].replace(/\.$/, '');
    const colon = sentence.indexOf(': ');
    const [cause, remedy] = colon < 0 ? [sentence, ''] : [sentence.slice(0, colon), sentence.slice(colon + 2)];
    return new StakePoolError(row[0], 'stakePool', code, cause, remedy);
}

/** An error of a request that this client does not carry out. */
export function invalid(kind: string, cause: string, remedy: string): StakePoolError {
    return new StakePoolError(kind, 'client', 0, cause, remedy);
}

/**
 * The stake pool program's error in a failed transaction or simulation, as kit throws it; `undefined` if it is another error.
 * Pass the program's error only: other programs use the same codes.
 */
export function errorOfTransaction(error: unknown): StakePoolError | undefined {
    for (let at = error; at instanceof Error; at = at.cause) {
        if (isSolanaError(at, SOLANA_ERROR__INSTRUCTION_ERROR__CUSTOM)) return errorOfProgram(at.context.code);
    }
    return undefined;
}
