//! `SetPreferredValidator`.

use {
    crate::validation::{Pool, check_owner},
    pinocchio::{AccountView, Address, ProgramResult},
    tidepool_interface::{
        StakePoolError::{InvalidPreferredValidator, ValidatorNotFound},
        instruction::{PreferredValidatorType, SetPreferredValidatorAccounts},
        state::{find_record, split_validator_list},
    },
};

#[inline(never)]
pub fn process(
    program_id: &Address,
    accounts: &[AccountView],
    validator_type: PreferredValidatorType,
    vote: Option<Address>,
) -> ProgramResult {
    let accounts = SetPreferredValidatorAccounts::of(accounts)?;
    check_owner(accounts.pool, program_id)?;
    check_owner(accounts.validator_list, program_id)?;
    let mut pool = Pool::load(program_id, accounts.pool)?;
    pool.check_staker(accounts.staker)?;
    pool.check_validator_list(accounts.validator_list)?;
    let list_data = accounts.validator_list.try_borrow()?;
    let (_, records) = split_validator_list(&list_data)?;
    // guard: preferred-in-list
    if let Some(vote) = &vote {
        let record = find_record(records, vote).and_then(|place| records.get(place)).ok_or(ValidatorNotFound)?;
        // guard: preferred-is-active
        if !record.is_active() {
            return Err(InvalidPreferredValidator.into());
        }
    }
    let mut view = pool.view_mut();
    match validator_type {
        PreferredValidatorType::Deposit => view.set_preferred_deposit(vote.as_ref()),
        PreferredValidatorType::Withdraw => view.set_preferred_withdraw(vote.as_ref()),
    }
}
