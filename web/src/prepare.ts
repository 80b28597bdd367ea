/** Gets a quote with its transaction from the server, and checks both. */
import type { Address } from '@solana/kit';

import { minimumOut, parseAmount } from './amounts.js';
import {
    type Built,
    type PoolState,
    type Quote,
    type Ticket,
    type Wanted,
    buildTicket,
    buildTrade,
    fetchPoolState,
    fetchQuote,
} from './api.js';
import { type Agreed, type Checked, QuoteChanged, check } from './check.js';
import type { Facts } from './facts.js';
import { Rejected } from './message.js';
import { isPlausible } from './plausible.js';

/** Milliseconds after which a transaction is built again before the wallet opens: its blockhash lasts for some 60 seconds. */
const FRESH = 20_000;

/** A checked transaction that waits for a signature. */
export interface Prepared {
    readonly quote: Quote | null;
    readonly agreed: Agreed;
    readonly built: Built;
    readonly checked: Checked;
    readonly at: number;
    /** Builds it again for the same agreement. */
    readonly again: (agreed: Agreed | null) => Promise<Prepared>;
}

/** What the output of a quote is: pool tokens of a deposit, lamports of a withdrawal. */
const output = (quote: Quote): bigint => (quote.action === 'stake' ? quote.poolTokens : quote.lamports);

/**
 * Compares a quote with what was asked for, and with the rate of the pool.
 *
 * @throws {Rejected} if it is the quote of something else.
 */
export function checkQuote(quote: Quote, wanted: Wanted, state: PoolState, facts: Facts): void {
    if (state.pool !== facts.pool || state.program !== facts.program) throw new Rejected('it serves another pool now');
    const input = quote.action === 'stake' ? quote.lamports : quote.poolTokens;
    if (quote.action !== wanted.action || quote.slippage !== wanted.slippage || input !== parseAmount(wanted.amount)) {
        throw new Rejected('the quote is for another trade');
    }
    if (!isPlausible(quote, state)) throw new Rejected('the quote does not follow from the rate of the pool');
    // Each of several stake accounts has its own minimum, rounded down.
    if (quote.minimum + BigInt(quote.stakeAccounts) < minimumOut(output(quote), quote.slippage)) {
        throw new Rejected('the minimum amount out is below the slippage bound');
    }
}

/** What the holder agrees to by signing for a quote. */
export function agreementTo(quote: Quote): Agreed {
    const { action: kind, lamports, minimum } = quote;
    const poolTokens = quote.poolTokens - quote.remainingPoolTokens;
    switch (kind) {
        case 'stake':
            return { kind, lamports, minimumPoolTokens: minimum };
        case 'unstake':
        case 'ticket':
            return { kind, poolTokens, minimumLamports: minimum };
        case 'unstake-stake': {
            const { stakeAccounts, rentLamports } = quote;
            return { kind, poolTokens, minimumLamports: minimum, stakeAccounts, rentLamports };
        }
    }
}

/** The quote and the state of the pool, read again once if the pool was updated between the two. */
async function consistent<T>(
    read: () => Promise<T>,
    quoteOf: (read: T) => Quote | null,
    wanted: Wanted,
    facts: Facts,
): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
        const found = await read();
        const state = await fetchPoolState();
        const quote = quoteOf(found);
        if (!quote) throw new Rejected('it has no quote');
        if (attempt === 1 && !isPlausible(quote, state)) continue;
        checkQuote(quote, wanted, state, facts);
        return found;
    }
}

/** A quote without a wallet. */
export const quoteOnly = (facts: Facts, wanted: Wanted): Promise<Quote> =>
    consistent(() => fetchQuote(wanted), quote => quote, wanted, facts);

/** A trade: its quote, and its transaction. With `before`, the transaction has to keep to an earlier agreement. */
export async function prepareTrade(facts: Facts, wallet: Address, wanted: Wanted, before: Agreed | null = null): Promise<Prepared> {
    const built = await consistent(() => buildTrade(wanted, wallet), ({ quote }) => quote, wanted, facts);
    const quote = built.quote!;
    const agreed = before ?? agreementTo(quote);
    const checked = await check(built.transaction, facts, wallet, agreed).catch((error: unknown) => {
        // The pool cannot have changed between a quote and its own transaction.
        const isOwn = error instanceof QuoteChanged && before === null;
        throw isOwn ? new Rejected('its minimum amount out is below that of its quote') : error;
    });
    const again = (next: Agreed | null): Promise<Prepared> => prepareTrade(facts, wallet, wanted, next);
    return { quote, agreed, built, checked, at: Date.now(), again };
}

/** The payment or the cancellation of a ticket. */
export async function prepareTicket(
    facts: Facts,
    wallet: Address,
    kind: 'claim-ticket' | 'cancel-ticket',
    ticket: Ticket,
): Promise<Prepared> {
    const agreed: Agreed = { kind, id: ticket.id, recipient: ticket.recipient as Address };
    const built = await buildTicket(kind, ticket.id, wallet);
    const checked = await check(built.transaction, facts, wallet, agreed);
    const again = (): Promise<Prepared> => prepareTicket(facts, wallet, kind, ticket);
    return { quote: null, agreed, built, checked, at: Date.now(), again };
}

/** The transaction to sign: this one, or one with a later blockhash that keeps to the agreement. */
export type Refreshed =
    | { readonly kind: 'same'; readonly prepared: Prepared }
    /** A new quote, which the holder has not seen yet. */
    | { readonly kind: 'changed'; readonly prepared: Prepared; readonly why: QuoteChanged };

export async function refresh(prepared: Prepared): Promise<Refreshed> {
    if (Date.now() - prepared.at < FRESH) return { kind: 'same', prepared };
    try {
        return { kind: 'same', prepared: await prepared.again(prepared.agreed) };
    } catch (error) {
        if (!(error instanceof QuoteChanged)) throw error;
        return { kind: 'changed', prepared: await prepared.again(null), why: error };
    }
}
