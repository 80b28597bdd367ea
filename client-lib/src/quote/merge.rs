//! The stake program's rules for merges of stake accounts.

use {
    super::activation::activation_status,
    crate::pool::Environment,
    solana_account::Account,
    solana_stake_interface::{
        error::StakeError,
        state::{Delegation, Meta, StakeStateV2},
    },
};

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
    pub(super) const fn name(&self) -> &'static str {
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
