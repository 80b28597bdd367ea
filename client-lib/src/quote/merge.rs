//! The stake program's rules for merges of stake accounts.

use {
    super::{StakeCondition, StakeWithdrawalQuote, WithdrawFrom},
    crate::{
        error::PlanError,
        pool::{Environment, PoolSnapshot},
    },
    solana_account::Account,
    solana_address::Address,
    solana_stake_interface::{
        error::StakeError,
        stake_history::{StakeHistory, StakeHistoryEntry},
        state::{Authorized, Delegation, Lockup, Meta, StakeStateV2},
    },
    tidepool_core::withdrawal::StakeSource,
};

/// The first epoch of the current warm-up rate: 0 on every current cluster.
const NEW_RATE_ACTIVATION_EPOCH: Option<u64> = Some(0);

/// State of a stake account for a merge.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MergeKind {
    /// Undelegated, or fully deactivated.
    Inactive {
        /// Lamports of the account.
        lamports: u64,
    },
    /// Delegated in this epoch, and not effective yet.
    Activating {
        /// Delegated lamports.
        stake: u64,
        /// Rent-exempt reserve in the account's meta, in lamports.
        rent_exempt_reserve: u64,
    },
    /// Fully active.
    Active {
        /// Delegated lamports.
        stake: u64,
    },
}

impl MergeKind {
    const fn name(&self) -> &'static str {
        match self {
            Self::Inactive { .. } => "inactive",
            Self::Activating { .. } => "activating",
            Self::Active { .. } => "active",
        }
    }
}

/// The state of a stake account for a merge in the current epoch.
///
/// # Errors
/// `MergeTransientStake` if the stake is partly activated or deactivated; `MergeMismatch` if the account is
/// uninitialized.
pub fn merge_kind(account: &Account, environment: &Environment) -> Result<MergeKind, StakeError> {
    let lamports = account.lamports;
    match bincode::deserialize(&account.data) {
        Ok(StakeStateV2::Initialized(_)) => Ok(MergeKind::Inactive { lamports }),
        Ok(StakeStateV2::Stake(meta, stake, _)) => delegated_kind(&meta, &stake.delegation, lamports, environment),
        Ok(StakeStateV2::Uninitialized | StakeStateV2::RewardsPool) | Err(_) => Err(StakeError::MergeMismatch),
    }
}

/// Effective, activating and deactivating lamports of a delegation in `epoch`.
pub(crate) fn activation_status(delegation: &Delegation, epoch: u64, history: &StakeHistory) -> StakeHistoryEntry {
    delegation.stake_activating_and_deactivating_v2(epoch, history, NEW_RATE_ACTIVATION_EPOCH)
}

#[expect(deprecated, reason = "live rent plays no part here: the stake program merges by this field")]
fn delegated_kind(
    meta: &Meta,
    delegation: &Delegation,
    lamports: u64,
    environment: &Environment,
) -> Result<MergeKind, StakeError> {
    let status = activation_status(delegation, environment.epoch(), &environment.stake_history);
    match (status.effective, status.activating, status.deactivating) {
        (0, 0, 0) => Ok(MergeKind::Inactive { lamports }),
        (0, _, _) => {
            Ok(MergeKind::Activating { stake: delegation.stake, rent_exempt_reserve: meta.rent_exempt_reserve })
        }
        (_, 0, 0) => Ok(MergeKind::Active { stake: delegation.stake }),
        _ => Err(StakeError::MergeTransientStake),
    }
}

/// Lamports that a merge of `source` adds to the delegation of `destination`.
///
/// # Errors
/// `MergeMismatch` if the stake program does not merge them.
pub fn merged_delegation(destination: &MergeKind, source: &MergeKind) -> Result<u64, StakeError> {
    match (destination, source) {
        (MergeKind::Inactive { .. }, MergeKind::Inactive { .. } | MergeKind::Activating { .. }) => Ok(0),
        (MergeKind::Activating { .. }, MergeKind::Inactive { lamports }) => Ok(*lamports),
        (MergeKind::Activating { .. }, MergeKind::Activating { stake, rent_exempt_reserve }) => {
            stake.checked_add(*rent_exempt_reserve).ok_or(StakeError::InsufficientStake)
        }
        (MergeKind::Active { .. }, MergeKind::Active { stake }) => Ok(*stake),
        _ => Err(StakeError::MergeMismatch),
    }
}

