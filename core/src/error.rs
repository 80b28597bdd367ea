//! The error of quotes and rules.

use thiserror::Error;

/// A rejected calculation. `tidepool-interface` gives each variant the code of the SPL stake pool.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum Error {
    /// A number exceeds its bits.
    #[error("a calculation over- or underflowed")]
    CalculationFailure,
    /// The deposit yields no pool tokens.
    #[error("the deposit yields no pool tokens")]
    DepositTooSmall,
    /// The result is below the slippage bound.
    #[error("the result is below the slippage bound")]
    ExceededSlippage,
    /// A withdrawal fee rises by more than half of itself or by more than 0.5 %.
    #[error("a withdrawal fee rises by more than half of itself or by more than 0.5 %")]
    FeeIncreaseTooHigh,
    /// Another validator is preferred for withdrawals.
    #[error("another validator is preferred for withdrawals")]
    IncorrectWithdrawVoteAddress,
    /// The withdrawal does not fit the stake account.
    #[error("the withdrawal does not fit the stake account")]
    StakeLamportsNotEqualToMinimum,
    /// The pool tokens yield no lamports.
    #[error("the pool tokens yield no lamports")]
    WithdrawalTooSmall,
}
