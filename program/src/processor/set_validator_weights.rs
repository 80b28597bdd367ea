//! `SetValidatorWeights`.

use {
    crate::{
        event::emit,
        validation::{Pool, check_owner, current_epoch, current_slot},
    },
    pinocchio::{AccountView, Address, ProgramResult},
    tidepool_interface::{
        ExtensionError::{EntryMoved, NotExtended, WeightOfRemovedValidator},
        event::{Change, WeightsEvent},
        instruction::{SetValidatorWeightsAccounts, WEIGHTS_PAUSE_SLOTS, WeightEntry},
        state::{PoolExtension, ValidatorListMut},
    },
};

#[inline(never)]
pub fn process(program_id: &Address, accounts: &[AccountView], more: bool, weights: &[WeightEntry]) -> ProgramResult {
    let mut accounts = SetValidatorWeightsAccounts::load(&mut accounts.iter().copied())?;
    let pool = Pool::load(program_id, &accounts.pool)?;
    pool.extension_policy()?;
    pool.check_staker(&accounts.staker)?; // guard: weights-staker
    pool.check_validator_list(&accounts.validator_list)?;
    check_owner(&accounts.validator_list, program_id)?;
    let mut list_data = accounts.validator_list.try_borrow_mut()?;
    let mut list = ValidatorListMut::decode(&mut list_data)?;
    let (mut old, mut new) = (0u64, 0u64);
    for entry in weights {
        let record = list.records().get_mut(entry.index.get() as usize).ok_or(EntryMoved)?;
        // guard: weights-entry
        if !entry.is_for(record) {
            return Err(EntryMoved.into());
        }
        if entry.weight.get() > 0 && !record.is_active() {
            return Err(WeightOfRemovedValidator.into());
        }
        // An instruction has too few weights of 16 bits for an overflow.
        old = old.saturating_add(u64::from(record.extension.weight.get()));
        new = new.saturating_add(u64::from(entry.weight.get()));
        record.extension.weight = entry.weight;
    }
    let paused_until = if more { current_slot()?.saturating_add(WEIGHTS_PAUSE_SLOTS) } else { 0 };
    let mut pool_data = accounts.pool.try_borrow_mut()?;
    let extension = PoolExtension::find_mut(&mut pool_data).ok_or(NotExtended)?;
    // An unchanged value is not written: whether the runtime accepts such a write to a read-only pool depends on feature gates.
    if extension.paused_until_slot.get() != paused_until {
        extension.paused_until_slot = paused_until.into();
    }
    // guard: had-weights
    if new > 0 && extension.had_weights == 0 {
        extension.had_weights = 1;
    }
    emit(WeightsEvent {
        pool: *pool.address(),
        epoch: current_epoch()?.into(),
        records: (weights.len() as u64).into(),
        weights: Change { old: old.into(), new: new.into() },
    });
    Ok(())
}
