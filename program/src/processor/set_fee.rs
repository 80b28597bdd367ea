//! `SetFee`.

use {
    crate::{
        event::emit,
        validation::{Pool, announced_fee, current_epoch},
    },
    pinocchio::{AccountView, Address, ProgramResult, error::ProgramError},
    tidepool_core::maths::{Fee, FutureEpoch, check_withdrawal_fee},
    tidepool_interface::{
        StakePoolError,
        event::FeeEvent,
        instruction::{FeeType, SetFeeAccounts, SetFeeValue},
        state::AnnouncementKind,
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
    check_ceiling(&pool, fee)?;
    let old = in_force(&pool, fee);
    if !may_change(&mut pool, fee, &old)? {
        return Ok(());
    }
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

fn check_ceiling(pool: &Pool, fee: &FeeType) -> ProgramResult {
    match fee {
        FeeType::SolReferral(_) | FeeType::StakeReferral(_) => Ok(()),
        FeeType::Epoch(fee) => pool.check_ceiling(|ceilings| ceilings.epoch, fee),
        FeeType::StakeWithdrawal(fee) => pool.check_ceiling(|ceilings| ceilings.stake_withdrawal, fee),
        FeeType::SolDeposit(fee) => pool.check_ceiling(|ceilings| ceilings.sol_deposit, fee),
        FeeType::StakeDeposit(fee) => pool.check_ceiling(|ceilings| ceilings.stake_deposit, fee),
        FeeType::SolWithdrawal(fee) => pool.check_ceiling(|ceilings| ceilings.sol_withdrawal, fee),
    }
}

/// The fees that take effect at once are announced where they rise; the others have their own delay.
fn may_change(pool: &mut Pool, fee: &FeeType, old: &Fee) -> Result<bool, ProgramError> {
    let (kind, new) = match fee {
        FeeType::SolDeposit(new) => (AnnouncementKind::SolDepositFee, new),
        FeeType::StakeDeposit(new) => (AnnouncementKind::StakeDepositFee, new),
        _ => return Ok(true),
    };
    if new.is_above(old) { pool.may_change(kind, || announced_fee(new)) } else { Ok(true) }
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
