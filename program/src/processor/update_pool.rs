//! `UpdateStakePoolBalance`: updates the pool's totals and exchange rate, and mints the manager's fee on rewards.

use {
    crate::{
        event::Funds,
        validation::{Pool, Rent, check_owner, current_epoch, current_time},
    },
    pinocchio::{AccountView, Address, ProgramResult, error::ProgramError},
    tidepool_core::maths::{Lamports, PoolTokens},
    tidepool_interface::{
        StakePoolError::{CalculationFailure, StakeListOutOfDate},
        external::token::Mint,
        instruction::{UpdateStakePoolBalanceAccounts, tag},
        state::{ValidatorStakeInfo, split_validator_list},
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
        let in_reserve = reserve.lamports().saturating_sub(rent.of(reserve)); // guard: reserve-below-rent
        add_stake(in_reserve, records, epoch)?
    };
    let mut funds = Funds::before(&pool, epoch, tag::UPDATE_STAKE_POOL_BALANCE).reserve_before(reserve);
    let rate = pool.rate();
    let reward = total_lamports.saturating_sub(rate.total_lamports.get()); // guard: reward
    // guard: update-pays-usable-account
    let fee = if pool.can_pay_manager(&accounts.manager_fee_account) {
        rate.epoch_fee(&pool.head().epoch_fee.get(), Lamports::new(reward)).ok_or(CalculationFailure)?.get()
    } else {
        0
    };
    if fee > 0 {
        authority.mint_to(token, &accounts.manager_fee_account, fee)?;
    }
    // guard: once-an-epoch
    if pool.head().is_stale(epoch) {
        // The fee on the reward above is that of the epoch before.
        pool.view_mut().advance_epoch(epoch)?;
    }
    // The mint's supply also reflects tokens that holders have burnt directly.
    let supply = Mint::decode(&accounts.pool_mint.try_borrow()?)?.supply; // guard: supply-from-mint
    pool.store(Lamports::new(total_lamports), PoolTokens::new(supply));
    if pool.is_extended() {
        record(&mut pool, reward, fee)?;
    }
    funds.reserve_after(reserve);
    funds.emit(&pool);
    Ok(())
}

/// Writes the ledger of an extended pool, and halts deposits and SOL withdrawals if the rate has moved too far.
#[inline(always)]
fn record(pool: &mut Pool, reward: u64, fee: u64) -> ProgramResult {
    let (epoch, timestamp) = current_time()?;
    let (rate, before) = (pool.rate(), pool.rate_before_epoch());
    let Some(extension) = pool.extension_mut() else { return Ok(()) };
    let ledger = &mut extension.ledger;
    ledger.record(epoch, timestamp, &rate);
    ledger.rewards.set(ledger.rewards.get().saturating_add(reward));
    ledger.fees.set(ledger.fees.get().saturating_add(fee));
    let limits = &extension.limits;
    // guard: rate-guard
    if limits.guard_epochs > 0 && rate.moved_beyond(&before, limits.rate_guard_up.get(), limits.rate_guard_down.get()) {
        extension.halted_until_epoch = epoch.saturating_add(limits.guard_epochs.into()).into();
    }
    Ok(())
}

/// Adds the lamports of all records of any status: stake of removed validators still belongs to the holders.
#[inline(always)]
fn add_stake(lamports: u64, records: &[ValidatorStakeInfo], epoch: u64) -> Result<u64, ProgramError> {
    // guard: sum-with-reserve-fits
    match add_unchecked(records, epoch).and_then(|sum| sum.checked_add(lamports)) {
        Some(sum) => Ok(sum),
        // SPL behaviour: the first record with an error decides the error.
        None => add_one_by_one(lamports, records, epoch),
    }
}

/// The lamports of all records, if all are of this epoch and small enough that their sum cannot exceed 64 bits.
// Not inlined: the loop needs all registers.
#[inline(never)]
fn add_unchecked(records: &[ValidatorStakeInfo], epoch: u64) -> Option<u64> {
    let (mut sum, mut bits) = (0u64, 0u64);
    // Four records per iteration, because the loop itself costs compute units. More would exceed the registers.
    let (rows, last) = records.as_chunks::<4>();
    for row in rows {
        // guard: rows-of-records-fresh
        if row.iter().any(|record| record.last_update_epoch.get() < epoch) {
            return None;
        }
        for record in row {
            let (active, transient) = (record.active_stake_lamports.get(), record.transient_stake_lamports.get());
            sum = sum.wrapping_add(active).wrapping_add(transient);
            bits |= active | transient;
        }
    }
    let sum = add_one_by_one(sum, last, epoch).ok()?;
    let values = (records.len() as u64).saturating_mul(2).max(1);
    // guard: sum-of-records-fits
    u64::MAX.checked_div(values).filter(|most| bits <= *most).map(|_| sum)
}

#[inline(never)]
fn add_one_by_one(mut lamports: u64, records: &[ValidatorStakeInfo], epoch: u64) -> Result<u64, ProgramError> {
    for record in records {
        // guard: records-fresh
        if record.last_update_epoch.get() < epoch {
            return Err(StakeListOutOfDate.into());
        }
        // guard: removed-stake-counts
        lamports = lamports.checked_add(record.stake_lamports()?).ok_or(CalculationFailure)?;
    }
    Ok(lamports)
}
