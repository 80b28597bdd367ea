//! The stake program's rules for activation and merges.

use crate::{
    accounts::Account,
    failure::{Failure, Reason},
    snapshot::Snapshot,
};
use solana_stake_interface::{
    error::StakeError,
    stake_history::{StakeHistoryEntry, StakeHistoryGetEntry},
    state,
};
use tidepool_interface::external::{
    stake::{Delegation, StakeMeta, StakeState},
    stake_history::StakeHistory,
};

impl From<StakeError> for Failure {
    fn from(error: StakeError) -> Self {
        Self::StakeProgram(error as u32)
    }
}

struct History<'a>(StakeHistory<'a>);

impl StakeHistoryGetEntry for History<'_> {
    fn get_entry(&self, epoch: u64) -> Option<StakeHistoryEntry> {
        self.0.get(epoch).map(|entry| StakeHistoryEntry {
            effective: entry.effective.get(),
            activating: entry.activating.get(),
            deactivating: entry.deactivating.get(),
        })
    }
}

/// Effective, activating and deactivating lamports of a delegation in the current epoch.
fn activation(snapshot: &Snapshot, delegation: &Delegation) -> Result<StakeHistoryEntry, Failure> {
    let delegation = state::Delegation {
        voter_pubkey: delegation.voter,
        stake: delegation.stake.get(),
        activation_epoch: delegation.activation_epoch.get(),
        deactivation_epoch: delegation.deactivation_epoch.get(),
        ..state::Delegation::default()
    };
    let history = History(snapshot.stake_history()?);
    // The present warm-up rate holds from epoch 0 on, on every current cluster.
    Ok(delegation.stake_activating_and_deactivating_v2(snapshot.epoch(), &history, Some(0)))
}

/// State of a stake account for a merge.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MergeKind {
    /// Undelegated, or fully deactivated.
    Inactive {
        /// Lamports of the account.
        lamports: u64,
    },
    /// Delegated in this epoch.
    Activating {
        /// Delegated lamports.
        stake: u64,
        /// Rent-exempt reserve in the account's meta.
        rent_exempt_reserve: u64,
    },
    /// Fully active.
    Active {
        /// Delegated lamports.
        stake: u64,
    },
}

/// The state of a stake account for a merge in the current epoch.
///
/// # Errors
/// `MergeTransientStake`, `MergeMismatch`.
pub fn merge_kind(snapshot: &Snapshot, account: &Account) -> Result<MergeKind, Failure> {
    let lamports = account.lamports;
    let (meta, delegation) = match StakeState::decode(account.data) {
        Ok(StakeState::Initialized(_)) => return Ok(MergeKind::Inactive { lamports }),
        Ok(StakeState::Stake(meta, delegation)) => (meta, delegation),
        Ok(StakeState::Uninitialized | StakeState::RewardsPool) | Err(_) => {
            return Err(StakeError::MergeMismatch.into());
        }
    };
    let status = activation(snapshot, delegation)?;
    let stake = delegation.stake.get();
    match (status.effective, status.activating, status.deactivating) {
        (0, 0, 0) => Ok(MergeKind::Inactive { lamports }),
        (0, _, _) => Ok(MergeKind::Activating { stake, rent_exempt_reserve: meta.rent_exempt_reserve.get() }),
        (_, 0, 0) => Ok(MergeKind::Active { stake }),
        _ => Err(StakeError::MergeTransientStake.into()),
    }
}

/// Lamports that a merge of `source` adds to the delegation of `destination`.
///
/// # Errors
/// `MergeMismatch`, `InsufficientStake`.
pub fn merged_delegation(destination: &MergeKind, source: &MergeKind) -> Result<u64, Failure> {
    use MergeKind::{Activating, Active, Inactive};
    match (destination, source) {
        (Inactive { .. }, Inactive { .. } | Activating { .. }) => Ok(0),
        (Activating { .. }, Inactive { lamports }) => Ok(*lamports),
        (Activating { .. }, Activating { stake, rent_exempt_reserve }) => {
            Ok(stake.checked_add(*rent_exempt_reserve).ok_or(StakeError::InsufficientStake)?)
        }
        (Active { .. }, Active { stake }) => Ok(*stake),
        _ => Err(StakeError::MergeMismatch.into()),
    }
}

/// Meta and delegation of a stake account to deposit.
///
/// # Errors
/// [`Reason::NotAStakeAccount`], [`Reason::UninitializedStake`]; `MergeMismatch` without a delegation.
pub fn delegated<'a>(account: &Account<'a>) -> Result<(&'a StakeMeta, &'a Delegation), Failure> {
    if *account.owner != tidepool_interface::address::STAKE_PROGRAM_ID {
        return Err(Reason::NotAStakeAccount.into());
    }
    match StakeState::decode(account.data) {
        Ok(StakeState::Stake(meta, delegation)) => Ok((meta, delegation)),
        Ok(StakeState::Initialized(_)) => Err(StakeError::MergeMismatch.into()),
        Ok(StakeState::Uninitialized | StakeState::RewardsPool) | Err(_) => Err(Reason::UninitializedStake.into()),
    }
}

/// What a withdrawn part of a stake account is, and when it can be withdrawn as SOL.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Condition {
    /// 0 inactive, 1 deactivating, 2 activating, 3 active.
    pub activation: u64,
    /// The first epoch in which all of it can be SOL, if it is deactivated now.
    pub withdrawable_from_epoch: u64,
}

/// The condition of a stake account; `None` if it is not initialized.
///
/// # Errors
/// [`Reason::MissingAccount`] without the stake history.
pub fn condition(snapshot: &Snapshot, account: &Account) -> Result<Option<Condition>, Failure> {
    let epoch = snapshot.epoch();
    let status = match StakeState::decode(account.data) {
        Ok(StakeState::Initialized(_)) => {
            return Ok(Some(Condition { activation: 0, withdrawable_from_epoch: epoch }));
        }
        Ok(StakeState::Stake(_, delegation)) => activation(snapshot, delegation)?,
        _ => return Ok(None),
    };
    let activation = match (status.effective, status.activating, status.deactivating) {
        (0, 0, 0) => 0,
        (_, _, 1..) => 1,
        (_, 1.., _) => 2,
        _ => 3,
    };
    let withdrawable_from_epoch = epoch.saturating_add(u64::from(status.effective > 0));
    Ok(Some(Condition { activation, withdrawable_from_epoch }))
}
