import { type Address } from '@solana/kit';

import { errorOfCode, invalid } from './errors.js';
import { type Pool, type RawAccount, type Ticket, type Validator, findValidator, voteOfStake } from './pool.js';
import { type Answer } from './wasm/instance.js';
import { type Subject, snapshotBytes } from './wasm/snapshot.js';

// Each quote is exact while the pool does not change: the program computes it by the same code. It throws a `StakePoolError` if the
// program would refuse the operation.

/** Pool tokens of a deposit, in the smallest unit. */
export interface DepositQuote {
    readonly minted: bigint;
    readonly toDepositor: bigint;
    readonly toManager: bigint;
    readonly toReferrer: bigint;
}

export interface SolDepositQuote extends DepositQuote {
    /** Lamports of the deposit for which no pool tokens are minted, in favour of all holders. */
    readonly growthCharge: bigint;
}

export interface StakeDepositQuote extends DepositQuote {
    /** Lamports that the pool receives. */
    readonly totalLamports: bigint;
    /** Lamports of these that join the validator's delegation. */
    readonly stakeLamports: bigint;
}

export interface WithdrawalQuote {
    /** Pool tokens burnt. */
    readonly burnt: bigint;
    /** Pool tokens for the manager. */
    readonly fee: bigint;
    /** Lamports that the holder gets. */
    readonly lamports: bigint;
}

export type StakeActivation = 'inactive' | 'deactivating' | 'activating' | 'active';

export interface StakeWithdrawalQuote extends WithdrawalQuote {
    /** The account that is split: a whole validator stake account is handed over as it is. */
    readonly source: 'reserve' | 'validatorStake' | 'transientStake' | 'wholeValidatorStake';
    /** What the stake is; `undefined` if the account was not read. */
    readonly activation: StakeActivation | undefined;
    /** The first epoch in which all of it can be SOL, if it is deactivated now. */
    readonly withdrawableFromEpoch: bigint | undefined;
}

export interface ExitQuote extends WithdrawalQuote {
    /** Lamports of the reserve beyond all that other tickets and the rents of decreases take. */
    readonly reserveLamports: bigint;
    /** An estimate of the first epoch in which the reserve can pay; `undefined` if rebalances will not raise the lamports. */
    readonly payableFromEpoch: bigint | undefined;
}

export interface CancellationQuote {
    /** Pool tokens that return to the owner. */
    readonly returned: bigint;
    /** Pool tokens that are burned. */
    readonly burnt: bigint;
}

export interface Condition {
    /** Whether the pool must be updated before deposits and withdrawals. */
    readonly isStale: boolean;
    /** Whether rewards are being distributed: stake cannot change. */
    readonly rewardsAreBeingPaid: boolean;
    /** The first epoch in which deposits and SOL withdrawals go on; `undefined` without a halt. */
    readonly haltedUntilEpoch: bigint | undefined;
    /** Lamports of the reserve above its rent. */
    readonly reserveLamports: bigint;
    /** Lamports that can be withdrawn as SOL, unless there is a halt. */
    readonly withdrawableReserveLamports: bigint;
    /** Lamports that stay in the reserve for the rents of decreases. */
    readonly workingLamports: bigint;
    /** Rent of a stake account. */
    readonly stakeRent: bigint;
    /** Rent of an exit ticket, which its owner gets back. */
    readonly ticketRent: bigint;
}

export interface Yield {
    /** Epoch of the earlier update. */
    readonly since: bigint;
    /** Epoch of the last update. */
    readonly until: bigint;
    /** Seconds between them. */
    readonly seconds: bigint;
    /** Growth of the exchange rate, as a fraction. */
    readonly growth: number;
}

export interface AnnualYield extends Yield {
    /** The growth compounded over a year, as a fraction. */
    readonly annual: number;
}

function results(answer: Answer): readonly bigint[] {
    if ('code' in answer) throw errorOfCode(answer.code);
    return answer.results;
}

const NOTHING: Subject = {};
const snapshots = new WeakMap<Pool, Uint8Array>();

/** The bytes of a snapshot. A pool does not change, so those of the pool alone are made once. */
function bytes(pool: Pool, subject: Subject = NOTHING): Uint8Array {
    const found = subject === NOTHING ? snapshots.get(pool) : undefined;
    const made = found ?? snapshotBytes(pool.accounts, pool.minimumDelegation, subject);
    if (subject === NOTHING) snapshots.set(pool, made);
    return made;
}

/** Withdrawals from the manager's fee account are without a fee. */
function exempt(pool: Pool, from: Address | undefined): number {
    return from === pool.data.managerFeeAccount ? 1 : 0;
}

const stakesOf = (validator: Validator | undefined): Subject => ({
    validatorStake: validator?.accounts?.validator,
    transientStake: validator?.accounts?.transient,
});

