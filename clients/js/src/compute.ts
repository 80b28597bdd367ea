import { type Pool } from './pool.js';

// Upper bounds of compute units, as in `client-lib/src/compute.rs`.

/** A call of the system, stake or token program. */
export const FOREIGN = 12_000;
export const CREATE_TOKEN_ACCOUNT = 35_000;
export const REQUEST_EXIT = 60_000;
export const CLAIM_EXIT = 45_000;
export const CANCEL_EXIT = 45_000;
export const UPDATE_QUIET_VALIDATOR = 25_000;
export const UPDATE_MOVING_VALIDATOR = 65_000;
export const UPDATE_LIST_BASE = 15_000;
export const COMPACT_BASE = 8_000;
export const COMPACT_RECORD = 1_000;
export const COMPACT_SEARCH = 12_000;
export const COMPACT_MERGE = 22_000;
export const COMPACT_SWEEP = 10_000;

/** Of the slowest known program, the SPL stake pool. */
const SPL = {
    perRecord: 45,
    depositSol: 45_000,
    withdrawSol: 50_000,
    depositStake: 130_000,
    withdrawStake: 120_000,
    scanList: 40_000,
};

/** Of Tidepool. */
const TIDEPOOL = {
    perRecord: 11,
    depositSol: 22_000,
    withdrawSol: 27_000,
    depositStake: 100_000,
    withdrawStake: 92_000,
    scanList: 15_000,
};

/** Of the program that runs the pool: only Tidepool extends pools. Scans of the list are included. */
export function poolBounds(pool: Pool) {
    const { perRecord, depositSol, withdrawSol, ...scanning } = pool.extension ? TIDEPOOL : SPL;
    const scan = perRecord * pool.validators.length;
    return {
        depositSol,
        withdrawSol,
        depositStake: scanning.depositStake + scan,
        withdrawStake: scanning.withdrawStake + scan,
        scanList: scanning.scanList + scan,
    };
}

/** Set in the weight of a demoted validator. */
const DEMOTED = 0x8000;

const weightOrMark = (pool: Pool, index: number): number => pool.validators[index]!.record.extension.weight;

export function isDemoted(pool: Pool, index: number): boolean {
    return weightOrMark(pool, index) >= DEMOTED;
}

/** The weight of a validator; 0 for none. */
export function weightOf(pool: Pool, index: number): number {
    const weight = weightOrMark(pool, index);
    return weight < DEMOTED ? weight : 0;
}

/** Compute units of a `Rebalance` of `count` validators that ranks `selections`. */
export function rebalanceUnits(pool: Pool, count: number, selections: readonly (bigint | undefined)[]): number {
    const all = pool.validators.length;
    const moving = pool.validators.filter(({ record }) => record.transientStakeLamports > 0n).length;
    const others = pool.validators.filter(({ index }) => index > 0 && weightOf(pool, index) !== weightOf(pool, index - 1));
    const hasCap = (pool.extension?.policy.validatorCap ?? 10_000) < 10_000;
    const demoted = pool.validators.some(({ index }) => isDemoted(pool, index)) ? 30 * all : 0;
    const survey = (hasCap ? 46 + 12 : 46) * all + 45 * moving + 15 * others.length + demoted;
    const counted = 34 * all + 15 * others.length;
    const ranked = 40 * all + 24 * others.length;
    const selection = (from: number): number => (from === 0 ? counted : counted + ranked + 100 * from);
    const known = selections.filter(ranked => ranked !== undefined).map(ranked => selection(Number(ranked)));
    // Movements of other validators before this instruction add to its scans.
    const growth = 45 * (all - moving);
    return 10_000 + (50_000 + demoted) * count + survey + known.reduce((a, b) => a + b, 0) + growth;
}
