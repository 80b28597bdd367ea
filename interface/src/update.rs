//! What an update does with a validator's stake, decided from the stake accounts' own bytes: for the program, and for clients
//! that have to know whether an update is due.

use crate::{
    external::{stake::Delegation, stake_history::StakeHistory},
    state::StakeStatus,
};

/// Which stake an update merges.
#[derive(Clone, Copy, Debug)]
pub enum Merging<'a> {
    /// None: it is counted only.
    Nothing,
    /// All whose epochs allow it. The instruction fails where the stake program refuses, as it does for stake that is only
    /// partly warmed up or cooled down: SPL behaviour.
    Attempted,
    /// What the stake program will merge by this history; the rest is counted only.
    Isolated(&'a StakeHistory<'a>),
}

/// A validator stake account beside which there is transient stake.
#[derive(Clone, Copy, Debug)]
pub struct ValidatorStake {
    /// Its delegation, now or once.
    pub delegation: Delegation,
    /// Whether it has the pool's authorities and lockup.
    pub is_usable: bool,
}

/// What an update does with transient stake.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TransientStep {
    /// Counts it: it stays where it is until a later epoch.
    Count,
    /// Merges it into the reserve.
    ToReserve,
    /// Merges it into the validator stake account.
    ToValidator,
    /// Deactivates it, since it cannot be merged into the validator stake account any more.
    Deactivate,
}

impl Merging<'_> {
    /// Whether the update only counts.
    #[inline(always)]
    pub const fn counts_only(&self) -> bool {
        matches!(self, Self::Nothing)
    }

    /// What an update in `epoch` does with delegated transient stake of the pool. `is_active` is the status of the record;
    /// `validator` reads the validator stake account, and is `None` where that is not delegated.
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
            // DeactivateDelinquent: the two will never be merged.
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

    /// Whether an update in `epoch` merges a validator's own stake into the reserve, as that of a removed validator.
    #[inline(always)]
    pub fn takes_back(&self, epoch: u64, status: StakeStatus, validator: &Delegation) -> bool {
        matches!(status, StakeStatus::DeactivatingValidator | StakeStatus::DeactivatingAll)
            && !self.counts_only()
            && validator.is_inactive(epoch)
            && self.is_cooled_down(validator, epoch)
    }

    /// Whether the stake program takes deactivated stake for inactive.
    fn is_cooled_down(&self, delegation: &Delegation, epoch: u64) -> bool {
        match self {
            Self::Isolated(history) => history.is_cooled_down(delegation, epoch),
            Self::Nothing | Self::Attempted => true,
        }
    }
}