/** A deposit of SOL. */
export function quoteDepositSol(
    pool: Pool,
    input: { readonly lamports: bigint; readonly minimumPoolTokens?: bigint | undefined },
): SolDepositQuote {
    const { lamports, minimumPoolTokens = 0n } = input;
    const answer = pool.quotes.call(bytes(pool), 5, (functions, at, length) =>
        functions.deposit_sol(at, length, lamports, minimumPoolTokens),
    );
    const [growthCharge, minted, toDepositor, toManager, toReferrer] = results(answer);
    return {
        growthCharge: growthCharge!,
        minted: minted!,
        toDepositor: toDepositor!,
        toManager: toManager!,
        toReferrer: toReferrer!,
    };
}

/** What a withdrawal takes: pool tokens, and the token account that they come from. */
export interface WithdrawalInput {
    readonly poolTokens: bigint;
    /** The token account; a withdrawal from the manager's fee account is without a fee. */
    readonly from?: Address | undefined;
    readonly minimumLamports?: bigint | undefined;
}

function withdrawal(found: readonly bigint[]): WithdrawalQuote {
    const [burnt, fee, lamports] = found;
    return { burnt: burnt!, fee: fee!, lamports: lamports! };
}

/** A withdrawal of SOL from the reserve. */
export function quoteWithdrawSol(pool: Pool, input: WithdrawalInput): WithdrawalQuote {
    const { poolTokens, from, minimumLamports = 0n } = input;
    const answer = pool.quotes.call(bytes(pool), 3, (functions, at, length) =>
        functions.withdraw_sol(at, length, exempt(pool, from), poolTokens, minimumLamports),
    );
    return withdrawal(results(answer));
}

/** Most pool tokens that can be withdrawn as SOL now. */
export function largestSolWithdrawal(pool: Pool, from?: Address): bigint {
    const answer = pool.quotes.call(bytes(pool), 1, (functions, at, length) =>
        functions.largest_sol_withdrawal(at, length, exempt(pool, from)),
    );
    return results(answer)[0]!;
}

/** A deposit of a stake account. The pool must have been read with the stake accounts of its validator. */
export function quoteDepositStake(
    pool: Pool,
    input: { readonly stake: RawAccount; readonly minimumPoolTokens?: bigint | undefined },
): StakeDepositQuote {
    const { stake, minimumPoolTokens = 0n } = input;
    const vote = voteOfStake(stake);
    const validator = vote && findValidator(pool, vote);
    const subject = { ...stakesOf(validator), subject: stake };
    const answer = pool.quotes.call(bytes(pool, subject), 6, (functions, at, length) =>
        functions.deposit_stake(at, length, minimumPoolTokens),
    );
    const [totalLamports, stakeLamports, minted, toDepositor, toManager, toReferrer] = results(answer);
    return {
        totalLamports: totalLamports!,
        stakeLamports: stakeLamports!,
        minted: minted!,
        toDepositor: toDepositor!,
        toManager: toManager!,
        toReferrer: toReferrer!,
    };
}

const RESERVE = 0xffff_ffff;
const SOURCES = ['reserve', 'validatorStake', 'transientStake', 'wholeValidatorStake'] as const;
const ACTIVATIONS = [undefined, 'inactive', 'deactivating', 'activating', 'active'] as const;

/** A withdrawal of stake from a validator (its vote account), or from the reserve. */
export function quoteWithdrawStake(
    pool: Pool,
    input: WithdrawalInput & { readonly vote: Address | 'reserve' },
): StakeWithdrawalQuote {
    const { vote, poolTokens, from, minimumLamports = 0n } = input;
    const validator = vote === 'reserve' ? undefined : findValidator(pool, vote);
    if (vote !== 'reserve' && !validator) {
        throw invalid('ValidatorNotFound', `validator ${vote} is not in the pool`, 'use a validator of its list');
    }
    const index = validator?.index ?? RESERVE;
    const answer = pool.quotes.call(bytes(pool, stakesOf(validator)), 6, (functions, at, length) =>
        functions.withdraw_stake(at, length, index, exempt(pool, from), poolTokens, minimumLamports),
    );
    const found = results(answer);
    const source = SOURCES[Number(found[3])]!;
    const activation = ACTIVATIONS[Number(found[4])];
    return {
        ...withdrawal(found),
        source,
        activation,
        withdrawableFromEpoch: activation && found[5],
    };
}

const U64_MAX = 0xffff_ffff_ffff_ffffn;

/** An exit ticket: a SOL withdrawal that waits for the reserve. */
export function quoteExit(pool: Pool, input: WithdrawalInput): ExitQuote {
    const { poolTokens, from, minimumLamports = 0n } = input;
    const answer = pool.quotes.call(bytes(pool), 5, (functions, at, length) =>
        functions.exit(at, length, exempt(pool, from), poolTokens, minimumLamports),
    );
    const found = results(answer);
    const epoch = found[4]!;
    return {
        ...withdrawal(found),
        reserveLamports: found[3]!,
        payableFromEpoch: epoch === U64_MAX ? undefined : epoch,
    };
}

/** Lamports that a claim of the ticket would pay at the present exchange rate, as soon as the reserve can. */
export function quoteClaim(pool: Pool, ticket: Ticket): bigint {
    const answer = pool.quotes.call(bytes(pool, { subject: ticket.account }), 1, (functions, at, length) =>
        functions.claimable(at, length),
    );
    return results(answer)[0]!;
}

