//! The stake program's rules for merging two stake accounts.

use {
    crate::pool::Environment,
    solana_account::Account,
    solana_stake_interface::{
        error::StakeError,
        stake_history::StakeHistoryEntry,
        state::{Delegation, Meta, StakeStateV2},
    },
};

/// The epoch from which the present warm-up rate holds: on every cluster of today, from the first.
const NEW_RATE_ACTIVATION_EPOCH: Option<u64> = Some(0);

/// What the stake program makes of an account that is to be merged.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MergeKind {
    /// Never delegated, or fully cooled down.
    Inactive {
        /// All lamports of the account.
        lamports: u64,
    },
    /// Delegated in this epoch, none of it effective yet.
    Activating {
        /// Delegated lamports.
        stake: u64,
        /// Lamports that the account's state sets aside as rent.
        rent_exempt_reserve: u64,
    },
    /// All of it effective.
    Active {
        /// Delegated lamports.
        stake: u64,
    },
}

/// Tells how a stake account can be merged in the present epoch.
///
/// # Errors
/// `MergeTransientStake` where the stake is warming up or cooling down; `MergeMismatch` where it is not in use.
pub fn merge_kind(account: &Account, environment: &Environment) -> Result<MergeKind, StakeError> {
    let lamports = account.lamports;
    match bincode::deserialize(&account.data) {
        Ok(StakeStateV2::Initialized(_)) => Ok(MergeKind::Inactive { lamports }),
        Ok(StakeStateV2::Stake(meta, stake, _)) => delegated_kind(&meta, &stake.delegation, lamports, environment),
        Ok(StakeStateV2::Uninitialized | StakeStateV2::RewardsPool) | Err(_) => Err(StakeError::MergeMismatch),
    }
}

/// Effective, activating and deactivating lamports of a delegation in the present epoch.
pub(super) fn activation_status(delegation: &Delegation, environment: &Environment) -> StakeHistoryEntry {
    delegation.stake_activating_and_deactivating_v2(
        environment.epoch(),
        &environment.stake_history,
        NEW_RATE_ACTIVATION_EPOCH,
    )
}

#[expect(deprecated, reason = "live rent plays no part here: the stake program merges by this field")]
fn delegated_kind(
    meta: &Meta,
    delegation: &Delegation,
    lamports: u64,
    environment: &Environment,
) -> Result<MergeKind, StakeError> {
    let status = activation_status(delegation, environment);
    match (status.effective, status.activating, status.deactivating) {
        (0, 0, 0) => Ok(MergeKind::Inactive { lamports }),
        (0, _, _) => {
            Ok(MergeKind::Activating { stake: delegation.stake, rent_exempt_reserve: meta.rent_exempt_reserve })
        }
        (_, 0, 0) => Ok(MergeKind::Active { stake: delegation.stake }),
        _ => Err(StakeError::MergeTransientStake),
    }
}

/// Lamports by which the delegation of `destination` grows when `source` is merged into it.
///
/// # Errors
/// `MergeMismatch` where the stake program does not merge the one into the other.
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
