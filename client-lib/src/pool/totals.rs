//! Figures over all validators of a pool, and fees that are pending.

use {
    super::PoolSnapshot,
    tidepool_core::maths::{Fee, FutureEpoch},
};

/// Lamports of a pool's validators by their state, rent included.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct StakeTotals {
    /// In validator stake accounts, by the pool's records.
    pub active: u64,
    /// Activating stake.
    pub activating: u64,
    /// Deactivating stake.
    pub deactivating: u64,
}

impl PoolSnapshot {
    /// Lamports by state. Transient stake counts as activating unless its account was read and is deactivating, or its
    /// validator is being removed.
    pub fn stake_totals(&self) -> StakeTotals {
        let mut totals = StakeTotals::default();
        for validator in self.validators() {
            let record = validator.record;
            totals.active = totals.active.saturating_add(record.active_stake_lamports.get());
            let leaves = match validator.transient_delegation() {
                Some((_, delegation)) => !delegation.is_delegated(),
                None => !record.is_active(),
            };
            let moving = if leaves { &mut totals.deactivating } else { &mut totals.activating };
            *moving = moving.saturating_add(record.transient_stake_lamports.get());
        }
        totals
    }

    /// The fee that follows, with the first epoch in which it can be in force: with that epoch's update, provided that every
    /// epoch has one.
    pub fn pending_fee(&self, next: &FutureEpoch<Fee>) -> Option<(Fee, u64)> {
        // A pending fee moves up with each update into a new epoch: the next one is this epoch's, or the next epoch's.
        let next_update = self.pool().head.last_update_epoch.get().saturating_add(1).max(self.epoch());
        let (fee, updates) = next.pending()?;
        Some((fee, next_update.saturating_add(u64::from(updates.saturating_sub(1)))))
    }
}
