//! Stake that an update can merge now, independent of the records' update epoch.

use {
    super::{UpdateOptions, chunk::Form, merging::Merging, merging::usable_state},
    crate::pool::{PoolSnapshot, StakeSelection, Validator},
    tidepool_interface::{
        external::{stake::StakeState, stake_history::StakeHistory},
        state::StakeStatus,
        update::{self, TransientStep, ValidatorStake},
    },
};

/// The validators whose stake an update with these options merges or deactivates in this epoch, in the list's order.
/// This covers activated or deactivated transient stake, stake of removed validators, and transient stake beside
/// deactivated validator stake. Their records can be current: an update with [`UpdateOptions::no_merge`] is
/// permissionless, too.
///
/// Only validators whose stake accounts the snapshot holds are included: read [`StakeSelection::Transient`].
pub fn mergeable<'a>(snapshot: &'a PoolSnapshot, options: &UpdateOptions) -> Vec<Validator<'a>> {
    let is_candidate = |validator: &Validator| StakeSelection::Transient.includes(validator.record);
    if options.no_merge || !snapshot.records().iter().any(|record| StakeSelection::Transient.includes(record)) {
        return vec![];
    }
    let history = bincode::serialize(&snapshot.environment().stake_history).unwrap_or_default();
    let Ok(history) = StakeHistory::decode(&history) else { return vec![] };
    let form = options.form(snapshot);
    let rule = match form {
        Form::Spl => update::Merging::Attempted,
        Form::Compact => update::Merging::Isolated(&history),
    };
    let is_wanted = |validator: &Validator| match form {
        Form::Spl => Merging::of(snapshot, validator, options) == Merging::Merge,
        Form::Compact => true,
    };
    let is_mergeable = |validator: &Validator| {
        moves_transient_stake(snapshot, validator, &rule) || takes_back_stake(snapshot, validator, &rule)
    };
    snapshot
        .validators()
        .filter(|validator| is_candidate(validator) && is_wanted(validator) && is_mergeable(validator))
        .collect()
}

fn moves_transient_stake(snapshot: &PoolSnapshot, validator: &Validator, rule: &update::Merging) -> bool {
    if !validator.has_transient_stake() {
        return false;
    }
    match validator.transient_stake().and_then(|account| usable_state(snapshot, account)) {
        Some(StakeState::Initialized(_)) => true,
        Some(StakeState::Stake(_, transient)) => {
            let is_active = validator.status() == Some(StakeStatus::Active);
            let beside = || {
                let (_, delegation) = validator.delegation()?;
                let is_usable = usable_state(snapshot, validator.validator_stake()?).is_some();
                Some(ValidatorStake { delegation: *delegation, is_usable })
            };
            rule.transient_step(snapshot.epoch(), is_active, transient, beside) != TransientStep::Count
        }
        _ => false,
    }
}

fn takes_back_stake(snapshot: &PoolSnapshot, validator: &Validator, rule: &update::Merging) -> bool {
    match validator.validator_stake().and_then(|account| usable_state(snapshot, account)) {
        Some(StakeState::Initialized(_)) => true,
        Some(StakeState::Stake(_, delegation)) => {
            validator.status().is_some_and(|status| rule.takes_back(snapshot.epoch(), status, delegation))
        }
        _ => false,
    }
}
