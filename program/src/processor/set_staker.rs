//! `SetStaker`.

use {
    crate::validation::Pool,
    pinocchio::{AccountView, Address, ProgramResult},
    tidepool_interface::{StakePoolError::SignatureMissing, instruction::SetStakerAccounts},
};

#[inline(never)]
pub fn process(program_id: &Address, accounts: &[AccountView]) -> ProgramResult {
    let accounts = SetStakerAccounts::load(&mut accounts.iter().copied())?;
    let mut pool = Pool::load(program_id, &accounts.pool)?;
    let authority = &accounts.staker_or_manager;
    if pool.check_staker(authority).is_err() && pool.check_manager(authority).is_err() {
        return Err(SignatureMissing.into());
    }
    pool.state.head.staker = *accounts.new_staker.address();
    pool.store()
}
