//! Remaining work until a pool is up to date.

use {
    crate::{
        plan::{self, RebalancePlan, UnmovedReason, UpdateOptions},
        pool::PoolSnapshot,
    },
    tidepool_core::rebalance::Reason,
};

/// Remaining work until a pool is up to date with the epoch.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Backlog {
    /// The current epoch.
    pub epoch: u64,
    /// Whether the pool's totals are stale.
    pub is_stale: bool,
    /// Validators whose record was not updated in this epoch.
    pub stale_validators: usize,
    /// Validators with stake that an update can merge now ([`plan::mergeable`]). Needs the stake accounts
    /// ([`StakeSelection::Transient`](crate::pool::StakeSelection)).
    pub validators_mergeable: usize,
    /// Removed entries that a cleanup can delete.
    pub removed_entries: usize,
}

impl Backlog {
    /// The backlog of a pool for an update with default options.
    pub fn of(snapshot: &PoolSnapshot) -> Self {
        Self::with(snapshot, &UpdateOptions::default())
    }

    /// The backlog of a pool for an update with these options. With [`UpdateOptions::no_merge`] nothing counts as
    /// mergeable.
    pub fn with(snapshot: &PoolSnapshot, options: &UpdateOptions) -> Self {
        let epoch = snapshot.epoch();
        let records = snapshot.records();
        Self {
            epoch,
            is_stale: snapshot.is_stale(),
            stale_validators: records.iter().filter(|record| record.last_update_epoch.get() < epoch).count(),
            validators_mergeable: plan::mergeable(snapshot, options).len(),
            removed_entries: records.iter().filter(|record| record.is_removed()).count(),
        }
    }

    /// Whether the pool is up to date. A record added in an epoch whose update is done counts from the next epoch on.
    pub const fn is_empty(&self) -> bool {
        !self.is_stale && self.validators_mergeable == 0 && self.removed_entries == 0
    }

    /// Whether less remains than in `before`, or the epoch is another.
    pub const fn is_progress_since(&self, before: &Self) -> bool {
        self.epoch != before.epoch
            || self.stale_validators < before.stale_validators
            || self.validators_mergeable < before.validators_mergeable
            || self.removed_entries < before.removed_entries
            || (!self.is_stale && before.is_stale)
    }
}

/// Validators that deviate from their target by more than the threshold: those that the plan moves, and those that it
/// cannot move now. Activating and deactivating stake counts as moved.
pub fn deviating_validators(plan: &RebalancePlan) -> usize {
    let is_off = |reason: UnmovedReason| match reason {
        UnmovedReason::Obstacle(_) => true,
        UnmovedReason::Rule(reason) => !reason.excludes_validator() && reason != Reason::Balanced,
    };
    plan.movements.len() + plan.unmoved.iter().filter(|unmoved| is_off(unmoved.reason)).count()
}
