//! What a pool has earned, estimated.

use {
    super::PoolSnapshot,
    crate::cluster::slot_time,
    solana_epoch_schedule::EpochSchedule,
    std::{fmt, time::Duration},
};

/// Seconds in a year of 365.25 days.
const SECONDS_PER_YEAR: f64 = 31_557_600.0;

/// Epochs that are shorter say nothing about a year. Mainnet's take about two days.
const SHORTEST_EPOCH: Duration = Duration::from_secs(24 * 3_600);

/// Most growth in a year, as a fraction, that is taken for rewards.
const MAX_PER_YEAR: f64 = 1.0;

/// **An estimate, for display only**: the growth of the exchange rate at the last update, extrapolated to a year.
///
/// It takes the last epoch for the norm. It is after the manager's fee on rewards and before fees on deposits and
/// withdrawals. Where the pool was not updated in the epoch before, the growth is that of several epochs: the pool does not record it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct YieldEstimate {
    /// Growth of the exchange rate over one epoch, as a fraction: 0.0003 is 0.03 %.
    pub per_epoch: f64,
    /// The same growth compounded over a year, as a fraction.
    pub annual: f64,
    /// The epoch at whose beginning the growth was booked.
    pub epoch: u64,
}

/// Why there is no estimate of the yearly growth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum NoYield {
    /// The pool has no exchange rate from before its last update: in its first epoch, and after it was empty.
    NoEarlierRate,
    /// Too little of the epoch has passed to measure how long it takes.
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
    /// The name, for programs.
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
            Self::NotMeasured => f.write_str("too little of this epoch has passed to measure it"),
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
    /// Estimates the yield from the exchange rate before and after the last update. The length of the epoch is measured by the
    /// cluster's clock.
    ///
    /// # Errors
    /// [`NoYield`] where the figure would not be meaningful.
    pub fn yield_estimate(&self, schedule: &EpochSchedule) -> Result<YieldEstimate, NoYield> {
        let (head, terms) = (&self.pool().head, &self.pool().terms);
        let before = price(terms.last_epoch_total_lamports, terms.last_epoch_pool_token_supply);
        let now = price(head.total_lamports.get(), head.pool_token_supply.get());
        let (before, now) = before.zip(now).ok_or(NoYield::NoEarlierRate)?;
        let clock = &self.environment().clock;
        let slots = schedule.get_slots_in_epoch(clock.epoch);
        // Where slots take the usual time, the length of the epoch tells without a measurement that it is too short.
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
