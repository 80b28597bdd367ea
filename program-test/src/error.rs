//! Why a step of a test failed.

use {
    program_elf::ElfError,
    solana_instruction::error::InstructionError,
    solana_program_test::{BanksClientError, ProgramTestError},
    solana_transaction_error::TransactionError,
    std::{io, path::PathBuf},
    thiserror::Error,
    tidepool_client::{error::PlanError, pack::PackError, pool::PoolError},
    tidepool_interface::{ExtensionError, StakePoolError},
};

/// A step of a test that failed.
#[derive(Debug, Error)]
pub enum Error {
    /// Tidepool's ELF is missing or stale.
    #[error(transparent)]
    Elf(#[from] ElfError),

    /// Tidepool's ELF cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    ReadElf {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// The bank did not answer.
    #[error("the bank did not answer: {0}")]
    Banks(#[from] BanksClientError),

    /// No new blockhash.
    #[error("no new blockhash: {0}")]
    Blockhash(#[from] io::Error),

    /// The bank did not move to the slot.
    #[error("cannot move to another slot: {0}")]
    Warp(#[from] ProgramTestError),

    /// The rewards of an epoch were not paid within an epoch.
    #[error("the rewards of epoch {epoch} are not paid after {slots} slots")]
    RewardsNotPaid {
        /// The epoch that ended.
        epoch: u64,
        /// Slots that have passed since.
        slots: u64,
    },

    /// The pool cannot be read.
    #[error(transparent)]
    Pool(#[from] PoolError),

    /// The program would reject the instruction: nothing was sent.
    #[error(transparent)]
    Plan(#[from] PlanError),

    /// The instructions do not fit a transaction.
    #[error(transparent)]
    Pack(#[from] PackError),

    /// The transaction failed.
    #[error("the transaction failed: {error}\n  {}", logs.join("\n  "))]
    Transaction {
        /// The bank's error.
        error: TransactionError,
        /// What the programs logged.
        logs: Vec<String>,
    },
}

impl Error {
    /// The custom code of the program error that made the transaction fail.
    pub const fn custom_code(&self) -> Option<u32> {
        match self {
            Self::Transaction {
                error: TransactionError::InstructionError(_, InstructionError::Custom(code)), ..
            } => Some(*code),
            _ => None,
        }
    }

    /// The stake pool's error: the one that made the transaction fail, or the one that it would have returned.
    ///
    /// A code does not tell which program it comes from. The code of another program may be a stake pool's error here.
    pub fn stake_pool_error(&self) -> Option<StakePoolError> {
        match self {
            Self::Plan(error) => error.stake_pool_error(),
            _ => self.custom_code().and_then(StakePoolError::from_code),
        }
    }

    /// As [`Self::stake_pool_error`], for the errors of the extension: codes from 1000.
    pub fn extension_error(&self) -> Option<ExtensionError> {
        match self {
            Self::Plan(error) => error.extension_error(),
            _ => self.custom_code().and_then(ExtensionError::from_code),
        }
    }
}
