//! The growth charge: what a late SOL deposit would otherwise take from the holders.

use super::{ExchangeRate, Lamports, Wide};

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
    lamports: Lamports,
) -> Option<Lamports> {
    if hundredths == 0 || !now.has_amounts() || !before.has_amounts() || !now.is_above(before) {
        return Some(Lamports::default());
    }
    let worth_before = before.lamports_for_withdrawal(now.pool_tokens_for_deposit(lamports)?)?;
    let growth = lamports.get().saturating_sub(worth_before.get());
    let divisor = u64::from(epochs.max(1)).saturating_mul(100);
    let charge = Wide::product(growth, hundredths.into()).divide_up(divisor)?.narrow()?;
    Some(Lamports::new(charge.min(lamports.get())))
}
