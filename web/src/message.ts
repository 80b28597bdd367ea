/** The form of a transaction: its signers, its fee and its instructions, whatever it is for. */
import {
    type Address,
    address,
    getAddressDecoder,
    getCompiledTransactionMessageDecoder,
    getCompiledTransactionMessageEncoder,
    getTransactionDecoder,
    getTransactionEncoder,
} from '@solana/kit';

import { sol } from './amounts.js';

const COMPUTE_BUDGET_PROGRAM = address('ComputeBudget111111111111111111111111111111');

/** Lamports of a signature. */
const SIGNATURE_FEE = 5_000n;

/** Largest priority fee in lamports. */
const MAX_PRIORITY_FEE = 5_000_000n;

/** Why a transaction is not shown to the wallet. */
export class Rejected extends Error {
    override readonly name = 'Rejected';

    constructor(what: string) {
        super(`the server has built another transaction than was asked for: ${what}. Nothing was signed; do not use this server`);
    }
}

/** An instruction with its addresses. */
export interface Found {
    readonly program: Address;
    readonly accounts: readonly Address[];
    readonly data: Uint8Array;
}

export const equal = (a: ArrayLike<number>, b: ArrayLike<number>): boolean =>
    a.length === b.length && Array.from(a).every((byte, at) => byte === b[at]);

/** A message that `wallet` alone signs. */
export interface Message {
    readonly bytes: Uint8Array;
    /** Without those of the compute budget program. */
    readonly instructions: readonly Found[];
    /** Transaction fee in lamports. */
    readonly fee: bigint;
}

/** The message, if the wallet alone signs and pays, and if nothing is hidden in lookup tables or around it. */
export function read(bytes: Uint8Array, wallet: Address): Message {
    let transaction, message;
    try {
        transaction = getTransactionDecoder().decode(bytes);
        message = getCompiledTransactionMessageDecoder().decode(transaction.messageBytes);
        const encoded = getCompiledTransactionMessageEncoder().encode(message);
        if (!equal(encoded, transaction.messageBytes) || !equal(getTransactionEncoder().encode(transaction), bytes)) {
            throw new Error();
        }
    } catch {
        throw new Rejected('it is malformed');
    }
    if (message.version !== 'legacy' && message.version !== 0) throw new Rejected('it has an unknown version');
    if (message.version === 0 && message.addressTableLookups?.length) throw new Rejected('it uses a lookup table');
    const { header, staticAccounts } = message;
    if (header.numSignerAccounts !== 1 || staticAccounts[0] !== wallet) {
        throw new Rejected('it needs another signature, or another wallet pays its fee');
    }
    if (Object.values(transaction.signatures).some(signature => signature?.some(byte => byte !== 0))) {
        throw new Rejected('it is signed');
    }
    const account = (index: number): Address => {
        const found = staticAccounts[index];
        if (!found) throw new Rejected('it is malformed');
        return found;
    };
    const instructions = message.instructions.map(({ programAddressIndex, accountIndices = [], data = new Uint8Array() }) => ({
        program: account(programAddressIndex),
        accounts: accountIndices.map(account),
        data: new Uint8Array(data),
    }));
    const budget = instructions.filter(found => found.program === COMPUTE_BUDGET_PROGRAM);
    return {
        bytes: new Uint8Array(transaction.messageBytes),
        instructions: instructions.filter(found => found.program !== COMPUTE_BUDGET_PROGRAM),
        fee: SIGNATURE_FEE + priorityFee(budget),
    };
}

/** The priority fee of the instructions of the compute budget program, rounded up. */
function priorityFee(instructions: readonly Found[]): bigint {
    let [units, price]: [bigint | null, bigint] = [null, 0n];
    const seen = new Set<number>();
    for (const { accounts, data } of instructions) {
        const [tag = -1] = data;
        const length = { 2: 5, 3: 9, 4: 5 }[tag];
        if (data.length !== length || accounts.length > 0 || seen.has(tag)) {
            throw new Rejected('it has an unknown limit or price');
        }
        seen.add(tag);
        const view = new DataView(data.buffer, data.byteOffset);
        if (tag === 2) units = BigInt(view.getUint32(1, true));
        if (tag === 3) price = view.getBigUint64(1, true);
    }
    const MICRO = 1_000_000n;
    const fee = price === 0n ? 0n : units === null ? null : (units * price + MICRO - 1n) / MICRO;
    if (fee === null || fee > MAX_PRIORITY_FEE) {
        throw new Rejected(`its priority fee is above ${sol(MAX_PRIORITY_FEE)}`);
    }
    return fee;
}

/** The arguments of `CreateAccountWithSeed`; `null` for other instructions. */
export function readCreation(
    data: Uint8Array,
): { base: string; seed: string; lamports: bigint; space: number; owner: string } | null {
    const FIXED = 4 + 32 + 8 + 8 + 8 + 32;
    const view = new DataView(data.buffer, data.byteOffset, data.length);
    if (data.length < FIXED || view.getUint32(0, true) !== 3) return null;
    const length = Number(view.getBigUint64(36, true));
    if (length > 32 || data.length !== FIXED + length) return null;
    const at = 44 + length;
    const key = (from: number): string => getAddressDecoder().decode(data.subarray(from, from + 32));
    return {
        base: key(4),
        seed: new TextDecoder().decode(data.subarray(44, at)),
        lamports: view.getBigUint64(at, true),
        space: Number(view.getBigUint64(at + 8, true)),
        owner: key(at + 16),
    };
}
