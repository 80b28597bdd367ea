//! `SetFundingAuthority`.

use {
    crate::{event::emit_authority, validation::Pool},
    pinocchio::{AccountView, Address, ProgramResult},
    tidepool_interface::{
        address::find_deposit_authority,
        event::Authority,
        instruction::{FundingType, SetFundingAuthorityAccounts},
    },
};

#[inline(never)]
pub fn process(program_id: &Address, accounts: &[AccountView], funding_type: FundingType) -> ProgramResult {
    let accounts = SetFundingAuthorityAccounts::load(&mut accounts.iter().copied())?;
    let mut pool = Pool::load(program_id, &accounts.pool)?;
    pool.check_manager(&accounts.manager)?;
    let new_authority = accounts.new_authority.as_ref().map(|account| *account.address());
    let (authority, old, new) = match funding_type {
        FundingType::StakeDeposit => {
            let new = new_authority.unwrap_or_else(|| find_deposit_authority(program_id, pool.address()).0);
            let old = core::mem::replace(&mut pool.state.head.stake_deposit_authority, new);
            (Authority::StakeDeposit, Some(old), Some(new))
        }
        FundingType::SolDeposit => {
            let old = core::mem::replace(&mut pool.state.terms.sol_deposit_authority, new_authority);
            (Authority::SolDeposit, old, new_authority)
        }
        FundingType::SolWithdraw => {
            let old = core::mem::replace(&mut pool.state.terms.sol_withdraw_authority, new_authority);
            (Authority::SolWithdraw, old, new_authority)
        }
    };
    pool.store()?;
    emit_authority(&pool, authority, &old.unwrap_or_default(), &new.unwrap_or_default())
}
