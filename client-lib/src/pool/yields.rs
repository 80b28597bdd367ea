//! Yields from the ledger of an extended pool: what its holders have earned, without a network.

use {
    super::{NoYield, PoolSnapshot, UpdateInterval, YieldEstimate, growth},
    tidepool_core::maths::{ExchangeRate, Lamports, PoolTokens},
    tidepool_interface::state::LedgerEntry,
};

/// Epochs over which yields are shown.
const SHOWN_EPOCHS: [u64; 4] = [1, 10, 30, 180];

/// An entry of the ledger, with the time of its update.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Recorded {
    /// The epoch of the update.
    pub epoch: u64,
    /// Unix time of the update, in seconds.
    pub timestamp: i64,
    /// Seconds since the entry before; 0 for the first entry.
    pub seconds: u32,
    /// The exchange rate after the update.
    pub rate: ExchangeRate,
}

impl Recorded {
    /// Growth of the exchange rate since `before`, as a fraction; negative for a loss. `None` if one of them has no rate, as in an
    /// empty pool.
    pub fn growth_since(&self, before: &Self) -> Option<f64> {
        let price = |entry: &Self| growth::price(entry.rate.total_lamports.get(), entry.rate.pool_token_supply.get());
        Some(price(self)? / price(before)? - 1.0)
    }
}

impl PoolSnapshot {
    /// The entries of the ledger with their times, from the newest to the oldest. Empty without the extension.
    pub fn recorded(&self) -> Vec<Recorded> {
        let Some(ledger) = self.ledger() else { return Vec::new() };
        let mut timestamp = ledger.last_timestamp().unwrap_or_default();
        let timed = |entry: &LedgerEntry| {
            let recorded = Recorded {
                epoch: entry.epoch.get().into(),
                timestamp,
                seconds: entry.seconds.get(),
                rate: ExchangeRate {
                    total_lamports: Lamports::new(entry.total_lamports.get()),
                    pool_token_supply: PoolTokens::new(entry.pool_token_supply.get()),
                },
            };
            timestamp = timestamp.saturating_sub(entry.seconds.get().into());
            recorded
        };
        ledger.newest_first().map(timed).collect()
    }

    /// The yield over the last `epochs` epochs, by the ledger. Where an epoch had no update, it counts from the update before; with
    /// a shorter ledger, from the oldest entry. [`YieldEstimate::interval`] has the epochs and the seconds between the two updates,
    /// by the cluster's clock.
    ///
    /// An update late in its epoch moves a part of the time to the epoch before. So a yield over one epoch can be misleading,
    /// and [`Self::read_yield`] measures the time between the beginnings of the two epochs.
    ///
    /// # Errors
    /// [`NoYield::NoEarlierRate`] with fewer than two entries, or after the pool was empty; [`NoYield::ShortEpochs`];
    /// [`NoYield::MoreThanRewards`].
    pub fn yield_over(&self, epochs: u64) -> Result<YieldEstimate, NoYield> {
        let (newest, before) = self.yield_entries(epochs)?;
        let growth = newest.growth_since(&before).ok_or(NoYield::NoEarlierRate)?;
        let seconds = u64::try_from(newest.timestamp.saturating_sub(before.timestamp)).unwrap_or_default();
        self.annualised(growth, UpdateInterval { since: before.epoch, until: newest.epoch, seconds })
    }

    /// The yields over 1, 10, 30 and 180 epochs, each with that number; empty with fewer than two entries in the ledger. The one
    /// over an epoch is `estimate`, of [`Self::read_yield`], which measures its time better.
    pub fn yields(&self, estimate: Result<YieldEstimate, NoYield>) -> Vec<(u64, Result<YieldEstimate, NoYield>)> {
        if self.recorded().len() < 2 {
            return vec![];
        }
        let figure = |epochs| if epochs == 1 { estimate } else { self.yield_over(epochs) };
        SHOWN_EPOCHS.into_iter().map(|epochs| (epochs, figure(epochs))).collect()
    }

    /// The newest entry of the ledger, and the one `epochs` epochs before.
    pub(super) fn yield_entries(&self, epochs: u64) -> Result<(Recorded, Recorded), NoYield> {
        let entries = self.recorded();
        let (newest, earlier) = entries.split_first().ok_or(NoYield::NoEarlierRate)?;
        let first = newest.epoch.saturating_sub(epochs);
        // An empty pool begins anew, with any rate.
        let comparable: Vec<_> = earlier.iter().take_while(|entry| newest.growth_since(entry).is_some()).collect();
        let before = comparable.iter().find(|entry| entry.epoch <= first).or(comparable.last());
        before.map(|before| (*newest, **before)).ok_or(NoYield::NoEarlierRate)
    }
}

