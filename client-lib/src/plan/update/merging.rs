//! Whether an update can merge a validator's stake. A merge that the stake program refuses fails the whole instruction.

use {
    super::UpdateOptions,
    crate::{
        pool::{Environment, PoolSnapshot, Validator},
        quote::{MergeKind, merge_kind, merged_delegation},
    },
    solana_account::Account,
    tidepool_interface::{
        external::stake::{Delegation, StakeState},
        state::StakeStatus,
    },
};

/// How an update treats a validator's transient stake.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Merging {
    /// There is nothing to merge.
    Either,
    /// Merge it.
    Merge,
    /// Count it without merging: a merge would fail.
    Skip,
}

impl Merging {
    /// The common treatment of two validators in one instruction; `None` if they differ.
    pub(super) fn with(self, other: Self) -> Option<Self> {
        match (self, other) {
            (Self::Either, other) => Some(other),
            (this, Self::Either) => Some(this),
            (this, other) => (this == other).then_some(this),
        }
    }

    /// The treatment of `validator`. If its stake accounts were not read, the first update in an epoch is expected to
    /// find mergeable stake, later ones none.
    pub(super) fn of(snapshot: &PoolSnapshot, validator: &Validator, options: &UpdateOptions) -> Self {
        let environment = snapshot.environment();
        if options.no_merge || options.no_merge_for.contains(&validator.vote()) {
            Self::Skip
        } else if validator.record.is_active() && !validator.has_transient_stake() {
            Self::Either
        } else if validator.accounts.is_some() {
            let fails = transient_merge_fails(snapshot, validator) || validator_merge_fails(snapshot, validator);
            if fails { Self::Skip } else { Self::Merge }
        } else if validator.is_stale(environment.epoch()) {
            Self::Merge
        } else {
            Self::Skip
        }
    }
}

/// The state of a stake account with the pool's authorities and lockup.
pub(super) fn usable_state<'a>(snapshot: &PoolSnapshot, account: &'a Account) -> Option<StakeState<'a>> {
    let state = StakeState::decode(&account.data).ok()?;
    let (StakeState::Initialized(meta) | StakeState::Stake(meta, _)) = state else { return None };
    meta.is_usable_by_pool(&snapshot.withdraw_authority(), &snapshot.pool().head.lockup).then_some(state)
}

fn pool_delegation<'a>(snapshot: &PoolSnapshot, account: Option<&'a Account>) -> Option<(&'a Account, &'a Delegation)> {
    let account = account?;
    match usable_state(snapshot, account)? {
        StakeState::Stake(_, delegation) => Some((account, delegation)),
        _ => None,
    }
}

/// Whether the program would merge the transient stake and the stake program would refuse.
fn transient_merge_fails(snapshot: &PoolSnapshot, validator: &Validator) -> bool {
    let (environment, epoch) = (snapshot.environment(), snapshot.epoch());
    if !validator.has_transient_stake() {
        return false;
    }
    let Some((transient, delegation)) = pool_delegation(snapshot, validator.transient_stake()) else {
        return false;
    };
    if delegation.is_inactive(epoch) {
        return !is_inactive(transient, environment);
    }
    let (Some(stake), Some((_, stake_delegation))) = (validator.validator_stake(), validator.delegation()) else {
        return false;
    };
    let before = |delegation: &Delegation| delegation.activation_epoch.get() < epoch;
    let merges = validator.status() == Some(StakeStatus::Active) && before(delegation) && before(stake_delegation);
    let refused = || match (merge_kind(stake, environment), merge_kind(transient, environment)) {
        (Ok(destination), Ok(source)) => merged_delegation(&destination, &source).is_err(),
        _ => true,
    };
    merges && refused()
}

/// Whether the program would merge a removed validator's stake into the reserve and the stake program would refuse.
fn validator_merge_fails(snapshot: &PoolSnapshot, validator: &Validator) -> bool {
    let removed = matches!(validator.status(), Some(StakeStatus::DeactivatingValidator | StakeStatus::DeactivatingAll));
    pool_delegation(snapshot, validator.validator_stake()).is_some_and(|(stake, delegation)| {
        removed && delegation.is_inactive(snapshot.epoch()) && !is_inactive(stake, snapshot.environment())
    })
}

fn is_inactive(account: &Account, environment: &Environment) -> bool {
    matches!(merge_kind(account, environment), Ok(MergeKind::Inactive { .. }))
}
