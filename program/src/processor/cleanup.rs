//! `CleanupRemovedValidatorEntries`: removes the entries of removed validators without stake.

use {
    crate::{
        event::Funds,
        validation::{Pool, check_owner, current_epoch},
    },
    pinocchio::{AccountView, Address, ProgramResult},
    tidepool_interface::{
        instruction::{CleanupRemovedValidatorEntriesAccounts, tag},
        state::ValidatorListMut,
    },
};

#[inline(never)]
pub fn process(program_id: &Address, accounts: &[AccountView]) -> ProgramResult {
    let mut accounts = CleanupRemovedValidatorEntriesAccounts::of(accounts)?.copied();
    let mut pool = Pool::load(program_id, &accounts.pool)?;
    pool.check_validator_list(&accounts.validator_list)?;
    check_owner(&accounts.validator_list, program_id)?;
    let mut list_data = accounts.validator_list.try_borrow_mut()?;
    let mut list = ValidatorListMut::decode(&mut list_data)?;
    let mut funds = Funds::before(&pool, current_epoch()?, tag::CLEANUP_REMOVED_VALIDATOR_ENTRIES);
    let before = list.header().length.get();
    list.remove_ready_with(|record| funds.record_before(record));
    if list.header().length.get() < before {
        funds.emit(&pool);
    }

    // Older clients pass the pool read-only; preferred validators then stay unchanged.
    if !accounts.pool.is_writable() {
        return Ok(());
    }
    // guard: cleanup-of-preference
    pool.view_mut().unset_preferred(|vote| !list.find(vote).is_some_and(|record| record.is_active()))
}
