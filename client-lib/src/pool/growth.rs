//! What a pool has earned, estimated.

use super::PoolSnapshot;

/// Seconds in a year of 365.25 days.
const SECONDS_PER_YEAR: f64 = 31_557_600.0;

/// **An estimate, for display only**: the growth of the pool token's price over the last epoch, extrapolated to a year.
///
/// It takes the last epoch for the norm. It is after the manager's fee on rewards and before fees on deposits and
/// withdrawals.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct YieldEstimate {
    /// Growth of the price over one epoch, as a fraction: 0.0003 is 0.03 %.
    pub per_epoch: f64,
    /// The same growth compounded over a year, as a fraction.
    pub annual: f64,
    /// The epoch at whose beginning the growth was booked.
    pub epoch: u64,
}

impl PoolSnapshot {
    /// Estimates the yield from the price before and after the last update, for epochs that last `epoch_seconds`.
    ///
    /// `None` where the pool does not know its price before the last update: until the second epoch of its life, and
    /// while it was empty.
    pub fn yield_estimate(&self, epoch_seconds: f64) -> Option<YieldEstimate> {
        let (head, terms) = (&self.pool().head, &self.pool().terms);
        let before = price(terms.last_epoch_total_lamports, terms.last_epoch_pool_token_supply)?;
        let now = price(head.total_lamports.get(), head.pool_token_supply.get())?;
        let per_epoch = now / before - 1.0;
        let epochs_per_year = SECONDS_PER_YEAR / epoch_seconds;
        Some(YieldEstimate {
            per_epoch,
            annual: (1.0 + per_epoch).powf(epochs_per_year) - 1.0,
            epoch: head.last_update_epoch.get(),
        })
    }
}

fn price(lamports: u64, pool_tokens: u64) -> Option<f64> {
    (lamports > 0 && pool_tokens > 0).then(|| lamports as f64 / pool_tokens as f64)
}
