import { type AccountMeta, type Instruction, AccountRole } from '@solana/kit';

import { type StakeAddresses } from '../addresses.js';
import {
    COMPACT_BASE,
    COMPACT_MERGE,
    COMPACT_RECORD,
    COMPACT_SEARCH,
    COMPACT_SWEEP,
    UPDATE_LIST_BASE,
    UPDATE_MOVING_VALIDATOR,
    UPDATE_QUIET_VALIDATOR,
    poolBounds,
} from '../compute.js';
import { errorOfCode } from '../errors.js';
import {
    getCleanupRemovedValidatorEntriesInstruction,
    getUpdateStakePoolBalanceInstruction,
    getUpdateValidatorListBalanceInstruction,
    getUpdateValidatorsInstruction,
} from '../generated/index.js';
import { type Pool, type Validator, isStale, stakeAddresses } from '../pool.js';
import { condition } from '../quotes.js';
import { type InstructionGroup, type Plan, type Stage, type TransactionFormat, fits, group } from '../transactions.js';
import { readonly, writable } from './foreign.js';
import { accountsOf } from './trades.js';

export interface UpdateOptions extends TransactionFormat {
    /** Update every record and the pool, even if they are current. It books rewards and donations of this epoch. */
    readonly all?: boolean;
    /** Most idle lamports (tips) of a validator that stay where they are, if its stake accounts were read. */
    readonly maxIdleLamports?: bigint;
}

/** A sweep costs about this much of an epoch's rewards. */
const MAX_IDLE_LAMPORTS = 1_000_000n;

const LOG = { instruction: 455, merge: 385, sweep: 253 };

const ACTIVE = 0;

/** What the program may have to do for a record. */
interface Work {
    readonly searches: number;
    readonly merges: number;
    readonly sweeps: number;
}

/** The delegated lamports of a stake account; `undefined` without a delegation. */
function delegated(data: Uint8Array): bigint | undefined {
    const [DELEGATED, STAKE] = [2, 156] as const;
    if (data[0] !== DELEGATED) return undefined;
    return new DataView(data.buffer, data.byteOffset).getBigUint64(STAKE, true);
}

/** Lamports of a validator's stake account beside its rent and delegation; `undefined` if they are unknown. */
function idleLamports({ accounts }: Validator, rent: bigint): bigint | undefined {
    const stake = accounts?.validator && delegated(accounts.validator.data);
    if (!accounts?.validator || stake === undefined) return undefined;
    const idle = accounts.validator.lamports - stake! - rent;
    return idle > 0n ? idle : 0n;
}

const hasTransientStake = ({ record }: Validator): boolean => record.transientStakeLamports > 0n;

/** Whether the accounts of a record are passed writable. If not, the program only counts the stake. */
function isWritten(validator: Validator, rent: bigint, maxIdle: bigint): boolean {
    if (!validator.accounts || validator.record.status !== ACTIVE || hasTransientStake(validator)) return true;
    return (idleLamports(validator, rent) ?? maxIdle + 1n) > maxIdle;
}

function workOf(validator: Validator, isWritten: boolean): Work {
    const { extension, status } = validator.record;
    const moves = hasTransientStake(validator);
    const searches = (extension.validator === 0 ? 1 : 0) + (moves && extension.transient === 0 ? 1 : 0);
    if (!isWritten) return { searches, merges: 0, sweeps: 0 };
    const removed = status === ACTIVE ? 0 : 1;
    return { searches, merges: (moves ? 1 : 0) + removed, sweeps: 1 };
}

/** Instructions for consecutive validators. */
type Chunk = (validators: readonly Validator[]) => InstructionGroup;

/** Derived addresses, by the index of the record. */
type Addresses = ReadonlyMap<number, StakeAddresses>;

function compact(pool: Pool, addresses: Addresses, maxIdle: bigint): Chunk {
    const rent = condition(pool).stakeRent;
    return validators => {
        const written = validators.map(validator => isWritten(validator, rent, maxIdle));
        const instruction = getUpdateValidatorsInstruction(
            { ...accountsOf(pool), startIndex: validators[0]!.index, stakes: [] },
            { programAddress: pool.programAddress },
        );
        const stakes = validators.flatMap((validator, at) => {
            const { validator: stake, transient } = addresses.get(validator.index)!;
            const named = hasTransientStake(validator) ? [stake, transient] : [stake];
            return named.map(written[at] ? writable : readonly);
        });
        const works = validators.map((validator, at) => workOf(validator, written[at]!));
        const total = (of: (work: Work) => number): number => works.reduce((sum, work) => sum + of(work), 0);
        const [searches, merges, sweeps] = [
            total(work => work.searches),
            total(work => work.merges),
            total(work => work.sweeps),
        ];
        return {
            label: label(validators),
            instructions: [withAccounts(readingReserve(instruction, pool, written.includes(true)), stakes)],
            computeUnits:
                COMPACT_BASE +
                COMPACT_RECORD * validators.length +
                COMPACT_SEARCH * searches +
                COMPACT_MERGE * merges +
                COMPACT_SWEEP * sweeps,
            logBytes: LOG.instruction + LOG.merge * merges + LOG.sweep * sweeps,
            trace: 1 + merges + sweeps,
        };
    };
}

