//! The error of quotes and rules.

use thiserror::Error;

/// A rejected calculation.
///
/// The numbers are the codes of the SPL stake pool's errors: so `tidepool-interface` converts without a table on-chain.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[repr(u32)]
pub enum Error {
    /// A number exceeds its bits.
    #[error("a calculation over- or underflowed")]
    CalculationFailure = 3,
    /// The deposit yields no pool tokens.
    #[error("the deposit yields no pool tokens")]
    DepositTooSmall = 29,
    /// The result is below the slippage bound.
    #[error("the result is below the slippage bound")]
    ExceededSlippage = 39,
    /// A withdrawal fee rises by more than half of itself or by more than 0.5 %.
    #[error("a withdrawal fee rises by more than half of itself or by more than 0.5 %")]
    FeeIncreaseTooHigh = 27,
    /// Another validator is preferred for withdrawals.
    #[error("another validator is preferred for withdrawals")]
    IncorrectWithdrawVoteAddress = 25,
    /// The withdrawal does not fit the stake account.
    #[error("the withdrawal does not fit the stake account")]
    StakeLamportsNotEqualToMinimum = 23,
    /// The pool tokens yield no lamports.
    #[error("the pool tokens yield no lamports")]
    WithdrawalTooSmall = 28,
}
