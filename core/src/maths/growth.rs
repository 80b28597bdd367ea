//! The growth charge: what a late SOL deposit would otherwise take from the holders.

use super::{ExchangeRate, Wide};

/// Lamports of a SOL deposit for which no pool tokens are minted, rounded up: `hundredths` hundredths of the growth that the deposit
/// would have had in one of the last `epochs` epochs, in which the exchange rate went from `before` to `now`. `None` if a number exceeds
/// 64 bits.
///
/// With 100 hundredths, who deposits at the end of an epoch and leaves after an equal growth gains nothing. Without an earlier rate, or
/// without growth, the charge is 0.
pub fn growth_charge(
    now: &ExchangeRate,
    before: &ExchangeRate,
    epochs: u32,
    hundredths: u16,
    lamports: u64,
) -> Option<u64> {
    let has_rates = [now, before].iter().all(|rate| rate.total_lamports > 0 && rate.pool_token_supply > 0);
    let has_grown = Wide::product(now.total_lamports, before.pool_token_supply)
        > Wide::product(before.total_lamports, now.pool_token_supply);
    if hundredths == 0 || !has_rates || !has_grown {
        return Some(0);
    }
    let worth_before = before.lamports_for_withdrawal(now.pool_tokens_for_deposit(lamports)?)?;
    let growth = lamports.saturating_sub(worth_before);
    let divisor = u64::from(epochs.max(1)).saturating_mul(100);
    Some(Wide::product(growth, hundredths.into()).divide_up(divisor)?.narrow()?.min(lamports))
}
