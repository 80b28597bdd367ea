//! `SetFee`.

use {
    crate::{
        event::emit,
        validation::{Pool, current_epoch},
    },
    pinocchio::{AccountView, Address, ProgramResult},
    tidepool_interface::{
        StakePoolError,
        event::FeeEvent,
        instruction::{FeeType, SetFeeAccounts, SetFeeValue},
        maths::{Fee, FutureEpoch, check_withdrawal_fee},
        state::{PoolTerms, StakePool},
    },
};

#[inline(never)]
pub fn process(program_id: &Address, accounts: &[AccountView], fee: &FeeType) -> ProgramResult {
    let accounts = SetFeeAccounts::load(&mut accounts.iter().copied())?;
    let epoch = current_epoch()?;
    let mut pool = Pool::load(program_id, &accounts.pool)?;
    pool.check_manager(&accounts.manager)?;
    if fee.is_delayed() {
        pool.check_fresh(epoch)?;
    }
    fee.check_too_high()?;
    let old = in_force(&pool.state, fee);
    set(&mut pool.state.terms, fee)?;
    pool.store()?;
    if pool.is_extended() {
        emit(&FeeEvent {
            pool: *pool.address(),
            epoch: epoch.into(),
            kind: fee.kind(),
            is_delayed: u8::from(fee.is_delayed()),
            reserved: [0; 6],
            old: old.into(),
            new: ratio(fee.value()).into(),
        });
    }
    Ok(())
}

/// The fee in force of the same kind.
fn in_force(pool: &StakePool, fee: &FeeType) -> Fee {
    let terms = &pool.terms;
    match fee {
        FeeType::SolReferral(_) => ratio(SetFeeValue::Percent(terms.sol_referral_fee)),
        FeeType::StakeReferral(_) => ratio(SetFeeValue::Percent(terms.stake_referral_fee)),
        FeeType::Epoch(_) => pool.head.epoch_fee.get(),
        FeeType::StakeWithdrawal(_) => terms.stake_withdrawal_fee,
        FeeType::SolDeposit(_) => terms.sol_deposit_fee,
        FeeType::StakeDeposit(_) => terms.stake_deposit_fee,
        FeeType::SolWithdrawal(_) => terms.sol_withdrawal_fee,
    }
}

fn ratio(value: SetFeeValue) -> Fee {
    match value {
        SetFeeValue::Ratio(fee) => fee,
        SetFeeValue::Percent(percent) => Fee { numerator: u64::from(percent), denominator: 100 },
    }
}

/// Fees that holders pay on what they already own are delayed, so that they can leave first.
fn set(terms: &mut PoolTerms, fee: &FeeType) -> Result<(), StakePoolError> {
    match *fee {
        FeeType::SolReferral(percent) => terms.sol_referral_fee = percent,
        FeeType::StakeReferral(percent) => terms.stake_referral_fee = percent,
        FeeType::SolDeposit(fee) => terms.sol_deposit_fee = fee,
        FeeType::StakeDeposit(fee) => terms.stake_deposit_fee = fee,
        FeeType::Epoch(fee) => terms.next_epoch_fee = FutureEpoch::Two(fee),
        FeeType::StakeWithdrawal(fee) => {
            check_withdrawal_fee(&fee, &terms.stake_withdrawal_fee)?;
            terms.next_stake_withdrawal_fee = FutureEpoch::Two(fee);
        }
        FeeType::SolWithdrawal(fee) => {
            check_withdrawal_fee(&fee, &terms.sol_withdrawal_fee)?;
            terms.next_sol_withdrawal_fee = FutureEpoch::Two(fee);
        }
    }
    Ok(())
}
