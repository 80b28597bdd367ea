//! `SetManager`.

use {
    crate::{
        event::emit_authority,
        validation::{Pool, announced_value, check_owner},
    },
    pinocchio::{AccountView, Address, ProgramResult},
    tidepool_interface::{
        StakePoolError::SignatureMissing, event::Authority, instruction::SetManagerAccounts, state::AnnouncementKind,
    },
};

#[inline(never)]
pub fn process(program_id: &Address, accounts: &[AccountView]) -> ProgramResult {
    let accounts = SetManagerAccounts::of(accounts)?;
    let fee_account = accounts.new_manager_fee_account;
    // The SPL program checks the fee account's owner before the pool's account type.
    let mut pool = Pool::load_of_any_type(program_id, accounts.pool)?;
    check_owner(fee_account, &pool.head().token_program_id)?;
    pool.check_initialized()?;
    pool.check_manager(accounts.manager)?;
    // guard: new-manager-signs
    if !accounts.new_manager.is_signer() {
        return Err(SignatureMissing.into());
    }
    pool.check_manager_fee_account(fee_account)?; // guard: new-fee-account
    let value = || announced_value([accounts.new_manager.address().as_ref(), fee_account.address().as_ref()]);
    if !pool.may_change(AnnouncementKind::Manager, value)? {
        return Ok(());
    }
    let mut view = pool.view_mut();
    let head = view.head_mut();
    let old_manager = core::mem::replace(&mut head.manager, *accounts.new_manager.address());
    let old_fee_account = core::mem::replace(&mut head.manager_fee_account, *fee_account.address());
    emit_authority(&pool, Authority::Manager, &old_manager, accounts.new_manager.address())?;
    emit_authority(&pool, Authority::ManagerFeeAccount, &old_fee_account, fee_account.address())
}
