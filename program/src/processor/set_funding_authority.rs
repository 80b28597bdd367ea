//! `SetFundingAuthority`.

use {
    crate::validation::Pool,
    pinocchio::{AccountView, Address, ProgramResult},
    tidepool_interface::{
        address::find_deposit_authority,
        instruction::{FundingType, SetFundingAuthorityAccounts},
    },
};

#[inline(never)]
pub fn process(program_id: &Address, accounts: &[AccountView], funding_type: FundingType) -> ProgramResult {
    let accounts = SetFundingAuthorityAccounts::load(&mut accounts.iter().copied())?;
    let mut pool = Pool::load(program_id, &accounts.pool)?;
    pool.check_manager(&accounts.manager)?;
    let new_authority = accounts.new_authority.as_ref().map(|account| *account.address());
    match funding_type {
        FundingType::StakeDeposit => {
            pool.state.head.stake_deposit_authority = match new_authority {
                Some(authority) => authority,
                None => find_deposit_authority(program_id, pool.address()).0,
            };
        }
        FundingType::SolDeposit => pool.state.terms.sol_deposit_authority = new_authority,
        FundingType::SolWithdraw => pool.state.terms.sol_withdraw_authority = new_authority,
    }
    pool.store()
}