/** The reserve is read-only where no record is written. */
function readingReserve(instruction: Instruction, pool: Pool, isWritten: boolean): Instruction {
    if (isWritten) return instruction;
    const accounts = instruction.accounts!.map(meta =>
        meta.address === pool.data.reserveStake ? { ...meta, role: AccountRole.READONLY } : meta,
    );
    return { ...instruction, accounts } as Instruction;
}

function inSplForm(pool: Pool, addresses: Addresses): Chunk {
    return validators => {
        const instruction = getUpdateValidatorListBalanceInstruction(
            {
                ...accountsOf(pool),
                startIndex: validators[0]!.index,
                noMerge: false,
                validatorAndTransientStakes: [],
            },
            { programAddress: pool.programAddress },
        );
        const stakes = validators.flatMap(({ index }) => {
            const { validator, transient } = addresses.get(index)!;
            return [validator, transient].map(writable);
        });
        const units = validators.map(validator =>
            validator.record.status === ACTIVE && !hasTransientStake(validator)
                ? UPDATE_QUIET_VALIDATOR
                : UPDATE_MOVING_VALIDATOR,
        );
        return {
            label: label(validators),
            instructions: [withAccounts(instruction, stakes)],
            computeUnits: UPDATE_LIST_BASE + units.reduce((a, b) => a + b, 0),
            // A pool without the extension emits no events that could be lost.
            logBytes: 0,
            trace: 1 + validators.reduce((sum, validator) => sum + (hasTransientStake(validator) ? 2 : 1), 0),
        };
    };
}

export function withAccounts(instruction: Instruction, more: readonly AccountMeta[]): Instruction {
    return { ...instruction, accounts: [...(instruction.accounts ?? []), ...more] };
}

function label(validators: readonly Validator[]): string {
    return `update validators ${validators[0]!.index} to ${validators.at(-1)!.index}`;
}

/** Consecutive validators in as few groups as fit transactions. */
function chunks(validators: readonly Validator[], chunk: Chunk, format: TransactionFormat): InstructionGroup[] {
    const found: InstructionGroup[] = [];
    let open: Validator[] = [];
    let group: InstructionGroup | undefined;
    for (const validator of validators) {
        const isNext = open.length === 0 || open.at(-1)!.index + 1 === validator.index;
        const larger = isNext ? chunk([...open, validator]) : undefined;
        if (larger && (open.length === 0 || fits(larger, format))) {
            open.push(validator);
            group = larger;
            continue;
        }
        if (group) found.push(group);
        open = [validator];
        group = chunk(open);
    }
    if (group) found.push(group);
    return found;
}

/**
 * Brings the pool up to date with the epoch: stale records, then the totals, then the removal of empty records. Permissionless.
 * The plan is empty if nothing is stale. With the stake accounts of the pool (`fetchStakes`), records without changes are only
 * counted, which takes fewer transactions.
 */
export async function planUpdate(pool: Pool, options: UpdateOptions = {}): Promise<Plan> {
    const { all = false, maxIdleLamports = MAX_IDLE_LAMPORTS } = options;
    const { epoch } = pool.clock;
    const due = pool.validators.filter(({ record }) => all || record.lastUpdateEpoch < epoch);
    if (due.length > 0 && condition(pool).rewardsAreBeingPaid) throw errorOfCode(-5);
    const derived = due.map(async validator => [validator.index, await stakeAddresses(pool, validator)] as const);
    const addresses = new Map(await Promise.all(derived));
    const chunk = pool.extension ? compact(pool, addresses, maxIdleLamports) : inSplForm(pool, addresses);
    const records = chunks(due, chunk, options);
    const isTouched = records.length > 0 || all || isStale(pool);
    const { scanList } = poolBounds(pool);
    const config = { programAddress: pool.programAddress };
    const accounts = accountsOf(pool);
    const alone = (label: string, instruction: Instruction): InstructionGroup[] => [
        group(pool, label, [instruction], scanList),
    ];
    const totals = () => alone("update the pool's totals", getUpdateStakePoolBalanceInstruction(accounts, config));
    const cleanup = () =>
        alone(
            'remove empty entries from the validator list',
            getCleanupRemovedValidatorEntriesInstruction(accounts, config),
        );
    const isRemovable = pool.validators.some(({ record }) => record.status !== ACTIVE);
    const stages: Stage[] = [
        { name: 'update the validator list', groups: records },
        { name: 'update the pool', groups: isTouched ? totals() : [] },
        { name: 'clean up the validator list', groups: isTouched && isRemovable ? cleanup() : [] },
    ];
    return stages.filter(stage => stage.groups.length > 0);
}
