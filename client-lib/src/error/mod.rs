//! Errors before sending ([`PlanError`]), and explanations of errors after it ([`explain`]).

mod explain;
mod weights;

#[cfg(test)]
mod tests;

pub use {
    explain::{BelowRent, Explanation, FailedProgram, Failure, explain},
    weights::WeightsError,
};

use {
    solana_address::Address,
    solana_instruction::error::InstructionError,
    solana_stake_interface::error::StakeError,
    std::fmt,
    tidepool_interface::{ExtensionError, StakePoolError},
};

/// Error of a program.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Cause {
    /// An error of the stake pool program.
    StakePool(StakePoolError),
    /// An error of the stake pool program about the extension.
    Extension(ExtensionError),
    /// An error of the stake program.
    Stake(StakeError),
    /// An error without a custom code.
    Instruction(InstructionError),
}

impl Cause {
    /// Whether a later retry can succeed: the pool is stale, or epoch rewards are being paid.
    pub const fn is_too_early(&self) -> bool {
        use StakePoolError::{EpochRewardDistributionInProgress, StakeListAndPoolOutOfDate};
        matches!(
            self,
            Self::StakePool(StakeListAndPoolOutOfDate | EpochRewardDistributionInProgress)
                | Self::Stake(StakeError::EpochRewardsActive)
        )
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StakePool(error) => write!(f, "stake pool error {} {error:?}", *error as u32),
            Self::Extension(error) => write!(f, "stake pool error {} {error:?}", *error as u32),
            Self::Stake(error) => write!(f, "stake program error {} {error:?}", error.clone() as u32),
            Self::Instruction(error) => write!(f, "{error:?}"),
        }
    }
}

impl From<StakePoolError> for Cause {
    fn from(error: StakePoolError) -> Self {
        Self::StakePool(error)
    }
}

impl From<tidepool_core::Error> for Cause {
    fn from(error: tidepool_core::Error) -> Self {
        StakePoolError::from(error).into()
    }
}

impl From<ExtensionError> for Cause {
    fn from(error: ExtensionError) -> Self {
        Self::Extension(error)
    }
}

impl From<StakeError> for Cause {
    fn from(error: StakeError) -> Self {
        Self::Stake(error)
    }
}

impl From<InstructionError> for Cause {
    fn from(error: InstructionError) -> Self {
        Self::Instruction(error)
    }
}

/// An error of the program that is detected before anything is sent.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{context} ({cause})")]
pub struct Refusal {
    /// The program's error.
    pub cause: Cause,
    /// Explanation with figures, and what to do.
    pub context: String,
}

impl Refusal {
    /// A refusal with `cause`, explained by `context`.
    pub fn new(cause: impl Into<Cause>, context: impl Into<String>) -> Self {
        Self { cause: cause.into(), context: context.into() }
    }

    /// The stake pool error, if it is one.
    pub const fn stake_pool_error(&self) -> Option<StakePoolError> {
        match self.cause {
            Cause::StakePool(error) => Some(error),
            Cause::Extension(_) | Cause::Stake(_) | Cause::Instruction(_) => None,
        }
    }

    /// The extension error, if it is one.
    pub const fn extension_error(&self) -> Option<ExtensionError> {
        match self.cause {
            Cause::Extension(error) => Some(error),
            Cause::StakePool(_) | Cause::Stake(_) | Cause::Instruction(_) => None,
        }
    }
}

impl From<StakePoolError> for Refusal {
    fn from(error: StakePoolError) -> Self {
        Self::new(error, error.message())
    }
}

/// Error of a quote, plan or instruction.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PlanError {
    /// The program would refuse it.
    #[error(transparent)]
    Refused(#[from] Refusal),

    /// The stake program refuses every change while rewards are being paid.
    #[error(
        "rewards of epoch {epoch} are being distributed, until about block height {until_block_height}: wait, then retry"
    )]
    EpochRewardsActive {
        /// The epoch whose rewards are being paid.
        epoch: u64,
        /// Block height at which the distribution should end.
        until_block_height: u64,
    },

    /// The snapshot does not hold the stake accounts of a validator, which are required.
    #[error("missing stake accounts of validator {vote}: read the pool with the stake accounts of this validator")]
    StakeAccountsNotRead {
        /// The vote account.
        vote: Address,
    },

    /// Invalid weights.
    #[error(transparent)]
    Weights(#[from] WeightsError),

    /// An invalid request.
    #[error("{what}")]
    Invalid {
        /// The problem, and what to do.
        what: String,
    },
}

impl PlanError {
    /// A refusal with `cause`, explained by `context`.
    pub fn refused(cause: impl Into<Cause>, context: impl Into<String>) -> Self {
        Refusal::new(cause, context).into()
    }

    pub(crate) fn invalid(what: impl Into<String>) -> Self {
        Self::Invalid { what: what.into() }
    }

    /// The stake pool error, if it is one.
    pub const fn stake_pool_error(&self) -> Option<StakePoolError> {
        match self {
            Self::Refused(refusal) => refusal.stake_pool_error(),
            _ => None,
        }
    }

    /// The extension error, if it is one.
    pub const fn extension_error(&self) -> Option<ExtensionError> {
        match self {
            Self::Refused(refusal) => refusal.extension_error(),
            _ => None,
        }
    }
}

impl From<ExtensionError> for Refusal {
    fn from(error: ExtensionError) -> Self {
        Self::new(error, error.message())
    }
}

impl From<ExtensionError> for PlanError {
    fn from(error: ExtensionError) -> Self {
        Self::Refused(error.into())
    }
}

impl From<tidepool_core::Error> for PlanError {
    fn from(error: tidepool_core::Error) -> Self {
        StakePoolError::from(error).into()
    }
}

impl From<StakePoolError> for PlanError {
    fn from(error: StakePoolError) -> Self {
        Self::Refused(error.into())
    }
}

pub(crate) struct Sol(pub u64);

impl fmt::Display for Sol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LAMPORTS_PER_SOL: u64 = 1_000_000_000;
        write!(f, "{}.{:09} SOL", self.0 / LAMPORTS_PER_SOL, self.0 % LAMPORTS_PER_SOL)
    }
}

/// Displays the lamports that stay in the reserve, in parentheses; empty without any.
pub(crate) struct StaysInReserve {
    /// For the rents of decreases.
    pub rents: u64,
    /// For open exit tickets.
    pub tickets: u64,
}

impl fmt::Display for StaysInReserve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (Sol(self.rents), Sol(self.tickets)) {
            (Sol(0), Sol(0)) => Ok(()),
            (rents, Sol(0)) => write!(f, " ({rents} are kept for the rents of decreases)"),
            (Sol(0), tickets) => write!(f, " ({tickets} are kept for exit tickets)"),
            (rents, tickets) => {
                write!(f, " ({rents} are kept for the rents of decreases, and {tickets} for exit tickets)")
            }
        }
    }
}

pub(crate) struct Tokens(pub u64);

impl fmt::Display for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: u64 = 10u64.pow(tidepool_interface::POOL_MINT_DECIMALS as u32);
        write!(f, "{}.{:09} pool tokens", self.0 / UNITS, self.0 % UNITS)
    }
}
