//! The ledger of an extended pool: a year of exchange rates in the pool account.

use {
    super::{I64, U16, U32, U64},
    crate::schema::{Described, Seconds, Shape, UnixTime},
    core::mem::size_of,
    tidepool_core::maths::{ExchangeRate, Lamports, PoolTokens},
};

/// Entries of the ledger: a year of epochs of two days.
pub const LEDGER_ENTRIES: usize = 180;

layout! {
    /// Totals of a pool at its last update in an epoch.
    #[derive(Default)]
    pub struct LedgerEntry {
        /// The epoch of the update.
        pub epoch: U32,
        /// Seconds since the entry before, by the cluster's clock; 0 for the first entry. Epochs and slots vary in length.
        pub seconds: U32 as Seconds,
        /// Total lamports of the pool after the update.
        pub total_lamports: U64 as Lamports,
        /// Supply of the pool token after the update, in its smallest unit.
        pub pool_token_supply: U64 as PoolTokens,
    }
}

layout! {
    /// A ring of entries. `UpdateStakePoolBalance` writes one per epoch; an epoch without an update leaves a gap.
    pub struct Ledger {
        /// Index of the newest entry.
        newest: U16,
        /// Number of entries, up to [`LEDGER_ENTRIES`].
        count: U16,
        /// Zero.
        reserved: [u8; 4],
        /// Unix time in seconds of the last update.
        last_timestamp: I64 as UnixTime,
        /// Rewards in lamports since the pool was extended, before the manager's fee. A gift to the pool counts as a reward.
        pub rewards: U64 as Lamports,
        /// Pool tokens of the manager's fee on rewards since the pool was extended.
        pub fees: U64 as PoolTokens,
        entries: [LedgerEntry; LEDGER_ENTRIES],
    }
}

impl Described for [LedgerEntry; LEDGER_ENTRIES] {
    const SHAPE: Shape = Shape::Array(&LedgerEntry::SHAPE, LEDGER_ENTRIES);
}

const _: () = assert!(size_of::<Ledger>() == 32 + LEDGER_ENTRIES * 24 && align_of::<Ledger>() == 1);

impl Ledger {
    /// Records an update at Unix time `timestamp` (in seconds). A second update in an epoch replaces the entry of the first.
    #[inline]
    pub fn record(&mut self, epoch: u64, timestamp: i64, rate: &ExchangeRate) {
        // The clock can be set back by less than a slot's drift; time does not run backwards here.
        let passed = timestamp.saturating_sub(self.last_timestamp.get()).max(0);
        let mut passed = u32::try_from(passed).unwrap_or(u32::MAX);
        let epoch = u32::try_from(epoch).unwrap_or(u32::MAX);
        let newest = usize::from(self.newest.get());
        let index = match self.entries.get(newest) {
            _ if self.count.get() == 0 => {
                passed = 0;
                self.count.set(1);
                0
            }
            Some(entry) if entry.epoch.get() == epoch => {
                if self.count.get() > 1 {
                    passed = entry.seconds.get().saturating_add(passed);
                } else {
                    passed = 0;
                }
                newest
            }
            _ => {
                let count = self.count.get();
                self.count.set(if usize::from(count) < LEDGER_ENTRIES { count.wrapping_add(1) } else { count });
                let next = newest.wrapping_add(1);
                if next < LEDGER_ENTRIES { next } else { 0 }
            }
        };
        self.newest.set(index as u16);
        self.last_timestamp.set(timestamp.max(self.last_timestamp.get()));
        if let Some(entry) = self.entries.get_mut(index) {
            *entry = LedgerEntry {
                epoch: epoch.into(),
                seconds: passed.into(),
                total_lamports: rate.total_lamports.get().into(),
                pool_token_supply: rate.pool_token_supply.get().into(),
            };
        }
    }

    /// Entries from the newest to the oldest.
    pub fn newest_first(&self) -> impl ExactSizeIterator<Item = &LedgerEntry> + Clone {
        let newest = usize::from(self.newest.get()).min(LEDGER_ENTRIES - 1);
        let count = usize::from(self.count.get()).min(LEDGER_ENTRIES);
        (0..count).map(move |age| &self.entries[(newest + LEDGER_ENTRIES - age) % LEDGER_ENTRIES])
    }

    /// Unix time in seconds of the last update; `None` before the first.
    pub fn last_timestamp(&self) -> Option<i64> {
        (self.count.get() > 0).then(|| self.last_timestamp.get())
    }

    /// Epochs between the two newest entries; `None` with fewer than two.
    #[inline]
    pub fn epochs_of_last_growth(&self) -> Option<u32> {
        if self.count.get() < 2 {
            return None;
        }
        let newest = usize::from(self.newest.get());
        let before = if newest == 0 { LEDGER_ENTRIES - 1 } else { newest.wrapping_sub(1) };
        let (newest, before) = (self.entries.get(newest)?, self.entries.get(before)?);
        newest.epoch.get().checked_sub(before.epoch.get())
    }
}
