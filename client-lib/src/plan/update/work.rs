//! Cost of a validator's update.

use {
    crate::{
        compute, logs,
        pool::{PoolSnapshot, Validator},
    },
    solana_account::Account,
    tidepool_interface::external::stake::{Delegation, StakeState},
};

/// Upper bound of the work that the program does to update one validator, as far as the snapshot shows.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Work {
    /// PDA searches for addresses whose bump the record does not hold.
    searches: u32,
    /// Merges of stake accounts.
    merges: u32,
    /// Withdrawals of undelegated lamports.
    sweeps: u32,
}

impl Work {
    /// The work of a record whose accounts are passed read-only.
    pub(super) fn counting(validator: &Validator) -> Self {
        let (moves, extension) = (validator.has_transient_stake(), &validator.record.extension);
        let searches =
            u32::from(extension.validator_bump().is_none()) + u32::from(moves && extension.transient_bump().is_none());
        Self { searches, ..Self::default() }
    }

    pub(super) fn of(snapshot: &PoolSnapshot, validator: &Validator) -> Self {
        let record = validator.record;
        let moves = validator.has_transient_stake();
        let transient_merges = moves && transient_may_merge(snapshot, validator);
        let validator_merges = !record.is_active() || is_undelegated(validator.validator_stake());
        // Stake that is merged into the validator's account brings the rent of its own account.
        let arrives = transient_merges && record.is_active() && !is_deactivating(validator);
        let is_swept = may_be_swept(snapshot, validator) || arrives;
        Self {
            merges: u32::from(transient_merges) + u32::from(validator_merges),
            sweeps: u32::from(is_swept)
                + u32::from(moves && !transient_merges && transient_may_be_swept(snapshot, validator)),
            ..Self::counting(validator)
        }
    }

    pub(super) const fn log_bytes(&self) -> u32 {
        logs::STAKE_MERGE * self.merges + logs::STAKE_CALL * self.sweeps
    }

    /// Calls of the stake program.
    pub(super) const fn calls(&self) -> u32 {
        self.merges + self.sweeps
    }

    pub(super) const fn compact_units(&self) -> u32 {
        compute::COMPACT_RECORD
            + compute::COMPACT_SEARCH * self.searches
            + compute::COMPACT_MERGE * self.merges
            + compute::COMPACT_SWEEP * self.sweeps
    }
}

/// Whether the transient stake can be mergeable. An unread account can be.
fn transient_may_merge(snapshot: &PoolSnapshot, validator: &Validator) -> bool {
    validator.transient_delegation().is_none_or(|(_, delegation)| {
        let epoch = snapshot.epoch();
        delegation.is_inactive(epoch) || delegation.is_delegated() && delegation.activation_epoch.get() < epoch
    })
}

/// Whether a remaining transient account may hold undelegated lamports. An unread account counts as merged, which costs
/// more.
fn transient_may_be_swept(snapshot: &PoolSnapshot, validator: &Validator) -> bool {
    let (Some(account), Some((meta, delegation))) = (validator.transient_stake(), validator.transient_delegation())
    else {
        return false;
    };
    let rent = snapshot.environment().stake_rent().max(meta.rent_exempt_reserve.get());
    snapshot.is_extended() && account.lamports > delegation.stake.get().saturating_add(rent)
}

/// Whether the transient stake goes to the reserve. If unknown, it may go to the validator.
fn is_deactivating(validator: &Validator) -> bool {
    let extension = &validator.record.extension;
    let recorded = extension.transient_bump().is_some() && extension.is_deactivating();
    let is_deactivated = |delegation: &Delegation| !delegation.is_delegated();
    validator.transient_delegation().map_or(recorded, |(_, delegation)| is_deactivated(delegation))
}

pub(super) fn is_undelegated(account: Option<&Account>) -> bool {
    account.is_some_and(|account| matches!(StakeState::decode(&account.data), Ok(StakeState::Initialized(_))))
}

/// Whether the validator's stake account may hold undelegated lamports: tips, a donation. An unread account may.
fn may_be_swept(snapshot: &PoolSnapshot, validator: &Validator) -> bool {
    if validator.accounts.is_none() {
        return true;
    }
    let (Some(account), Some((meta, delegation))) = (validator.validator_stake(), validator.delegation()) else {
        return false;
    };
    let rent = snapshot.environment().stake_rent().max(meta.rent_exempt_reserve.get());
    account.lamports > delegation.stake.get().saturating_add(rent)
}
