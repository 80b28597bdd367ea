//! `SetFee`.

use {
    crate::{
        event::emit,
        validation::{Pool, current_epoch},
    },
    pinocchio::{AccountView, Address, ProgramResult},
    tidepool_core::maths::{Fee, FutureEpoch, check_withdrawal_fee},
    tidepool_interface::{
        StakePoolError,
        event::FeeEvent,
        instruction::{FeeType, SetFeeAccounts, SetFeeValue},
    },
};

#[inline(never)]
pub fn process(program_id: &Address, accounts: &[AccountView], fee: &FeeType) -> ProgramResult {
    let accounts = SetFeeAccounts::of(accounts)?;
    let mut pool = Pool::load(program_id, accounts.pool)?;
    pool.check_manager(accounts.manager)?;
    // guard: set-fee-fresh
    if fee.is_delayed() {
        pool.check_fresh(current_epoch()?)?;
    }
    fee.check_too_high()?; // guard: fee-maximum
    if !pool.is_extended() {
        return set(&mut pool, fee);
    }
    let old = in_force(&pool, fee);
    set(&mut pool, fee)?;
    emit(FeeEvent {
        pool: *pool.address(),
        epoch: current_epoch()?.into(),
        kind: fee.kind(),
        is_delayed: u8::from(fee.is_delayed()),
        reserved: [0; 6],
        old: old.into(),
        new: ratio(fee.value()).into(),
    });
    Ok(())
}

/// The fee in force of the same kind.
fn in_force(pool: &Pool, fee: &FeeType) -> Fee {
    let view = pool.view();
    match fee {
        FeeType::SolReferral(_) => ratio(SetFeeValue::Percent(view.sol_referral_fee())),
        FeeType::StakeReferral(_) => ratio(SetFeeValue::Percent(view.stake_referral_fee())),
        FeeType::Epoch(_) => view.head().epoch_fee.get(),
        FeeType::StakeWithdrawal(_) => view.stake_withdrawal_fee(),
        FeeType::SolDeposit(_) => view.sol_deposit_fee(),
        FeeType::StakeDeposit(_) => view.stake_deposit_fee(),
        FeeType::SolWithdrawal(_) => view.sol_withdrawal_fee(),
    }
}

fn ratio(value: SetFeeValue) -> Fee {
    match value {
        SetFeeValue::Ratio(fee) => fee,
        SetFeeValue::Percent(percent) => Fee { numerator: u64::from(percent), denominator: 100 },
    }
}

/// Fees on existing holdings are delayed, so that holders can withdraw first.
#[inline(always)]
fn set(pool: &mut Pool, fee: &FeeType) -> ProgramResult {
    // Checked before the write, which fails for a read-only pool.
    match fee {
        // guard: stake-fee-step
        FeeType::StakeWithdrawal(fee) => check_withdrawal_fee(fee, &pool.view().stake_withdrawal_fee()),
        // guard: sol-fee-step
        FeeType::SolWithdrawal(fee) => check_withdrawal_fee(fee, &pool.view().sol_withdrawal_fee()),
        _ => Ok(()),
    }
    .map_err(StakePoolError::from)?;
    let mut view = pool.view_mut();
    match *fee {
        FeeType::SolReferral(percent) => view.set_sol_referral_fee(percent),
        FeeType::StakeReferral(percent) => view.set_stake_referral_fee(percent),
        FeeType::SolDeposit(fee) => view.set_sol_deposit_fee(fee),
        FeeType::StakeDeposit(fee) => view.set_stake_deposit_fee(fee),
        FeeType::Epoch(fee) => view.set_next_epoch_fee(FutureEpoch::Two(fee))?,
        // guard: stake-fee-delay
        FeeType::StakeWithdrawal(fee) => view.set_next_stake_withdrawal_fee(FutureEpoch::Two(fee))?,
        FeeType::SolWithdrawal(fee) => view.set_next_sol_withdrawal_fee(FutureEpoch::Two(fee))?, // guard: sol-fee-delay
    }
    Ok(())
}
