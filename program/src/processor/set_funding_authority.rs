//! `SetFundingAuthority`.

use {
    crate::{event::emit_authority, hash::PdaHasher, validation::Pool},
    pinocchio::{AccountView, Address, ProgramResult},
    tidepool_interface::{
        address::DEPOSIT_AUTHORITY_SEED,
        event::Authority,
        instruction::{FundingType, SetFundingAuthorityAccounts},
    },
};

#[inline(never)]
pub fn process(program_id: &Address, accounts: &[AccountView], funding_type: FundingType) -> ProgramResult {
    let accounts = SetFundingAuthorityAccounts::of(accounts)?;
    let mut pool = Pool::load(program_id, accounts.pool)?;
    pool.check_manager(accounts.manager)?;
    let new = accounts.new_authority.map(AccountView::address);
    match funding_type {
        FundingType::StakeDeposit => {
            let new = match new {
                Some(authority) => *authority,
                None => PdaHasher::new(program_id, pool.address(), DEPOSIT_AUTHORITY_SEED).find()?,
            };
            let old = core::mem::replace(&mut pool.view_mut().head_mut().stake_deposit_authority, new);
            emit_authority(&pool, Authority::StakeDeposit, &old, &new)
        }
        FundingType::SolDeposit => {
            if !pool.is_extended() {
                return pool.view_mut().set_sol_deposit_authority(new);
            }
            let old = pool.view().sol_deposit_authority().copied().unwrap_or_default();
            pool.view_mut().set_sol_deposit_authority(new)?;
            emit_authority(&pool, Authority::SolDeposit, &old, &new.copied().unwrap_or_default())
        }
        FundingType::SolWithdraw => {
            if !pool.is_extended() {
                return pool.view_mut().set_sol_withdraw_authority(new);
            }
            let old = pool.view().sol_withdraw_authority().copied().unwrap_or_default();
            pool.view_mut().set_sol_withdraw_authority(new)?;
            emit_authority(&pool, Authority::SolWithdraw, &old, &new.copied().unwrap_or_default())
        }
    }
}
