import { WASM_BASE64 } from './module.js';

/** Functions of `wasm/src/exports.rs`. Each returns 0 or a code; its results are at `output()`. */
interface Functions {
    readonly memory: WebAssembly.Memory;
    readonly __heap_base: WebAssembly.Global<'i32'>;
    output(): number;
    deposit_sol(at: number, length: number, lamports: bigint, minimum: bigint): number;
    withdraw_sol(at: number, length: number, exempt: number, tokens: bigint, minimum: bigint): number;
    largest_sol_withdrawal(at: number, length: number, exempt: number): number;
    deposit_stake(at: number, length: number, minimum: bigint): number;
    withdraw_stake(
        at: number,
        length: number,
        index: number,
        exempt: number,
        tokens: bigint,
        minimum: bigint,
    ): number;
    exit(at: number, length: number, exempt: number, tokens: bigint, minimum: bigint): number;
    claimable(at: number, length: number): number;
    cancellation(at: number, length: number): number;
    condition(at: number, length: number): number;
    yield_over(at: number, length: number, epochs: bigint): number;
    growth_over(at: number, length: number, epochs: bigint): number;
    rebalance(at: number, length: number, rows: number): number;
}

/** The results of a call, or the code of why there are none. */
export type Answer = { readonly results: readonly bigint[] } | { readonly code: number };

const PAGE = 65_536;
const ALIGNMENT = 8;

/** The quotes of the program, compiled from the same Rust code. There is one instance for all pools: a call leaves no state. */
export class Quotes {
    readonly #functions: Functions;

    private constructor(functions: Functions) {
        this.#functions = functions;
    }

    static async instantiate(): Promise<Quotes> {
        const bytes = Uint8Array.from(atob(WASM_BASE64), character => character.charCodeAt(0));
        const { instance } = await WebAssembly.instantiate(bytes, {});
        return new Quotes(instance.exports as unknown as Functions);
    }

    /** Calls a function with the bytes of a snapshot. `count` is the number of results. */
    call(
        snapshot: Uint8Array,
        count: number,
        call: (functions: Functions, at: number, length: number) => number,
    ): Answer {
        const at = this.#write(snapshot, 0);
        const code = call(this.#functions, at, snapshot.length);
        return code === 0 ? { results: this.#read(this.#functions.output(), count) } : { code };
    }

    /** The survey of a rebalance (four numbers), then three numbers for each record. */
    rebalance(snapshot: Uint8Array, records: number): Answer {
        const at = this.#write(snapshot, records * 3 * 8 + ALIGNMENT);
        const rows = align(at + snapshot.length);
        const code = this.#functions.rebalance(at, snapshot.length, rows);
        if (code !== 0) return { code };
        return { results: [...this.#read(this.#functions.output(), 4), ...this.#read(rows, records * 3)] };
    }

    #write(bytes: Uint8Array, more: number): number {
        const { memory, __heap_base } = this.#functions;
        const at = align(__heap_base.value);
        const missing = at + bytes.length + more - memory.buffer.byteLength;
        if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
        new Uint8Array(memory.buffer, at, bytes.length).set(bytes);
        return at;
    }

    #read(at: number, count: number): bigint[] {
        return [...new BigUint64Array(this.#functions.memory.buffer, at, count)];
    }
}

const align = (address: number): number => Math.ceil(address / ALIGNMENT) * ALIGNMENT;

let instance: Promise<Quotes> | undefined;

/** The instance, compiled once. */
export function loadQuotes(): Promise<Quotes> {
    instance ??= Quotes.instantiate();
    return instance;
}
