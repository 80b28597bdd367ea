import {
    type Address,
    type AddressesByLookupTableAddress,
    type Instruction,
    type TransactionMessage,
    type TransactionMessageWithFeePayer,
    type TransactionSigner,
    appendTransactionMessageInstructions,
    compressTransactionMessageUsingAddressLookupTables,
    createNoopSigner,
    createTransactionMessage,
    getTransactionMessageSize,
    getTransactionMessageSizeLimit,
    pipe,
    setTransactionMessageComputeUnitLimit,
    setTransactionMessageComputeUnitPrice,
    setTransactionMessageFeePayerSigner,
    setTransactionMessageLoadedAccountsDataSizeLimit,
    setTransactionMessagePriorityFeeLamports,
} from '@solana/kit';

import { SYSTEM_PROGRAM } from './addresses.js';
import { invalid } from './errors.js';
import { loadedDataBound } from './loaded-data.js';

/** Instructions of one transaction: all of them take effect, or none. */
export interface InstructionGroup {
    /** For people: "update validators 0 to 10". */
    readonly label: string;
    readonly instructions: readonly Instruction[];
    /** Compute units that they use at most. */
    readonly computeUnits: number;
    /** Bytes of logs that they write at most. The runtime drops those beyond 10,000, and events come last. */
    readonly logBytes: number;
    /** Instructions that they run at most, calls between programs included. */
    readonly trace: number;
    /** Whether the group shares no transaction with another. */
    readonly isAlone?: boolean;
}

/** Groups that are independent of each other. */
export interface Stage {
    readonly name: string;
    readonly groups: readonly InstructionGroup[];
}

/** Stages, one after the other. */
export type Plan = readonly Stage[];

/** Version of transactions, and lookup tables for version 0. Version 1 (SIMD-0385) holds more, where a cluster takes it. */
export interface TransactionFormat {
    readonly version?: 'legacy' | 0 | 1;
    readonly lookupTables?: AddressesByLookupTableAddress;
}

export interface PackOptions extends TransactionFormat {
    readonly feePayer: TransactionSigner;
    /** Price of a compute unit in micro-lamports. */
    readonly computeUnitPrice?: bigint;
}

export type PackedMessage = TransactionMessage & TransactionMessageWithFeePayer;

/** A transaction without a lifetime. */
export interface PackedTransaction {
    readonly label: string;
    readonly message: PackedMessage;
}

/** The limits of the runtime, for packing. The figures are those of the Rust client. */
const MAX_COMPUTE_UNITS = 1_400_000;
const MAX_LOG_BYTES = 9_700;
const MAX_TRACE = 64;
const MAX_ACCOUNTS = 64;
/** What the three compute budget instructions take. */
const BUDGET = { computeUnits: 450, logBytes: 360, trace: 3 };

const sum = (groups: readonly InstructionGroup[], of: (group: InstructionGroup) => number): number =>
    groups.reduce((total, group) => total + of(group), 0);

/** The message of some groups, with the limits that they need. */
function message(groups: readonly InstructionGroup[], options: PackOptions): PackedMessage {
    const { version = 'legacy', lookupTables, feePayer, computeUnitPrice = 0n } = options;
    const instructions = groups.flatMap(group => group.instructions);
    const tables = version === 0 && lookupTables ? Object.keys(lookupTables).length : 0;
    const units = Math.min(sum(groups, group => group.computeUnits) + BUDGET.computeUnits, MAX_COMPUTE_UNITS);
    const withBudget = <T extends TransactionMessage>(message: T): T =>
        pipe(
            setTransactionMessageComputeUnitLimit(units, message),
            message => setTransactionMessageLoadedAccountsDataSizeLimit(loadedDataBound(instructions, tables), message),
        );
    if (version === 1) {
        const MICRO = 1_000_000n;
        const fee = (computeUnitPrice * BigInt(units) + MICRO - 1n) / MICRO;
        return pipe(
            createTransactionMessage({ version: 1 }),
            message => setTransactionMessageFeePayerSigner(feePayer, message),
            message => appendTransactionMessageInstructions(instructions as never[], message),
            withBudget,
            message => (fee > 0n ? setTransactionMessagePriorityFeeLamports(fee, message) : message),
        ) as PackedMessage;
    }
    const priced = pipe(
        createTransactionMessage({ version }),
        message => setTransactionMessageFeePayerSigner(feePayer, message),
        withBudget,
        message =>
            computeUnitPrice > 0n ? setTransactionMessageComputeUnitPrice(computeUnitPrice, message) : message,
        message => appendTransactionMessageInstructions(instructions as never[], message),
    ) as PackedMessage;
    if (tables === 0 || priced.version !== 0) return priced;
    return compressTransactionMessageUsingAddressLookupTables(priced, lookupTables!) as PackedMessage;
}

