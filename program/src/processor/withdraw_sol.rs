//! `WithdrawSol` and `WithdrawSolWithSlippage`.

use {
    crate::{
        cpi::{BurnAndFee, StakeSysvars, burn_and_transfer},
        event::Funds,
        validation::{Pool, Rent, check_left_in_reserve, check_stake_program, epoch_from},
    },
    pinocchio::{AccountView, Address, ProgramResult},
    tidepool_core::{
        maths::{Lamports, PoolTokens},
        quote,
    },
    tidepool_interface::{
        StakePoolError::{self, SolWithdrawalTooLarge},
        instruction::{WithdrawSolAccounts, tag},
    },
};

#[inline(never)]
pub fn process(
    program_id: &Address,
    accounts: &[AccountView],
    pool_tokens: PoolTokens,
    minimum: Option<Lamports>,
) -> ProgramResult {
    let accounts = WithdrawSolAccounts::of(accounts)?;
    let rent = Rent::get()?;
    let mut pool = Pool::load(program_id, accounts.pool)?;
    let authority = pool.check_withdraw_authority(accounts.withdraw_authority)?;
    pool.check_sol_withdraw_authority(accounts.sol_withdraw_authority)?;
    let decimals = pool.check_mint(accounts.pool_mint)?;
    let reserve = accounts.reserve_stake;
    pool.check_reserve(reserve)?;
    let token = pool.check_token_program(accounts.token_program, accounts.pool_mint)?;
    check_stake_program(accounts.stake_program)?;
    pool.check_manager_fee_address(accounts.manager_fee_account)?;
    let epoch = epoch_from(accounts.clock)?;
    pool.check_fresh(epoch)?;
    pool.check_not_halted(epoch)?;

    let (holder_tokens, manager_tokens) = (accounts.pool_tokens_from, accounts.manager_fee_account);
    // guard: withdraw-sol-without-fee
    let is_exempt = holder_tokens.address() == manager_tokens.address() || !pool.can_pay_manager(manager_tokens);
    let fee = (!is_exempt).then(|| pool.view().sol_withdrawal_fee());
    // guard: withdraw-sol-minimum
    let quote = quote::withdrawal(&pool.rate(), fee.as_ref(), pool_tokens)
        .and_then(|quote| quote.check_minimum(minimum))
        .map_err(StakePoolError::from)?;
    let reserve_rent = rent.of(reserve); // guard: withdraw-sol-rent
    let reserved_lamports = pool.reserved_lamports(reserve_rent); // guard: withdraw-sol-leaves-rents
    // guard: withdraw-sol-leaves-reserve
    check_left_in_reserve(reserve, quote.lamports.get(), reserve_rent, reserved_lamports, SolWithdrawalTooLarge)?;

    let mut funds = Funds::before(&pool, epoch, tag::WITHDRAW_SOL).reserve_before(reserve);
    let holder = accounts.user_transfer_authority;
    let amounts = BurnAndFee { burnt: quote.burnt.get(), fee: quote.fee.get() };
    burn_and_transfer(token, holder_tokens, manager_tokens, holder, amounts, decimals)?;
    let sysvars = StakeSysvars { clock: accounts.clock, history: accounts.stake_history };
    authority.withdraw(reserve, accounts.lamports_to, quote.lamports.get(), sysvars)?;
    pool.store_withdrawal(quote.lamports, quote.burnt)?;
    funds.reserve_after(reserve);
    funds.emit(&pool);
    Ok(())
}