/// Checks that stake withdrawn by `quote` can be merged into the stake account `destination` at `address`. `authority`
/// is staker and withdrawer of the new account. Returns the condition of the merged stake.
///
/// # Errors
/// Refusals `MergeMismatch` and `MergeTransientStake` of the stake program; [`PlanError::StakeAccountsNotRead`].
pub fn check_withdrawn_merge(
    snapshot: &PoolSnapshot,
    quote: &StakeWithdrawalQuote,
    authority: &Address,
    (address, destination): (&Address, &Account),
) -> Result<StakeCondition, PlanError> {
    let environment = snapshot.environment();
    let mismatch = |what: String| {
        let advice = "withdraw into another stake account, or into a new one";
        PlanError::refused(StakeError::MergeMismatch, format!("stake account {address} {what}: {advice}"))
    };
    let source = match quote.from {
        WithdrawFrom::Reserve => &snapshot.accounts().reserve_stake,
        WithdrawFrom::Validator(vote) => {
            let missing = PlanError::StakeAccountsNotRead { vote };
            let validator = snapshot.validator(&vote).ok_or(missing.clone())?;
            let transient = validator.transient_stake().filter(|_| quote.source == Some(StakeSource::Transient));
            transient.or_else(|| validator.validator_stake()).ok_or(missing)?
        }
    };
    let state = |account: &Account| match bincode::deserialize(&account.data) {
        Ok(StakeStateV2::Initialized(meta)) => Some((meta, None)),
        Ok(StakeStateV2::Stake(meta, stake, _)) => Some((meta, Some(stake.delegation.voter_pubkey))),
        Ok(StakeStateV2::Uninitialized | StakeStateV2::RewardsPool) | Err(_) => None,
    };
    let (into, into_vote) = state(destination).ok_or_else(|| mismatch("is not initialized".into()))?;
    let (from, from_vote) = state(source).ok_or_else(|| mismatch("cannot be merged with stake of the pool".into()))?;
    if into.authorized != Authorized::auto(authority) {
        let Authorized { staker, withdrawer } = into.authorized;
        let what = format!("has staker {staker} and withdrawer {withdrawer}, and the withdrawn stake has {authority}");
        return Err(mismatch(what));
    }
    let in_force = |lockup: &Lockup| lockup.is_in_force(&environment.clock, None);
    if into.lockup != from.lockup && (in_force(&into.lockup) || in_force(&from.lockup)) {
        return Err(mismatch("has a lockup that the withdrawn stake does not have".into()));
    }
    let kind = |account, whose: &str| {
        merge_kind(account, environment).map_err(|error| {
            let what = format!("{whose} is partly activating or deactivating");
            PlanError::refused(error, format!("{what}, and cannot be merged: retry in the next epoch"))
        })
    };
    let into_kind = kind(destination, &format!("the stake of account {address}"))?;
    let from_kind = kind(source, "the withdrawn stake")?;
    merged_delegation(&into_kind, &from_kind).map_err(|_| {
        mismatch(format!("has {} stake, and the withdrawn stake is {}", into_kind.name(), from_kind.name()))
    })?;
    let is_delegated = |kind: &MergeKind| !matches!(kind, MergeKind::Inactive { .. });
    if is_delegated(&into_kind) && is_delegated(&from_kind) && into_vote != from_vote {
        let [into, from] = [into_vote, from_vote].map(Option::unwrap_or_default);
        return Err(mismatch(format!("is delegated to {into}, and the withdrawn stake to {from}")));
    }
    StakeCondition::of(destination, environment).ok_or_else(|| mismatch("is not initialized".into()))
}
