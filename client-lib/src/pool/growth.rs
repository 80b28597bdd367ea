//! Estimates of a pool's yield.

use {
    super::PoolSnapshot,
    crate::cluster::slot_time,
    solana_epoch_schedule::EpochSchedule,
    std::{fmt, time::Duration},
};

/// Seconds in a year of 365.25 days.
const SECONDS_PER_YEAR: f64 = 31_557_600.0;

/// Shorter epochs allow no estimate for a year. Mainnet's take about two days.
const SHORTEST_EPOCH: Duration = Duration::from_secs(24 * 3_600);

/// Highest yearly growth, as a fraction, that counts as rewards.
const MAX_PER_YEAR: f64 = 1.0;

/// **An estimate, for display only**: the growth of the exchange rate at the last update, extrapolated to a year.
///
/// It assumes that the last epoch is typical. It is after the epoch fee, and before fees on deposits and withdrawals.
/// If the pool was not updated in the epoch before, the growth covers several epochs: the pool does not record how
/// many.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct YieldEstimate {
    /// Growth of the exchange rate over one epoch, as a fraction: 0.0003 is 0.03 %.
    pub per_epoch: f64,
    /// The same growth compounded over a year, as a fraction.
    pub annual: f64,
    /// The epoch at whose beginning the growth was booked.
    pub epoch: u64,
}

/// Why there is no yield estimate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum NoYield {
    /// The pool has no earlier exchange rate: in its first epoch, and after it was empty.
    NoEarlierRate,
    /// The epoch is too young to measure its length.
    NotMeasured,
    /// Epochs of this cluster are too short.
    ShortEpochs {
        /// Length of an epoch, in seconds.
        seconds: u64,
    },
    /// The exchange rate did not grow.
    NoGrowth,
    /// The exchange rate grew by more than staking pays.
    MoreThanRewards {
        /// Growth over one epoch, as a fraction.
        per_epoch: f64,
    },
}

impl NoYield {
    /// The name, for machine-readable output.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NoEarlierRate => "no_earlier_rate",
            Self::NotMeasured => "epoch_not_measured",
            Self::ShortEpochs { .. } => "short_epochs",
            Self::NoGrowth => "no_growth",
            Self::MoreThanRewards { .. } => "more_than_rewards",
        }
    }
}

impl fmt::Display for NoYield {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoEarlierRate => f.write_str("it takes updates in two epochs"),
            Self::NotMeasured => f.write_str("the current epoch is too young to measure its length"),
            Self::ShortEpochs { seconds } => write!(f, "epochs of {seconds} s"),
            Self::NoGrowth => f.write_str("the rate did not grow in the last epoch"),
            Self::MoreThanRewards { per_epoch } => {
                let percent = per_epoch * 100.0;
                write!(f, "the rate grew by {percent:.2} % in one epoch, more than staking pays, as by a donation")
            }
        }
    }
}

impl PoolSnapshot {
    /// Estimates the yield from the exchange rate before and after the last update. The cluster's clock gives the
    /// length of the epoch.
    ///
    /// # Errors
    /// [`NoYield`] if the estimate would be meaningless.
    pub fn yield_estimate(&self, schedule: &EpochSchedule) -> Result<YieldEstimate, NoYield> {
        let (head, terms) = (&self.pool().head, &self.pool().terms);
        let before = price(terms.last_epoch_total_lamports, terms.last_epoch_pool_token_supply);
        let now = price(head.total_lamports.get(), head.pool_token_supply.get());
        let (before, now) = before.zip(now).ok_or(NoYield::NoEarlierRate)?;
        let clock = &self.environment().clock;
        let slots = schedule.get_slots_in_epoch(clock.epoch);
        // With the usual slot time, the schedule alone shows that epochs are too short.
        let usual = Duration::from_millis(400).as_secs_f64() * slots as f64;
        let measured = slot_time(clock, schedule).map(|slot| slot.as_secs_f64() * slots as f64);
        let seconds = measured.unwrap_or(usual);
        if seconds < SHORTEST_EPOCH.as_secs_f64() {
            return Err(NoYield::ShortEpochs { seconds: seconds.round() as u64 });
        }
        measured.ok_or(NoYield::NotMeasured)?;
        let per_epoch = now / before - 1.0;
        let annual = (1.0 + per_epoch).powf(SECONDS_PER_YEAR / seconds) - 1.0;
        if per_epoch <= 0.0 {
            return Err(NoYield::NoGrowth);
        }
        if annual > MAX_PER_YEAR {
            return Err(NoYield::MoreThanRewards { per_epoch });
        }
        Ok(YieldEstimate { per_epoch, annual, epoch: head.last_update_epoch.get() })
    }
}

fn price(lamports: u64, pool_tokens: u64) -> Option<f64> {
    (lamports > 0 && pool_tokens > 0).then(|| lamports as f64 / pool_tokens as f64)
}
