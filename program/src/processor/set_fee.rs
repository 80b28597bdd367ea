//! `SetFee`.

use {
    crate::validation::{Pool, current_epoch},
    pinocchio::{AccountView, Address, ProgramResult},
    tidepool_interface::{
        StakePoolError,
        instruction::{FeeType, SetFeeAccounts},
        maths::{FutureEpoch, check_withdrawal_fee},
        state::PoolTerms,
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
    set(&mut pool.state.terms, fee)?;
    pool.store()
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
