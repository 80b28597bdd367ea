//! `SetManager`.

use {
    crate::{
        event::emit_authority,
        validation::{Pool, check_owner},
    },
    pinocchio::{AccountView, Address, ProgramResult},
    tidepool_interface::{
        StakePoolError::{InvalidState, SignatureMissing},
        event::Authority,
        instruction::SetManagerAccounts,
        state::{AccountType, StakePool},
    },
};

#[inline(never)]
pub fn process(program_id: &Address, accounts: &[AccountView]) -> ProgramResult {
    let accounts = SetManagerAccounts::load(&mut accounts.iter().copied())?;
    let fee_account = &accounts.new_manager_fee_account;
    check_owner(&accounts.pool, program_id)?;
    // The contract looks at the fee account's owner before it looks whether the pool is one.
    let state = StakePool::decode(&accounts.pool.try_borrow()?)?;
    check_owner(fee_account, &state.head.token_program_id)?;
    if state.head.account_type != AccountType::StakePool as u8 {
        return Err(InvalidState.into());
    }
    let mut pool = Pool::load(program_id, &accounts.pool)?;
    pool.check_manager(&accounts.manager)?;
    if !accounts.new_manager.is_signer() {
        return Err(SignatureMissing.into());
    }
    pool.check_manager_fee_account(fee_account)?;
    let (old_manager, old_fee_account) = (pool.state.head.manager, pool.state.head.manager_fee_account);
    pool.state.head.manager = *accounts.new_manager.address();
    pool.state.head.manager_fee_account = *fee_account.address();
    pool.store()?;
    emit_authority(&pool, Authority::Manager, &old_manager, accounts.new_manager.address())?;
    emit_authority(&pool, Authority::ManagerFeeAccount, &old_fee_account, fee_account.address())
}