#[cfg(test)]
mod tests {
    use {super::*, crate::pool::fixture::*};

    const DAY: i64 = 24 * 3_600;

    /// A ledger of these epochs, each of two days, in which the rate grows by 0.03 %.
    fn ledger(epochs: &[u64]) -> PoolSnapshot {
        let entry = |epoch: &u64| {
            let since = i32::try_from(epoch - epochs[0]).unwrap();
            let lamports = (1e15 * 1.000_3_f64.powi(since)) as u64;
            let rate = ExchangeRate {
                total_lamports: Lamports::new(lamports),
                pool_token_supply: PoolTokens::new(1_000_000_000_000_000),
            };
            (*epoch, *epoch as i64 * 2 * DAY + 600, rate)
        };
        Fixture { ledger: epochs.iter().map(entry).collect(), ..Fixture::extended(vec![]) }.snapshot()
    }

    fn assert_yield(snapshot: &PoolSnapshot, asked: u64, epochs: u64) {
        let found = snapshot.yield_over(asked).unwrap();
        let until = found.interval.until;
        let interval = UpdateInterval { since: until - epochs, until, seconds: epochs * 2 * DAY as u64 };
        assert_eq!(found.interval, interval);
        assert!((found.growth - (1.000_3_f64.powf(epochs as f64) - 1.0)).abs() < 1e-12, "{found:?}");
        // 182.6 epochs in a year.
        assert!((found.annual - (1.000_3_f64.powf(182.625) - 1.0)).abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn yield_is_annualised_by_real_seconds() {
        let snapshot = ledger(&(500..=700).collect::<Vec<_>>());
        for epochs in [1, 10, 30, 179] {
            assert_yield(&snapshot, epochs, epochs);
        }
        // The ring holds 180 entries.
        assert_yield(&snapshot, 180, 179);
    }

    #[test]
    fn gaps_count_with_their_time() {
        let snapshot = ledger(&[680, 681, 685, 695, 700]);
        for (asked, epochs) in [(1, 5), (5, 5), (6, 15), (15, 15), (16, 19), (180, 20)] {
            assert_yield(&snapshot, asked, epochs);
        }
        let times: Vec<_> = snapshot.recorded().iter().map(|entry| (entry.epoch, entry.timestamp)).collect();
        assert_eq!(times, [700, 695, 685, 681, 680].map(|epoch| (epoch, epoch as i64 * 2 * DAY + 600)));
    }

    #[test]
    fn loss_is_a_negative_yield() {
        let mut snapshot = Fixture::extended(vec![]);
        let rate = |lamports| ExchangeRate {
            total_lamports: Lamports::new(lamports),
            pool_token_supply: PoolTokens::new(100),
        };
        snapshot.ledger = vec![(698, 0, rate(100)), (700, 4 * DAY, rate(99))];
        let found = snapshot.snapshot().yield_over(1).unwrap();
        assert!((found.growth + 0.01).abs() < 1e-12 && found.annual < -0.5, "{found:?}");
    }

    #[test]
    fn empty_pool_ends_the_history_of_its_rate() {
        let rate = |lamports, tokens| ExchangeRate {
            total_lamports: Lamports::new(lamports),
            pool_token_supply: PoolTokens::new(tokens),
        };
        let mut fixture = Fixture::extended(vec![]);
        assert_eq!(fixture.snapshot().yield_over(1), Err(NoYield::NoEarlierRate));
        fixture.ledger = vec![(690, 0, rate(200, 100)), (698, 16 * DAY, rate(0, 0)), (700, 20 * DAY, rate(100, 100))];
        assert_eq!(fixture.snapshot().yield_over(10), Err(NoYield::NoEarlierRate));
        fixture.ledger.push((701, 22 * DAY, rate(101, 100)));
        assert_eq!(fixture.snapshot().yield_over(10).unwrap().interval.since, 700);
        // A plain pool has no ledger.
        assert_eq!(Fixture::of(vec![]).snapshot().yield_over(1), Err(NoYield::NoEarlierRate));
        assert!(Fixture::of(vec![]).snapshot().recorded().is_empty());
    }

    #[test]
    fn short_epochs_allow_no_figure_for_a_year() {
        let mut fixture = Fixture::extended(vec![]);
        let rate = |lamports| ExchangeRate {
            total_lamports: Lamports::new(lamports),
            pool_token_supply: PoolTokens::new(100),
        };
        fixture.ledger = vec![(699, 0, rate(100)), (700, 60, rate(101))];
        assert_eq!(fixture.snapshot().yield_over(1), Err(NoYield::ShortEpochs { seconds: 60 }));
    }
}
