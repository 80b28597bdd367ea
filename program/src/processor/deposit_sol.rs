//! `DepositSol` and `DepositSolWithSlippage`.

use {
    crate::{
        cpi::transfer,
        event::Funds,
        validation::{Pool, check_system_program, current_epoch},
    },
    pinocchio::{AccountView, Address, ProgramResult},
    tidepool_core::{
        maths::{Lamports, PoolTokens},
        quote,
    },
    tidepool_interface::{
        StakePoolError,
        instruction::{DepositSolAccounts, tag},
    },
};

#[inline(never)]
pub fn process(
    program_id: &Address,
    accounts: &[AccountView],
    lamports: Lamports,
    minimum: Option<PoolTokens>,
) -> ProgramResult {
    let accounts = DepositSolAccounts::of(accounts)?;
    let epoch = current_epoch()?;
    let mut pool = Pool::load(program_id, accounts.pool)?;
    let authority = pool.check_withdraw_authority(accounts.withdraw_authority)?;
    pool.check_sol_deposit_authority(accounts.sol_deposit_authority)?;
    pool.check_mint(accounts.pool_mint)?;
    pool.check_reserve(accounts.reserve_stake)?;
    let token = pool.check_token_program(accounts.token_program, accounts.pool_mint)?;
    check_system_program(accounts.system_program)?;
    pool.check_manager_fee_address(accounts.manager_fee_account)?;
    pool.check_fresh(epoch)?; // guard: deposit-sol-fresh
    let charge = pool.check_sol_deposit(epoch, lamports)?;

    // guard: deposit-sol-quote
    let quote = {
        let view = pool.view();
        let lamports = lamports.checked_sub(charge).ok_or(StakePoolError::CalculationFailure)?;
        quote::sol_deposit(&pool.rate(), &view.sol_deposit_fee(), view.sol_referral_fee(), lamports)
            .and_then(|quote| quote.check_minimum(minimum))
            .map_err(StakePoolError::from)?
    };
    pool.check_supply_floor(quote.minted)?;
    let mut funds = Funds::before(&pool, epoch, tag::DEPOSIT_SOL).reserve_before(accounts.reserve_stake);
    transfer(accounts.lamports_from, accounts.reserve_stake, lamports.get())?;
    let receivers = [accounts.pool_tokens_to, accounts.manager_fee_account, accounts.referrer_fee_account];
    authority.mint_deposit(token, &quote, receivers)?;
    pool.store_deposit(lamports, quote.minted)?;
    funds.reserve_after(accounts.reserve_stake);
    funds.emit(&pool);
    Ok(())
}
