//! Decisions of an update about a validator's stake, from the data of its stake accounts. The program executes them; clients use
//! them to find out which updates are due.

use crate::{
    external::{stake::Delegation, stake_history::StakeHistory},
    state::StakeStatus,
};

/// The stake that an update merges.
#[derive(Clone, Copy, Debug)]
pub enum Merging<'a> {
    /// No stake: it is counted only.
    Nothing,
    /// SPL behaviour: all stake whose epochs allow it. The instruction fails if the stake program rejects a merge, as it does for
    /// stake that is only partly warmed up or cooled down.
    Attempted,
    /// Stake that the stake program will merge, according to this history. Other stake is counted only.
    Isolated(&'a StakeHistory<'a>),
}

/// A validator stake account, for the decision about transient stake of the same validator.
#[derive(Clone, Copy, Debug)]
pub struct ValidatorStake {
    /// Its present or past delegation.
    pub delegation: Delegation,
    /// Whether it has the pool's authorities and lockup.
    pub is_usable: bool,
}

/// Step of an update for transient stake.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TransientStep {
    /// Counts it. It stays in its account until a later epoch.
    Count,
    /// Merges it into the reserve.
    ToReserve,
    /// Merges it into the validator stake account.
    ToValidator,
    /// Deactivates it, because it can no longer be merged into the validator stake account.
    Deactivate,
}

impl Merging<'_> {
    /// Whether the update only counts.
    #[inline(always)]
    pub const fn counts_only(&self) -> bool {
        matches!(self, Self::Nothing)
    }

    /// The step of an update in `epoch` for the pool's delegated transient stake. `is_active` is the status of the record;
    /// `validator` reads the validator stake account, and returns `None` if that account is not delegated.
    #[inline(always)]
    pub fn transient_step(
        &self,
        epoch: u64,
        is_active: bool,
        transient: &Delegation,
        validator: impl FnOnce() -> Option<ValidatorStake>,
    ) -> TransientStep {
        if self.counts_only() {
            return TransientStep::Count;
        }
        if transient.is_inactive(epoch) {
            let is_through = self.is_cooled_down(transient, epoch);
            // guard: transient-to-reserve
            return if is_through { TransientStep::ToReserve } else { TransientStep::Count };
        }
        if !is_active {
            // It was activating when the validator was removed.
            return if transient.is_delegated() { TransientStep::Deactivate } else { TransientStep::Count };
        }
        let is_before = |delegation: &Delegation| delegation.activation_epoch.get() < epoch;
        let Self::Isolated(history) = self else {
            let merges = is_before(transient) && validator().is_some_and(|validator| is_before(&validator.delegation));
            return if merges { TransientStep::ToValidator } else { TransientStep::Count };
        };
        let validator = if transient.is_delegated() { validator() } else { None };
        let Some(ValidatorStake { delegation, is_usable: true }) = validator else { return TransientStep::Count };
        if !delegation.is_delegated() {
            // After DeactivateDelinquent, the two accounts can never be merged.
            TransientStep::Deactivate
        } else if is_before(transient)
            && is_before(&delegation)
            && transient.voter == delegation.voter
            && history.is_warmed_up(transient, epoch)
            && history.is_warmed_up(&delegation, epoch)
        {
            TransientStep::ToValidator
        } else {
            TransientStep::Count
        }
    }

    /// Whether an update in `epoch` merges the validator stake account of a removed validator into the reserve.
    #[inline(always)]
    pub fn takes_back(&self, epoch: u64, status: StakeStatus, validator: &Delegation) -> bool {
        matches!(status, StakeStatus::DeactivatingValidator | StakeStatus::DeactivatingAll)
            && !self.counts_only()
            && validator.is_inactive(epoch)
            && self.is_cooled_down(validator, epoch)
    }

    /// Whether the stake program regards deactivated stake as inactive.
    fn is_cooled_down(&self, delegation: &Delegation, epoch: u64) -> bool {
        match self {
            Self::Isolated(history) => history.is_cooled_down(delegation, epoch), // guard: cooled-down
            Self::Nothing | Self::Attempted => true,
        }
    }
}
