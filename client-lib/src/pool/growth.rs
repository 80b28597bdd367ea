//! Estimates of a pool's yield.
//!
//! The ledger of an extended pool has the updates before the last one, see [`PoolSnapshot::yield_over`]. A pool without it
//! records its exchange rate before and after its last update, but not when the update before that one was. The estimate takes
//! that epoch from the cluster's history, see [`super::history`].

use {
    super::{PoolSnapshot, history},
    crate::cluster::Cluster,
    solana_epoch_schedule::EpochSchedule,
    std::fmt,
};

/// Seconds in a year of 365.25 days.
const SECONDS_PER_YEAR: f64 = 31_557_600.0;

/// Shorter epochs allow no estimate for a year. Mainnet's will take a day.
const SHORTEST_EPOCH: u64 = 6 * 3_600;

/// Highest growth that counts as rewards, in multiples of the cluster's inflation rewards for its stake. Tips and block
/// revenue come on top of these, and a good validator without commission earns more than the mean.
const MAX_REWARDS: f64 = 2.0;

/// **An estimate, for display only**: the growth of the exchange rate at the last update, extrapolated to a year.
///
/// It assumes that the time between the two updates is typical. It is after the epoch fee, and before fees on
/// deposits and withdrawals.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct YieldEstimate {
    /// Growth of the exchange rate, as a fraction: 0.0003 is 0.03 %.
    pub growth: f64,
    /// The same growth compounded over a year, as a fraction.
    pub annual: f64,
    /// The epochs of the last two updates, and the time between them.
    pub interval: UpdateInterval,
}

/// The time between two updates of a pool in different epochs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct UpdateInterval {
    /// Epoch of the earlier update.
    pub since: u64,
    /// Epoch of the last update.
    pub until: u64,
    /// Time between the beginnings of the two epochs, in seconds: rewards are paid at the beginning of an epoch, whenever the
    /// update comes. Time between the updates, if only the ledger tells it.
    pub seconds: u64,
}

impl UpdateInterval {
    /// Number of epochs.
    pub const fn epochs(&self) -> u64 {
        self.until.saturating_sub(self.since)
    }
}

/// Why there is no yield estimate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum NoYield {
    /// The pool has no earlier exchange rate: in its first epoch, and after it was empty.
    NoEarlierRate,
    /// The history of the pool's updates is unknown: the endpoint keeps none, or it is too short or too long.
    NoHistory,
    /// The endpoint reports no block times, so the time between the updates is unknown.
    NotMeasured,
    /// Epochs of this cluster are too short.
    ShortEpochs {
        /// Length of an epoch, in seconds.
        seconds: u64,
    },
    /// The exchange rate did not grow.
    NoGrowth,
    /// The rewards of the cluster are unknown, so a donation cannot be told from rewards.
    RewardsUnknown,
    /// The exchange rate grew by more than staking pays.
    MoreThanRewards {
        /// Growth, as a fraction.
        growth: f64,
        /// Number of epochs over which it grew.
        epochs: u64,
    },
}

impl NoYield {
    /// The name, for machine-readable output.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NoEarlierRate => "no_earlier_rate",
            Self::NoHistory => "no_history",
            Self::NotMeasured => "epoch_not_measured",
            Self::ShortEpochs { .. } => "short_epochs",
            Self::NoGrowth => "no_growth",
            Self::RewardsUnknown => "rewards_unknown",
            Self::MoreThanRewards { .. } => "more_than_rewards",
        }
    }
}

impl fmt::Display for NoYield {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoEarlierRate => f.write_str("it takes updates in two epochs"),
            Self::NoHistory => {
                f.write_str("the endpoint has no history of the update before the last one, so the time is unknown")
            }
            Self::NotMeasured => f.write_str("the endpoint has no block times of the update before the last one"),
            Self::ShortEpochs { seconds } => write!(f, "epochs of {seconds} s"),
            Self::NoGrowth => f.write_str("the rate did not grow at the last update"),
            Self::RewardsUnknown => f.write_str("the cluster paid no inflation rewards to compare the growth with"),
            Self::MoreThanRewards { growth, epochs } => {
                let time = if *epochs == 1 { "one epoch".into() } else { format!("{epochs} epochs") };
                let percent = growth * 100.0;
                write!(f, "the rate grew by {percent:.2} % in {time}, more than staking pays, as by a donation")
            }
        }
    }
}

