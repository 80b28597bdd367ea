/** Compares a quote with the rate of the pool: a quote that does not follow from the rate is not shown. */
import type { PoolState, Quote } from './api.js';

/** Tolerated difference: a billionth, and some units of rounding. */
const BILLION = 1_000_000_000n;
const ROUNDING = 4n;

/** Whether the output of a quote, its fee and its charge follow from the pool's rate. */
export function isPlausible(quote: Quote, { totalLamports, poolTokenSupply }: PoolState): boolean {
    // An empty pool exchanges one to one.
    const isEmpty = totalLamports === 0n || poolTokenSupply === 0n;
    const [total, supply] = isEmpty ? [1n, 1n] : [totalLamports, poolTokenSupply];
    const charged =
        quote.action === 'stake'
            ? quote.lamports - quote.growthChargeLamports
            : quote.poolTokens - quote.remainingPoolTokens - quote.feePoolTokens;
    const [found, expected] =
        quote.action === 'stake'
            ? [quote.poolTokens + quote.feePoolTokens, (charged * supply) / total]
            : [quote.lamports, (charged * total) / supply];
    if (charged < 0n) return false;
    const tolerance = expected / BILLION + ROUNDING * BigInt(1 + quote.stakeAccounts);
    return found <= expected + tolerance && found >= expected - tolerance;
}
