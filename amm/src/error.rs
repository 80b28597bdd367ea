//! Why there is no quote.

use {
    solana_program_error::ProgramError,
    thiserror::Error,
    tidepool_core::Error,
    tidepool_interface::{Address, ExtensionError, StakePoolError},
};

/// A trade that the program would reject, or accounts that are not the pool's.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum QuoteError {
    /// The account is not an initialized pool of the program.
    #[error("the account is not an initialized pool of the program")]
    NotAPool,
    /// The account's data does not decode.
    #[error("the data of an account or a sysvar does not decode")]
    Malformed,
    /// The mints are not SOL and the pool token.
    #[error("the mints are not wrapped SOL and the pool token")]
    WrongMints,
    /// The pool was not updated in this epoch. An update is permissionless, and can go into the same transaction if it is small.
    #[error("the pool was last updated in epoch {updated}, and it is epoch {epoch}: update it first")]
    Stale {
        /// Epoch of the last update.
        updated: u64,
        /// Current epoch.
        epoch: u64,
    },
    /// The rate guard has halted deposits and SOL withdrawals.
    #[error("the rate guard halts deposits and SOL withdrawals until epoch {until_epoch}: withdraw stake, or wait")]
    Halted {
        /// The first epoch without the halt.
        until_epoch: u64,
    },
    /// An authority of the pool has to sign: deposits or SOL withdrawals are not permissionless.
    #[error("the pool's authority {authority} has to sign")]
    NeedsSignature {
        /// The authority.
        authority: Address,
    },
    /// The stake program pays epoch rewards, and moves no stake meanwhile.
    #[error("epoch rewards are being paid: try again in a few slots")]
    EpochRewards,
    /// The manager's fee account cannot receive the fee, so the deposit fails in the token program.
    #[error("the manager's fee account cannot receive the fee of a deposit")]
    FeeAccount,
    /// The reserve cannot pay so much.
    #[error("the reserve can pay at most {available} lamports")]
    ReserveTooSmall {
        /// Lamports that it can pay now.
        available: u64,
    },
    /// The deposit would leave fewer pool tokens in existence than the pool's floor.
    #[error("the deposit leaves a supply below {floor}, the pool's supply floor")]
    SupplyBelowFloor {
        /// The floor, in the pool token's smallest unit.
        floor: u64,
    },
    /// The validator is demoted and takes no stake.
    #[error("the validator is demoted and takes no stake")]
    Demoted,
    /// The stake account is locked.
    #[error("the lockup of the stake account is in force")]
    Locked,
    /// The stake is not fully active.
    #[error("the stake is not fully active")]
    NotActive,
    /// Both parts of a split have to keep the minimum delegation.
    #[error("a part of the split stake is below the minimum delegation of {minimum} lamports")]
    BelowMinimumDelegation {
        /// The stake program's minimum, in lamports.
        minimum: u64,
    },
    /// The stake account to split is below the rent in force.
    #[error("the stake account to split is below the current rent")]
    BelowRent,
    /// Another error of the SPL stake pool.
    #[error("{0}")]
    Pool(StakePoolError),
}

impl From<StakePoolError> for QuoteError {
    fn from(error: StakePoolError) -> Self {
        Self::Pool(error)
    }
}

impl From<Error> for QuoteError {
    fn from(error: Error) -> Self {
        Self::Pool(error.into())
    }
}

/// Codes of the stake program.
mod stake_program {
    pub const LOCKUP_IN_FORCE: u32 = 1;
    pub const INSUFFICIENT_DELEGATION: u32 = 12;
    pub const EPOCH_REWARDS_ACTIVE: u32 = 16;
}

impl QuoteError {
    /// The error with which the transaction would fail; `None` if that depends on its accounts.
    pub fn program_error(&self) -> Option<ProgramError> {
        Some(match *self {
            Self::Stale { .. } => StakePoolError::StakeListAndPoolOutOfDate.into(),
            Self::Halted { .. } => ExtensionError::RateGuardHalt.into(),
            Self::ReserveTooSmall { .. } => StakePoolError::SolWithdrawalTooLarge.into(),
            Self::SupplyBelowFloor { .. } => ExtensionError::SupplyBelowFloor.into(),
            Self::Demoted => ExtensionError::ValidatorDemoted.into(),
            Self::Pool(error) => error.into(),
            Self::Locked => ProgramError::Custom(stake_program::LOCKUP_IN_FORCE),
            Self::BelowMinimumDelegation { .. } => ProgramError::Custom(stake_program::INSUFFICIENT_DELEGATION),
            Self::EpochRewards => ProgramError::Custom(stake_program::EPOCH_REWARDS_ACTIVE),
            Self::BelowRent => ProgramError::InsufficientFunds,
            Self::NotAPool
            | Self::Malformed
            | Self::WrongMints
            | Self::NeedsSignature { .. }
            | Self::FeeAccount
            | Self::NotActive => return None,
        })
    }
}
