//! Why there is no quote.

use tidepool_core::Error;
use tidepool_interface::{ExtensionError, StakePoolError};

/// Why there is no quote. [`Self::code`] is its number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Failure {
    /// The program would fail with this code: of [`StakePoolError`] or [`ExtensionError`].
    Program(u32),
    /// The stake program would fail with this code.
    StakeProgram(u32),
    /// Another reason.
    Other(Reason),
}

/// A reason apart from the programs' error codes. The numbers are part of the interface.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(i32)]
pub enum Reason {
    /// The bytes are not a snapshot.
    MalformedSnapshot = 1,
    /// An account that the quote needs is not in the snapshot, or does not exist.
    MissingAccount = 2,
    /// The pool account is not an initialized pool.
    NotAPool = 3,
    /// The validator list, the reserve or the mint is malformed or of another owner.
    MalformedAccount = 4,
    /// Epoch rewards are being paid: the stake program refuses every change.
    EpochRewardsActive = 5,
    /// The account is not owned by the stake program.
    NotAStakeAccount = 6,
    /// The stake account is not initialized.
    UninitializedStake = 7,
    /// The stake account is below the current rent, and cannot be split.
    InsufficientFunds = 8,
    /// The account is not an exit ticket.
    NotATicket = 9,
    /// There is no earlier exchange rate.
    NoEarlierRate = 10,
    /// Epochs are too short for a figure for a year.
    ShortEpochs = 11,
    /// The exchange rate grew by more than staking pays.
    MoreThanRewards = 12,
}

/// The number of the stake program's error 0.
const STAKE_PROGRAM: i32 = -1_000;

impl Failure {
    /// The program's code (positive), or -1,000 minus the stake program's code, or minus the number of a [`Reason`].
    pub const fn code(self) -> i32 {
        match self {
            Self::Program(code) => code as i32,
            Self::StakeProgram(code) => STAKE_PROGRAM - code as i32,
            Self::Other(reason) => -(reason as i32),
        }
    }
}

impl From<Reason> for Failure {
    fn from(reason: Reason) -> Self {
        Self::Other(reason)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Program(error as u32)
    }
}

impl From<StakePoolError> for Failure {
    fn from(error: StakePoolError) -> Self {
        Self::Program(error as u32)
    }
}

impl From<ExtensionError> for Failure {
    fn from(error: ExtensionError) -> Self {
        Self::Program(error as u32)
    }
}
