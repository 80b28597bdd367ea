//! What is still to be done in a pool before it is up to date.

use {
    crate::{
        plan::{self, RebalancePlan, UpdateOptions, WhyNot},
        pool::PoolSnapshot,
    },
    tidepool_interface::rebalance::Reason,
};

/// What is still to be done in a pool before it is up to date with the epoch.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Backlog {
    /// The epoch to be up to date with.
    pub epoch: u64,
    /// Whether the pool as a whole has to be updated.
    pub is_stale: bool,
    /// Validators whose record has not been updated in the epoch.
    pub validators_behind: usize,
    /// Validators with stake that an update can merge now ([`plan::mergeable`]), as far as their stake accounts were read
    /// ([`StakeSelection::Transient`](crate::pool::StakeSelection)).
    pub validators_mergeable: usize,
    /// Entries that hold nothing any more and can be cleaned up.
    pub removed_entries: usize,
}

impl Backlog {
    /// The backlog of a pool.
    pub fn of(snapshot: &PoolSnapshot) -> Self {
        Self::with(snapshot, &UpdateOptions::default())
    }

    /// What an update with these options leaves to be done: one that merges nothing has nothing to merge.
    pub fn with(snapshot: &PoolSnapshot, options: &UpdateOptions) -> Self {
        let epoch = snapshot.epoch();
        let records = snapshot.records();
        Self {
            epoch,
            is_stale: snapshot.is_stale(),
            validators_behind: records.iter().filter(|record| record.last_update_epoch.get() < epoch).count(),
            validators_mergeable: plan::mergeable(snapshot, options).len(),
            removed_entries: records.iter().filter(|record| record.is_removed()).count(),
        }
    }

    /// Whether there is nothing to be done. A record that was added in an epoch that the pool is up to date with counts from the
    /// next one on.
    pub const fn is_empty(&self) -> bool {
        !self.is_stale && self.validators_mergeable == 0 && self.removed_entries == 0
    }

    /// Whether less is to be done than `before`, or it is another epoch's work.
    pub const fn is_progress_since(&self, before: &Self) -> bool {
        self.epoch != before.epoch
            || self.validators_behind < before.validators_behind
            || self.validators_mergeable < before.validators_mergeable
            || self.removed_entries < before.removed_entries
            || (!self.is_stale && before.is_stale)
    }
}

/// How many validators of a plan are off their target by more than the threshold: those that it moves, and those that it cannot
/// or need not move now. What is on its way already is not among them.
pub fn validators_off_target(plan: &RebalancePlan) -> usize {
    let is_off = |why: WhyNot| match why {
        WhyNot::Obstacle(_) => true,
        WhyNot::Rule(reason) => !reason.excludes_validator() && reason != Reason::Balanced,
    };
    plan.movements.len() + plan.unmoved.iter().filter(|unmoved| is_off(unmoved.why)).count()
}
