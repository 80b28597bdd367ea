//! `SetStaker`.

use {
    crate::{event::emit_authority, validation::Pool},
    pinocchio::{AccountView, Address, ProgramResult},
    tidepool_interface::{StakePoolError::SignatureMissing, event::Authority, instruction::SetStakerAccounts},
};

#[inline(never)]
pub fn process(program_id: &Address, accounts: &[AccountView]) -> ProgramResult {
    let accounts = SetStakerAccounts::of(accounts)?;
    let mut pool = Pool::load(program_id, accounts.pool)?;
    let authority = accounts.staker_or_manager;
    // guard: staker-authority
    if pool.check_staker(authority).is_err() && pool.check_manager(authority).is_err() {
        return Err(SignatureMissing.into());
    }
    let new = accounts.new_staker.address();
    let old = core::mem::replace(&mut pool.view_mut().head_mut().staker, *new);
    emit_authority(&pool, Authority::Staker, &old, new)
}