/** Why groups do not fit one transaction; `undefined` if they do. */
function excess(groups: readonly InstructionGroup[], options: PackOptions): string | undefined {
    const limits = [
        [sum(groups, group => group.computeUnits) + BUDGET.computeUnits, MAX_COMPUTE_UNITS, 'compute units'],
        [sum(groups, group => group.logBytes) + BUDGET.logBytes, MAX_LOG_BYTES, 'bytes of logs'],
        [sum(groups, group => group.trace) + BUDGET.trace, MAX_TRACE, 'instructions, calls included'],
        [accountsOf(groups, options.feePayer.address), MAX_ACCOUNTS, 'accounts'],
    ] as const;
    const over = limits.find(([needed, limit]) => needed > limit);
    if (over) return `${over[0]} of at most ${over[1]} ${over[2]}`;
    const built = message(groups, options);
    const [bytes, limit] = [getTransactionMessageSize(built), getTransactionMessageSizeLimit(built)];
    return bytes > limit ? `${bytes} of at most ${limit} bytes` : undefined;
}

function accountsOf(groups: readonly InstructionGroup[], feePayer: Address): number {
    const COMPUTE_BUDGET = 1;
    const named = groups
        .flatMap(group => group.instructions)
        .flatMap(({ programAddress, accounts = [] }) => [programAddress, ...accounts.map(meta => meta.address)]);
    return new Set([feePayer, ...named]).size + COMPUTE_BUDGET;
}

/** A fee payer that no instruction names, for sizes. */
const SOME_PAYER = createNoopSigner('Payer11111111111111111111111111111111111111' as Address);

/** Whether a group fits a transaction of its own. */
export function fits(group: InstructionGroup, format: TransactionFormat): boolean {
    return excess([group], { ...format, feePayer: SOME_PAYER }) === undefined;
}

/** Packs a plan: for each stage the transactions that can be sent together. */
export function packPlan(plan: Plan, options: PackOptions): PackedTransaction[][] {
    return plan.map(stage => {
        const packed: InstructionGroup[][] = [];
        for (const group of stage.groups) {
            const open = packed.find(
                groups => !group.isAlone && !groups[0]?.isAlone && excess([...groups, group], options) === undefined,
            );
            if (open) {
                open.push(group);
                continue;
            }
            const reason = excess([group], options);
            if (reason) {
                throw invalid('DoesNotFit', `"${group.label}" does not fit a transaction: ${reason}`, 'split it');
            }
            packed.push([group]);
        }
        return packed.map(groups => ({
            label: groups.map(group => group.label).join(', '),
            message: message(groups, options),
        }));
    });
}

const STAKE_CALL_LOG_BYTES = 253;
const TOKEN_CALL_LOG_BYTES = 300;
const POOL_LOG_BYTES = 2_000;
const POOL_TRACE = 12;

/** A group with the estimates of logs and calls that follow from its programs. */
export function group(
    pool: { readonly programAddress: Address },
    label: string,
    instructions: readonly Instruction[],
    computeUnits: number,
): InstructionGroup {
    const isPool = (instruction: Instruction): boolean => instruction.programAddress === pool.programAddress;
    const logs = instructions.map(instruction =>
        isPool(instruction)
            ? POOL_LOG_BYTES
            : instruction.programAddress === SYSTEM_PROGRAM
              ? STAKE_CALL_LOG_BYTES
              : 2 * TOKEN_CALL_LOG_BYTES,
    );
    const calls = instructions.map(instruction => (isPool(instruction) ? POOL_TRACE : 6));
    const total = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0);
    return { label, instructions, computeUnits, logBytes: total(logs), trace: total(calls) };
}
