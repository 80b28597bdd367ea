/** The JSON interface of the server, described in docs/json.md. Answers are read as input of an unknown sender. */

/** What a holder can ask for. */
export type Action = 'stake' | 'unstake' | 'unstake-stake' | 'ticket';

export interface Quote {
    readonly action: Action;
    /** Lamports in of a deposit, out of a withdrawal. */
    readonly lamports: bigint;
    /** Pool tokens out of a deposit, in of a withdrawal; those that stay with the holder included. */
    readonly poolTokens: bigint;
    readonly feePoolTokens: bigint;
    readonly growthChargeLamports: bigint;
    /** In the unit of the output. */
    readonly minimum: bigint;
    readonly slippage: number;
    /** Lamports of rent for new accounts. */
    readonly rentLamports: bigint;
    readonly stakeAccounts: number;
    readonly remainingPoolTokens: bigint;
    readonly payableFromEpoch: number | null;
}

export interface Built {
    readonly transaction: Uint8Array<ArrayBuffer>;
    readonly lastValidBlockHeight: bigint;
    /** `null` for claims and cancellations. */
    readonly quote: Quote | null;
}

export interface Ticket {
    readonly id: bigint;
    readonly recipient: string;
    readonly lamports: bigint;
    readonly poolTokens: bigint;
    readonly requestedInEpoch: number;
    /** What it pays now; `null` while the pool is not up to date. */
    readonly claimableLamports: bigint | null;
    /** Whether the reserve can pay it now. */
    readonly isPayable: boolean;
}

export interface Wallet {
    readonly lamports: bigint;
    readonly poolTokens: bigint;
    /** `null` if the pool has too many tickets. */
    readonly tickets: readonly Ticket[] | null;
}

/** Rate of the pool, and its time. */
export interface PoolState {
    readonly pool: string;
    readonly program: string;
    readonly epoch: number;
    readonly totalLamports: bigint;
    readonly poolTokenSupply: bigint;
}

export interface Status {
    readonly confirmation: 'processed' | 'confirmed' | 'finalized' | null;
    readonly error: string | null;
    /** What the error means, and what to do. */
    readonly message: string | null;
    /** Whether the transaction can no longer land. */
    readonly isExpired: boolean;
}

/** The server's refusal, or its silence. */
export class ServerError extends Error {
    override readonly name = 'ServerError';
}

type Json = Readonly<Record<string, unknown>>;

/** Longest time for an answer in milliseconds. The server takes 20 seconds at most. */
const TIMEOUT = 30_000;

const malformed = (field: string): ServerError =>
    new ServerError(`the server's answer has no valid ${field}: reload the page`);

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null;

function digits(of: Json, field: string): bigint {
    const value = of[field];
    if (typeof value !== 'string' || !/^[0-9]{1,20}$/.test(value)) throw malformed(field);
    return BigInt(value);
}

function count(of: Json, field: string): number {
    const value = of[field];
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw malformed(field);
    return value;
}

function string(of: Json, field: string): string {
    const value = of[field];
    if (typeof value !== 'string') throw malformed(field);
    return value;
}

const maybe = <T>(of: Json, field: string, read: (of: Json, field: string) => T): T | null =>
    of[field] === null ? null : read(of, field);

function bytes(of: Json, field: string): Uint8Array<ArrayBuffer> {
    try {
        return Uint8Array.from(atob(string(of, field)), letter => letter.charCodeAt(0));
    } catch {
        throw malformed(field);
    }
}

export function readQuote(json: unknown): Quote {
    if (!isObject(json)) throw malformed('quote');
    const action = string(json, 'action') as Action;
    return {
        action,
        lamports: digits(json, 'lamports'),
        poolTokens: digits(json, 'pool_tokens'),
        feePoolTokens: digits(json, 'fee_pool_tokens'),
        growthChargeLamports: digits(json, 'growth_charge_lamports'),
        minimum: digits(json, action === 'stake' ? 'minimum_pool_tokens' : 'minimum_lamports'),
        slippage: count(json, 'slippage_basis_points'),
        rentLamports: digits(json, 'rent_lamports'),
        stakeAccounts: count(json, 'stake_accounts'),
        remainingPoolTokens: digits(json, 'remaining_pool_tokens'),
        payableFromEpoch: maybe(json, 'payable_from_epoch', count),
    };
}