impl PoolSnapshot {
    /// Estimates the yield from the exchange rate before and after the last update: by the ledger, with the beginnings of the
    /// epochs from the cluster if it reports them; without a ledger, with the epoch and the time of the update before it from
    /// the cluster's history. Some two requests by the ledger, some five without.
    ///
    /// # Errors
    /// [`NoYield`] if the estimate would be meaningless, or if a request failed.
    pub async fn read_yield<C: Cluster>(&self, cluster: &C) -> Result<YieldEstimate, NoYield> {
        if self.ledger().is_some_and(|ledger| ledger.newest_first().len() > 1) {
            let recorded = self.yield_over(1);
            let (newest, before) = self.yield_entries(1)?;
            let growth = newest.growth_since(&before).ok_or(NoYield::NoEarlierRate)?;
            let Ok(schedule) = cluster.epoch_schedule().await else { return recorded };
            let seconds = self.seconds_between(cluster, &schedule, before.epoch, newest.epoch).await;
            let interval = |seconds| UpdateInterval { since: before.epoch, until: newest.epoch, seconds };
            return seconds.map_or(recorded, |seconds| self.annualised(growth, interval(seconds)));
        }
        let growth = self.growth()?;
        let schedule = cluster.epoch_schedule().await.map_err(|_| NoYield::NotMeasured)?;
        let since = history::previous_update(cluster, self, &schedule).await.ok_or(NoYield::NoHistory)?;
        let until = self.pool().head.last_update_epoch.get();
        let seconds = self.seconds_between(cluster, &schedule, since, until).await.ok_or(NoYield::NotMeasured)?;
        self.yield_estimate(growth, UpdateInterval { since, until, seconds })
    }

    /// Seconds from the beginning of epoch `since` to that of epoch `until`; `None` if the cluster does not report block times.
    async fn seconds_between<C: Cluster>(
        &self,
        cluster: &C,
        schedule: &EpochSchedule,
        since: u64,
        until: u64,
    ) -> Option<u64> {
        let start = |epoch| history::epoch_start(cluster, &self.environment().clock, schedule, epoch);
        let (start, end) = (start(since).await?, start(until).await?);
        u64::try_from(end.checked_sub(start)?).ok().filter(|seconds| *seconds > 0)
    }

    /// Growth of the exchange rate at the last update, as a fraction.
    ///
    /// # Errors
    /// [`NoYield::NoEarlierRate`], [`NoYield::NoGrowth`].
    pub fn growth(&self) -> Result<f64, NoYield> {
        let (head, terms) = (&self.pool().head, &self.pool().terms);
        let before = price(terms.last_epoch_total_lamports, terms.last_epoch_pool_token_supply);
        let now = price(head.total_lamports.get(), head.pool_token_supply.get());
        let (before, now) = before.zip(now).ok_or(NoYield::NoEarlierRate)?;
        Some(now / before - 1.0).filter(|growth| *growth > 0.0).ok_or(NoYield::NoGrowth)
    }

    /// Extrapolates the growth over an interval to a year.
    ///
    /// # Errors
    /// [`NoYield::ShortEpochs`], [`NoYield::RewardsUnknown`], [`NoYield::MoreThanRewards`].
    pub fn yield_estimate(&self, growth: f64, interval: UpdateInterval) -> Result<YieldEstimate, NoYield> {
        check_length(&interval)?;
        self.rewards_per_epoch().ok_or(NoYield::RewardsUnknown)?;
        self.annualised(growth, interval)
    }

    /// As [`Self::yield_estimate`], also if the rewards of the cluster are unknown.
    pub(super) fn annualised(&self, growth: f64, interval: UpdateInterval) -> Result<YieldEstimate, NoYield> {
        check_length(&interval)?;
        let epochs = interval.epochs().max(1);
        let highest = self.rewards_per_epoch().map(|rewards| (1.0 + rewards * MAX_REWARDS).powf(epochs as f64) - 1.0);
        if highest.is_some_and(|highest| growth > highest) {
            return Err(NoYield::MoreThanRewards { growth, epochs });
        }
        let annual = (1.0 + growth).powf(SECONDS_PER_YEAR / interval.seconds as f64) - 1.0;
        Ok(YieldEstimate { growth, annual, interval })
    }

    /// The cluster's inflation rewards for its last epoch, as a fraction of its stake. `None` if it paid none.
    fn rewards_per_epoch(&self) -> Option<f64> {
        let environment = self.environment();
        let (_, last) = environment.stake_history.first()?;
        let rewards = environment.epoch_rewards.total_rewards;
        (rewards > 0 && last.effective > 0).then(|| rewards as f64 / last.effective as f64)
    }
}

fn check_length(interval: &UpdateInterval) -> Result<(), NoYield> {
    let seconds = interval.seconds / interval.epochs().max(1);
    if seconds < SHORTEST_EPOCH { Err(NoYield::ShortEpochs { seconds }) } else { Ok(()) }
}

pub(super) fn price(lamports: u64, pool_tokens: u64) -> Option<f64> {
    (lamports > 0 && pool_tokens > 0).then(|| lamports as f64 / pool_tokens as f64)
}

#[cfg(test)]
mod tests;
