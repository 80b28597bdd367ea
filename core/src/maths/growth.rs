//! The growth charge: what a late SOL deposit would otherwise take from the holders.

use super::{ExchangeRate, Lamports, Wide};

/// Terms of the growth charge on SOL deposits.
///
/// With 100 hundredths, who deposits at the end of an epoch and leaves after an equal growth gains nothing. Without an earlier rate, or
/// without growth, the charge is 0.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct GrowthCharge {
    /// Charge in hundredths of the growth of one epoch; 0 for no charge.
    pub hundredths: u16,
    /// The exchange rate before the last growth.
    pub before: ExchangeRate,
    /// Epochs that the last growth took.
    pub epochs: u32,
}

impl GrowthCharge {
    /// Lamports of a SOL deposit for which no pool tokens are minted, rounded up: the growth that the deposit would have had in one of
    /// the last epochs, in which the exchange rate went to `now`. `None` if a number exceeds 64 bits.
    pub fn of_deposit(&self, now: &ExchangeRate, lamports: Lamports) -> Option<Lamports> {
        if self.hundredths == 0 || !now.has_amounts() || !self.before.has_amounts() || !now.is_above(&self.before) {
            return Some(Lamports::default());
        }
        let worth_before = self.before.lamports_for_withdrawal(now.pool_tokens_for_deposit(lamports)?)?;
        let growth = lamports.get().saturating_sub(worth_before.get());
        let divisor = u64::from(self.epochs.max(1)).saturating_mul(100);
        let charge = Wide::product(growth, self.hundredths.into()).divide_up(divisor)?.narrow()?;
        Some(Lamports::new(charge.min(lamports.get())))
    }
}