/** The cancellation of a ticket. */
export function quoteCancellation(pool: Pool, ticket: Ticket): CancellationQuote {
    const answer = pool.quotes.call(bytes(pool, { subject: ticket.account }), 2, (functions, at, length) =>
        functions.cancellation(at, length),
    );
    const [returned, burnt] = results(answer);
    return { returned: returned!, burnt: burnt! };
}

/** Freshness and reserve of the pool. */
export function condition(pool: Pool): Condition {
    const found = results(pool.quotes.call(bytes(pool), 8, (functions, at, length) => functions.condition(at, length)));
    return {
        isStale: found[0] === 1n,
        rewardsAreBeingPaid: found[1] === 1n,
        haltedUntilEpoch: found[2] || undefined,
        reserveLamports: found[3]!,
        withdrawableReserveLamports: found[4]!,
        workingLamports: found[5]!,
        stakeRent: found[6]!,
        ticketRent: found[7]!,
    };
}

function fraction(bits: bigint): number {
    const view = new DataView(new ArrayBuffer(8));
    view.setBigUint64(0, bits);
    return view.getFloat64(0);
}

function annualYield(answer: Answer): AnnualYield {
    const [since, until, seconds, growth, annual] = results(answer);
    return {
        since: since!,
        until: until!,
        seconds: seconds!,
        growth: fraction(growth!),
        annual: fraction(annual!),
    };
}

/** The yield over the last `epochs` epochs, by the ledger of an extended pool: after the epoch fee. */
export function yieldOver(pool: Pool, epochs: bigint): AnnualYield {
    return annualYield(
        pool.quotes.call(bytes(pool), 5, (functions, at, length) => functions.yield_over(at, length, epochs)),
    );
}

/** The growth over the last `epochs` epochs: without a figure for a year, so that it works on clusters with short epochs. */
export function growthOver(pool: Pool, epochs: bigint): Yield {
    const { annual: _, ...growth } = annualYield(
        pool.quotes.call(bytes(pool), 5, (functions, at, length) => functions.growth_over(at, length, epochs)),
    );
    return growth;
}

const MOVEMENTS = { 1: 'increase', 2: 'decrease', 3: 'recall', 4: 'keep' } as const;
const REASONS = [
    'paused',
    'notActive',
    'noWeight',
    'transientStake',
    'balanced',
    'reserveSpent',
    'othersFurtherBelow',
    'othersFurtherAbove',
    'nothingNeeded',
    'budgetSpent',
    'noRentInReserve',
] as const;
const FIRST_REASON = 16;

/** What a rebalance does with the stake of a validator now. */
export interface Movement {
    readonly validator: Validator;
    /** `recall` returns activating stake to the reserve, `keep` deactivating stake to the validator. */
    readonly direction: 'increase' | 'decrease' | 'recall' | 'keep' | undefined;
    /** Why nothing moves. */
    readonly reason: (typeof REASONS)[number] | undefined;
    /** Lamports of stake that move. */
    readonly lamports: bigint;
    /** Target in lamports. */
    readonly target: bigint | undefined;
}

export interface RebalanceQuote {
    /** One for each validator, in the list's order. */
    readonly movements: readonly Movement[];
    /** Lamports that the reserve is to hold above its rent. */
    readonly reserveTarget: bigint;
    /** Lamports that may still be deactivated in this epoch; `undefined` for no bound. */
    readonly turnoverLeft: bigint | undefined;
    /** Numbers of validators that the program ranks; they decide the compute units. */
    readonly selections: readonly (bigint | undefined)[];
}

/** The program's decisions on all validators of an extended pool. */
export function quoteRebalance(pool: Pool): RebalanceQuote {
    const found = results(pool.quotes.rebalance(bytes(pool), pool.validators.length));
    const movements = pool.validators.map((validator): Movement => {
        const at = 4 + 3 * validator.index;
        const [kind, target] = [Number(found[at]), found[at + 2]!];
        return {
            validator,
            direction: MOVEMENTS[kind as keyof typeof MOVEMENTS],
            reason: REASONS[kind - FIRST_REASON],
            lamports: found[at + 1]!,
            target: target === U64_MAX ? undefined : target,
        };
    });
    return {
        movements,
        reserveTarget: found[0]!,
        turnoverLeft: found[1] === U64_MAX ? undefined : found[1],
        selections: [found[2]!, found[3]!].map(ranked => (ranked === 0n ? undefined : ranked - 1n)),
    };
}

/** The minimum to accept for a quote with a slippage in basis points: at least 1; `undefined` for a slippage of 100 %. */
export function minimumOut(quoted: bigint, slippageBps: number): bigint | undefined {
    const WHOLE = 10_000n;
    const kept = WHOLE - BigInt(Math.min(Math.max(slippageBps, 0), Number(WHOLE)));
    if (kept === 0n || quoted === 0n) return undefined;
    const minimum = (quoted * kept) / WHOLE;
    return minimum > 0n ? minimum : 1n;
}
