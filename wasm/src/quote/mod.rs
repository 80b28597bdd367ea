//! Quotes: the checks of the program in its order, then its formulas. The same results as the quotes of `tidepool-client`.

mod stake;
mod ticket;

pub use stake::{StakeDeposit, StakeWithdrawal, deposit_stake, withdraw_stake};
pub use ticket::{Cancellation, Exit, cancellation, claimable, exit};

use crate::{failure::Failure, snapshot::Snapshot};
use tidepool_core::{
    Error,
    maths::{Lamports, PoolTokens},
    quote::{self, DepositQuote, WithdrawalQuote},
};
use tidepool_interface::StakePoolError;

/// A SOL deposit: the growth charge in lamports, and the pool tokens.
///
/// # Errors
/// `StakeListAndPoolOutOfDate`, `RateGuardHalt`, `DepositTooSmall`, `ExceededSlippage`, `SupplyBelowFloor`, `CalculationFailure`.
pub fn deposit_sol(
    snapshot: &Snapshot,
    lamports: u64,
    minimum: Option<u64>,
) -> Result<(Lamports, DepositQuote), Failure> {
    snapshot.check_up_to_date()?;
    snapshot.check_not_halted()?;
    let terms = &snapshot.pool.terms;
    let charge = snapshot.growth_charge(lamports).ok_or(Error::CalculationFailure)?;
    let charged = Lamports::new(lamports).checked_sub(charge).ok_or(Error::CalculationFailure)?;
    let quote = quote::sol_deposit(&snapshot.rate(), &terms.sol_deposit_fee, terms.sol_referral_fee, charged)?;
    let quote = quote.check_minimum(minimum.map(PoolTokens::new))?;
    snapshot.check_supply_floor(quote.minted)?;
    Ok((charge, quote))
}

/// A withdrawal of SOL.
///
/// # Errors
/// [`Reason::EpochRewardsActive`](crate::failure::Reason), `StakeListAndPoolOutOfDate`, `RateGuardHalt`, `WithdrawalTooSmall`,
/// `ExceededSlippage`, `SolWithdrawalTooLarge`, `CalculationFailure`.
pub fn withdraw_sol(
    snapshot: &Snapshot,
    is_from_fee_account: bool,
    pool_tokens: u64,
    minimum: Option<u64>,
) -> Result<WithdrawalQuote, Failure> {
    snapshot.check_no_rewards()?;
    snapshot.check_up_to_date()?;
    snapshot.check_not_halted()?;
    let fee = snapshot.charged_fee(is_from_fee_account, &snapshot.pool.terms.sol_withdrawal_fee);
    let quote = quote::withdrawal(&snapshot.rate(), fee, PoolTokens::new(pool_tokens))?;
    let quote = quote.check_minimum(minimum.map(Lamports::new))?;
    if quote.lamports.get() > snapshot.withdrawable_reserve_lamports() {
        return Err(StakePoolError::SolWithdrawalTooLarge.into());
    }
    Ok(quote)
}

/// Most pool tokens that can be withdrawn as SOL now.
pub fn largest_sol_withdrawal(snapshot: &Snapshot, is_from_fee_account: bool) -> u64 {
    let fee = snapshot.charged_fee(is_from_fee_account, &snapshot.pool.terms.sol_withdrawal_fee);
    let is_halted = snapshot.halted_until_epoch() > 0;
    let lamports = if is_halted { 0 } else { snapshot.withdrawable_reserve_lamports() };
    quote::largest_withdrawal(&snapshot.rate(), fee, Lamports::new(lamports)).get()
}