function readTicket(json: unknown): Ticket {
    if (!isObject(json)) throw malformed('ticket');
    return {
        id: BigInt(count(json, 'ticket_id')),
        recipient: string(json, 'recipient'),
        lamports: digits(json, 'lamports'),
        poolTokens: digits(json, 'pool_tokens'),
        requestedInEpoch: count(json, 'requested_in_epoch'),
        claimableLamports: maybe(json, 'claimable_lamports', digits),
        isPayable: json['payable'] === true,
    };
}

async function ask(path: string, body?: Json): Promise<Json> {
    const signal = AbortSignal.timeout(TIMEOUT);
    const init = body
        ? { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), signal }
        : { signal };
    const unreachable = 'this server does not answer: check your connection, then retry';
    const response = await fetch(path, init).catch(() => {
        throw new ServerError(unreachable);
    });
    const json: unknown = await response.json().catch(() => null);
    if (!isObject(json)) throw new ServerError(unreachable);
    if (!response.ok) throw new ServerError(typeof json['message'] === 'string' ? json['message'] : unreachable);
    return json;
}

/** A trade to quote or to build. */
export interface Wanted {
    readonly action: Action;
    /** A decimal number. */
    readonly amount: string;
    readonly slippage: number;
}

const fields = ({ action, amount, slippage }: Wanted): Json => ({ action, amount, slippage_basis_points: slippage });

export async function fetchQuote(wanted: Wanted, account?: string): Promise<Quote> {
    const { action, amount, slippage } = wanted;
    const query = new URLSearchParams({ action, amount, slippage_basis_points: `${slippage}` });
    if (account) query.set('account', account);
    return readQuote(await ask(`/api/quote?${query}`));
}

async function build(body: Json): Promise<Built> {
    const json = await ask('/api/transaction', body);
    return {
        transaction: bytes(json, 'transaction'),
        lastValidBlockHeight: BigInt(count(json, 'last_valid_block_height')),
        quote: json['quote'] === null ? null : readQuote(json['quote']),
    };
}

export const buildTrade = (wanted: Wanted, account: string): Promise<Built> => build({ ...fields(wanted), account });

export const buildTicket = (action: 'claim-ticket' | 'cancel-ticket', id: bigint, account: string): Promise<Built> =>
    build({ action, ticket_id: Number(id), account });

export async function fetchWallet(account: string): Promise<Wallet> {
    const json = await ask(`/api/wallet?${new URLSearchParams({ account })}`);
    const tickets = json['tickets'];
    return {
        lamports: digits(json, 'lamports'),
        poolTokens: digits(json, 'pool_tokens'),
        tickets: Array.isArray(tickets) ? tickets.map(readTicket) : null,
    };
}

export async function fetchPoolState(): Promise<PoolState> {
    const json = await ask('/api/pool');
    return {
        pool: string(json, 'pool'),
        program: string(json, 'program_id'),
        epoch: count(json, 'epoch'),
        totalLamports: digits(json, 'total_lamports'),
        poolTokenSupply: digits(json, 'pool_token_supply'),
    };
}

export async function fetchStatus(signature: string, lastValidBlockHeight: bigint): Promise<Status> {
    const query = new URLSearchParams({ signature, last_valid_block_height: `${lastValidBlockHeight}` });
    const json = await ask(`/api/status?${query}`);
    return {
        confirmation: maybe(json, 'confirmation', string) as Status['confirmation'],
        error: maybe(json, 'error', string),
        message: maybe(json, 'message', string),
        isExpired: json['expired'] === true,
    };
}

/** Sends a signed transaction. */
export async function sendTransaction(transaction: Uint8Array): Promise<string> {
    const text = btoa(Array.from(transaction, byte => String.fromCharCode(byte)).join(''));
    return string(await ask('/api/send', { transaction: text }), 'signature');
}
