//! `SetStaker`.

use {
    crate::{
        event::emit_authority,
        validation::{Pool, announced_value},
    },
    pinocchio::{AccountView, Address, ProgramResult},
    tidepool_interface::{
        StakePoolError::SignatureMissing, event::Authority, instruction::SetStakerAccounts, state::AnnouncementKind,
    },
};

#[inline(never)]
pub fn process(program_id: &Address, accounts: &[AccountView]) -> ProgramResult {
    let accounts = SetStakerAccounts::of(accounts)?;
    let mut pool = Pool::load(program_id, accounts.pool)?;
    let authority = accounts.staker_or_manager;
    let is_staker = pool.check_staker(authority).is_ok();
    // guard: staker-authority
    if !is_staker && pool.check_manager(authority).is_err() {
        return Err(SignatureMissing.into());
    }
    let new = accounts.new_staker.address();
    // The staker may hand over itself at once.
    // guard: manager-announces-staker
    if !is_staker && !pool.may_change(AnnouncementKind::Staker, || announced_value([new.as_ref()]))? {
        return Ok(());
    }
    let old = core::mem::replace(&mut pool.view_mut().head_mut().staker, *new);
    emit_authority(&pool, Authority::Staker, &old, new)
}
