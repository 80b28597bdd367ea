//! `UpdateStakePoolBalance`: sums up the pool, pays the manager's fee on rewards and sets the rate for the epoch.

use {
    crate::{
        event::Funds,
        validation::{Pool, Rent, check_owner, current_epoch},
    },
    pinocchio::{AccountView, Address, ProgramResult, error::ProgramError},
    tidepool_interface::{
        StakePoolError::{CalculationFailure, StakeListOutOfDate},
        external::token::Mint,
        instruction::{UpdateStakePoolBalanceAccounts, tag},
        state::{StakePool, ValidatorStakeInfo, split_validator_list},
    },
};

#[inline(never)]
pub fn process(program_id: &Address, accounts: &[AccountView]) -> ProgramResult {
    let accounts = UpdateStakePoolBalanceAccounts::load(&mut accounts.iter().copied())?;
    let epoch = current_epoch()?;
    let rent = Rent::get()?;
    let mut pool = Pool::load(program_id, &accounts.pool)?;
    pool.check_mint(&accounts.pool_mint)?;
    let authority = pool.check_withdraw_authority(&accounts.withdraw_authority)?;
    let reserve = &accounts.reserve_stake;
    pool.check_reserve(reserve)?;
    pool.check_manager_fee_address(&accounts.manager_fee_account)?;
    pool.check_validator_list(&accounts.validator_list)?;
    let token = pool.check_token_program(&accounts.token_program, &accounts.pool_mint)?;
    check_owner(&accounts.validator_list, program_id)?;

    let total_lamports = {
        let list_data = accounts.validator_list.try_borrow()?;
        let (_, records) = split_validator_list(&list_data)?;
        // Rent may have risen above what the reserve holds.
        let in_reserve = reserve.lamports().saturating_sub(rent.of(reserve));
        add_stake(in_reserve, records, epoch)?
    };
    let mut funds = Funds::before(&pool, epoch, tag::UPDATE_STAKE_POOL_BALANCE).reserve_before(reserve);
    let rate = pool.rate();
    let reward = total_lamports.saturating_sub(rate.total_lamports);
    let fee = if pool.can_pay_manager(&accounts.manager_fee_account) {
        rate.epoch_fee(&pool.state.head.epoch_fee.get(), reward).ok_or(CalculationFailure)?
    } else {
        0
    };
    if fee > 0 {
        authority.mint_to(token, &accounts.manager_fee_account, fee)?;
    }
    if pool.state.head.is_stale(epoch) {
        turn_epoch(&mut pool.state, epoch);
    }
    pool.state.head.total_lamports.set(total_lamports);
    // The mint knows of tokens that holders burnt by themselves.
    pool.state.head.pool_token_supply.set(Mint::decode(&accounts.pool_mint.try_borrow()?)?.supply);
    pool.store()?;
    funds.reserve_after(reserve);
    funds.emit(&pool);
    Ok(())
}

/// Adds the lamports of all records, whatever their status: removed stake still belongs to the holders.
fn add_stake(mut lamports: u64, records: &[ValidatorStakeInfo], epoch: u64) -> Result<u64, ProgramError> {
    for record in records {
        if record.last_update_epoch.get() < epoch {
            return Err(StakeListOutOfDate.into());
        }
        lamports = lamports.checked_add(record.stake_lamports()?).ok_or(CalculationFailure)?;
    }
    Ok(lamports)
}

/// Passes into `epoch`: pending fees move up, after the reward was taxed at the old one.
fn turn_epoch(state: &mut StakePool, epoch: u64) {
    let rate = state.head.exchange_rate();
    let terms = &mut state.terms;
    if let Some(fee) = terms.next_epoch_fee.advance() {
        state.head.epoch_fee = fee.into();
    }
    if let Some(fee) = terms.next_stake_withdrawal_fee.advance() {
        terms.stake_withdrawal_fee = fee;
    }
    if let Some(fee) = terms.next_sol_withdrawal_fee.advance() {
        terms.sol_withdrawal_fee = fee;
    }
    state.head.last_update_epoch.set(epoch);
    terms.last_epoch_total_lamports = rate.total_lamports;
    terms.last_epoch_pool_token_supply = rate.pool_token_supply;
}
