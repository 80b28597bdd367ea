import { type Address, type Instruction } from '@solana/kit';

import {
    ASSOCIATED_TOKEN_PROGRAM,
    STAKE_PROGRAM,
    SYSTEM_PROGRAM,
    TOKEN_2022_PROGRAM,
    TOKEN_PROGRAM,
} from './addresses.js';

// The bounds of `client-lib/src/loaded_data.rs`. A transaction beyond its limit fails, and SIMD-0553 charges for the limit.

const MAX_BYTES = 64 * 1024 * 1024;
const PER_ACCOUNT = 64;
const PER_LOOKUP_TABLE = 8_248;
const PAGE = 32 * 1024;
const LARGEST_ACCOUNT = 10 * 1024 * 1024;
/** Most bytes of a program of the cluster, its data account included. */
const CLUSTER_PROGRAM = 2 * 1024 * 1024;
const SYSVAR = 24 * 1024;
const OTHER_ACCOUNT = 4 * 1024;

const COMPUTE_BUDGET_PROGRAM = 'ComputeBudget111111111111111111111111111111';
const LOOKUP_TABLE_PROGRAM = 'AddressLookupTab1e1111111111111111111111111';
const METADATA_PROGRAM = 'metaqbxxUerdq28cj1RbAWkYQm3ybzjb6a8bt518x1s';

const CLUSTER_PROGRAMS = new Set<string>([
    STAKE_PROGRAM,
    TOKEN_PROGRAM,
    TOKEN_2022_PROGRAM,
    ASSOCIATED_TOKEN_PROGRAM,
    LOOKUP_TABLE_PROGRAM,
]);
const BUILTIN_PROGRAMS = new Set<string>([SYSTEM_PROGRAM, COMPUTE_BUDGET_PROGRAM]);
const SYSVARS = new Set<string>([
    'SysvarStakeHistory1111111111111111111111111',
    'SysvarS1otHashes111111111111111111111111111',
    'SysvarRecentB1ockHashes11111111111111111111',
]);

function accountBytes(address: Address): number {
    if (CLUSTER_PROGRAMS.has(address)) return CLUSTER_PROGRAM;
    if (address === METADATA_PROGRAM) return LARGEST_ACCOUNT;
    return SYSVARS.has(address) ? SYSVAR : OTHER_ACCOUNT;
}

/** The limit of loaded account data of a transaction that is not simulated. */
export function loadedDataBound(instructions: readonly Instruction[], lookupTables: number): number {
    const accounts = new Map<Address, number>();
    for (const { address } of instructions.flatMap(instruction => instruction.accounts ?? [])) {
        accounts.set(address, accountBytes(address));
    }
    for (const { programAddress } of instructions) {
        const isKnown = CLUSTER_PROGRAMS.has(programAddress) || BUILTIN_PROGRAMS.has(programAddress);
        accounts.set(programAddress, isKnown ? accountBytes(programAddress) : 2 * LARGEST_ACCOUNT);
    }
    // For the fee payer, and for a nonce.
    let sum = PAGE + PER_LOOKUP_TABLE * lookupTables;
    // A program and its data account.
    for (const bytes of accounts.values()) sum += bytes + 2 * PER_ACCOUNT;
    return Math.min(Math.ceil(sum / PAGE) * PAGE, MAX_BYTES);
}
