import { type Address, getAddressDecoder } from '@solana/kit';
import { readFileSync } from 'node:fs';

import { type MaybeAccount, type Pool, type RawAccount, createPool, withStakes } from '../src/index.js';

// The random pools of `wasm/examples/quote_vectors.rs`, with the quotes of the Rust client.

interface JsonAccount {
    readonly lamports: string;
    readonly owner: Address;
    readonly data: string;
}

export interface Call {
    readonly name: string;
    readonly index: number | null;
    readonly isFromFeeAccount: boolean;
    readonly amount: string;
    readonly minimum: string;
    readonly results: readonly string[] | null;
    readonly code: number | null;
}

type Name =
    | 'pool'
    | 'validatorList'
    | 'reserve'
    | 'mint'
    | 'managerFee'
    | 'clock'
    | 'rent'
    | 'epochRewards'
    | 'stakeHistory';

interface Vector extends Readonly<Record<Name, JsonAccount>> {
    readonly address: Address;
    readonly stakeProgramMinimum: string;
    readonly stakes: readonly (readonly [Stake, Stake])[];
    readonly deposits: readonly { readonly account: JsonAccount; readonly vote: Address | null }[];
    readonly tickets: readonly JsonAccount[];
    readonly calls: readonly Call[];
}

interface Stake {
    readonly address: Address;
    readonly account: JsonAccount | null;
}

export interface Case {
    readonly pool: Pool;
    /** The same pool with its stake accounts. */
    readonly withStakes: Pool;
    readonly addresses: readonly { readonly validator: Address; readonly transient: Address }[];
    readonly deposits: readonly { readonly account: RawAccount; readonly vote: Address | null }[];
    readonly tickets: readonly RawAccount[];
    readonly calls: readonly Call[];
}

const SOMEWHERE = getAddressDecoder().decode(new Uint8Array(32).fill(9));

function account(json: JsonAccount, address: Address = SOMEWHERE): RawAccount {
    const data = new Uint8Array(Buffer.from(json.data, 'base64'));
    return { address, owner: json.owner, lamports: BigInt(json.lamports), data };
}

const maybe = (json: JsonAccount | null, address?: Address): RawAccount | null => json && account(json, address);

async function read(line: string): Promise<Case> {
    const vector = JSON.parse(line) as Vector;
    const found = (name: Name): MaybeAccount => maybe(vector[name]);
    const pool = await createPool(
        {
            pool: account(vector.pool, vector.address),
            validatorList: account(vector.validatorList),
            reserve: account(vector.reserve),
            mint: account(vector.mint),
            managerFee: found('managerFee'),
            clock: account(vector.clock),
            rent: account(vector.rent),
            epochRewards: found('epochRewards'),
            stakeHistory: found('stakeHistory'),
        },
        BigInt(vector.stakeProgramMinimum),
    );
    const stakes = new Map(
        vector.stakes.map(([validator, transient], index) => [
            index,
            {
                validator: maybe(validator.account, validator.address),
                transient: maybe(transient.account, transient.address),
            },
        ]),
    );
    return {
        pool,
        withStakes: withStakes(pool, stakes),
        addresses: vector.stakes.map(([validator, transient]) => ({
            validator: validator.address,
            transient: transient.address,
        })),
        deposits: vector.deposits.map(({ account: json, vote }) => ({ account: account(json), vote })),
        tickets: vector.tickets.map(json => account(json)),
        calls: vector.calls,
    };
}

let read_once: Promise<Case[]> | undefined;

/** All cases. */
export function cases(): Promise<Case[]> {
    const path = new URL('../../artifacts/quote_vectors.jsonl', import.meta.url);
    read_once ??= Promise.all(readFileSync(path, 'utf8').trim().split('\n').map(read));
    return read_once;
}
