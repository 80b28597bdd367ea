/** Quotes and trades in words, as `serve/src/page/trade.rs` has them. */
import { percent, sol, tokens } from './amounts.js';
import type { Action, Quote } from './api.js';

export const TITLES: Readonly<Record<Action, string>> = {
    stake: 'Stake SOL',
    unstake: 'Unstake as SOL',
    'unstake-stake': 'Unstake as a stake account',
    ticket: 'Request an exit ticket',
};

/** Rows of a quote: names and values. */
export function rowsOf(quote: Quote): [string, string][] {
    const isDeposit = quote.action === 'stake';
    const given = tokens(quote.poolTokens - quote.remainingPoolTokens);
    const [pay, get] = isDeposit ? [sol(quote.lamports), tokens(quote.poolTokens)] : [given, sol(quote.lamports)];
    const least = isDeposit ? tokens(quote.minimum) : sol(quote.minimum);
    const rows: [string, string][] = [
        ['You pay', pay],
        ['You get', get],
        ['Fee', quote.feePoolTokens === 0n ? 'none' : `${tokens(quote.feePoolTokens)}, already deducted`],
        ['At least', `${least} (${percent(quote.slippage)} below the quote)`],
    ];
    if (quote.growthChargeLamports > 0n) {
        rows.push(['For all holders', `${sol(quote.growthChargeLamports)} of it: the growth that you did not wait for`]);
    }
    if (quote.remainingPoolTokens > 0n) {
        rows.push(['Stays with you', `${tokens(quote.remainingPoolTokens)}, which cannot be withdrawn as stake now`]);
    }
    if (quote.action === 'unstake') rows.push(['When', 'at once']);
    if (quote.action === 'unstake-stake') {
        const accounts = quote.stakeAccounts === 1 ? 'the new stake account' : `the ${quote.stakeAccounts} new stake accounts`;
        rows.push(['Rent', `${sol(quote.rentLamports)}, which stays in ${accounts}`]);
        rows.push(['When', 'the stake is yours at once; SOL after you deactivate it and one epoch of cool-down']);
    }
    if (quote.action === 'ticket') {
        rows.push(['Rent', `${sol(quote.rentLamports)}, returned when the ticket is paid or cancelled`]);
        rows.push(['When', when(quote.payableFromEpoch)]);
    }
    return rows;
}

const when = (epoch: number | null): string =>
    epoch === null ? 'when the reserve gets more SOL: rebalances do not fill it' : `from about epoch ${epoch} on`;
