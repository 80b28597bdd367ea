//! The yield by the ledger of an extended pool.

use crate::{
    failure::{Failure, Reason},
    snapshot::Snapshot,
};
use tidepool_interface::state::LedgerEntry;

/// Seconds in a year of 365.25 days.
const SECONDS_PER_YEAR: f64 = 31_557_600.0;
/// Shorter epochs allow no figure for a year.
const SHORTEST_EPOCH: u64 = 6 * 3_600;
/// Highest growth that counts as rewards, in multiples of the cluster's inflation rewards.
const MAX_REWARDS: f64 = 2.0;

/// Growth of the exchange rate between two updates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Yield {
    /// Epoch of the earlier update.
    pub since: u64,
    /// Epoch of the last update.
    pub until: u64,
    /// Seconds between them.
    pub seconds: u64,
    /// Growth, as a fraction.
    pub growth: f64,
    /// The same growth compounded over a year.
    pub annual: f64,
}

/// The yield over the last `epochs` epochs.
///
/// # Errors
/// [`Reason::NoEarlierRate`], [`Reason::ShortEpochs`], [`Reason::MoreThanRewards`].
pub fn yield_over(snapshot: &Snapshot, epochs: u64) -> Result<Yield, Failure> {
    let found = growth_over(snapshot, epochs)?;
    let passed = found.until.saturating_sub(found.since).max(1);
    if found.seconds / passed < SHORTEST_EPOCH {
        return Err(Reason::ShortEpochs.into());
    }
    let highest = rewards_per_epoch(snapshot).map(|rewards| (1.0 + rewards * MAX_REWARDS).powf(passed as f64) - 1.0);
    if highest.is_some_and(|highest| found.growth > highest) {
        return Err(Reason::MoreThanRewards.into());
    }
    Ok(Yield { annual: (1.0 + found.growth).powf(SECONDS_PER_YEAR / found.seconds as f64) - 1.0, ..found })
}

/// The growth over the last `epochs` epochs, on a cluster with epochs of any length. `annual` is 0.
///
/// # Errors
/// [`Reason::NoEarlierRate`].
pub fn growth_over(snapshot: &Snapshot, epochs: u64) -> Result<Yield, Failure> {
    let none = Failure::Other(Reason::NoEarlierRate);
    let mut entries = snapshot.extension.ok_or(none)?.ledger.newest_first();
    let newest = entries.next().ok_or(none)?;
    let first = u64::from(newest.epoch.get()).saturating_sub(epochs);
    let price_now = price(newest).ok_or(none)?;
    let (mut seconds, mut before) = (u64::from(newest.seconds.get()), None);
    for entry in entries {
        // An empty pool begins anew, with any rate.
        let Some(price) = price(entry) else { break };
        before = Some((entry, price, seconds));
        if u64::from(entry.epoch.get()) <= first {
            break;
        }
        seconds = seconds.saturating_add(entry.seconds.get().into());
    }
    let (entry, price_before, seconds) = before.ok_or(none)?;
    Ok(Yield {
        since: entry.epoch.get().into(),
        until: newest.epoch.get().into(),
        seconds,
        growth: price_now / price_before - 1.0,
        annual: 0.0,
    })
}

fn price(entry: &LedgerEntry) -> Option<f64> {
    let (lamports, tokens) = (entry.total_lamports.get(), entry.pool_token_supply.get());
    (lamports > 0 && tokens > 0).then(|| lamports as f64 / tokens as f64)
}

/// The cluster's inflation rewards for its last epoch, as a fraction of its stake.
fn rewards_per_epoch(snapshot: &Snapshot) -> Option<f64> {
    let history = snapshot.stake_history().ok()?;
    let last = (0..=1).find_map(|age| history.get(snapshot.epoch().checked_sub(age)?))?;
    let (rewards, effective) = (snapshot.epoch_rewards().1, last.effective.get());
    (rewards > 0 && effective > 0).then(|| rewards as f64 / effective as f64)
}
