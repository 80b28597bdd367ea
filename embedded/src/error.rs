//! Errors of the embedded cluster.

use {
    program_elf::ElfError,
    solana_address::Address,
    solana_signature::Signature,
    solana_transaction_error::TransactionError,
    std::{fmt, io, path::PathBuf},
    thiserror::Error,
};

/// Error of the embedded cluster.
#[derive(Debug, Error)]
pub enum EmbeddedError {
    /// A program's ELF file is missing or unreadable.
    #[error("cannot read the program file {}: {source}; build it with `cargo xtask build-program`, or give its path", path.display())]
    ProgramFile {
        /// The file.
        path: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },

    /// Tidepool's ELF is missing or stale.
    #[error(transparent)]
    Tidepool(#[from] ElfError),

    /// A program file is not an ELF.
    #[error("{} is not an ELF file: give the path of a program built for Solana (.so)", path.display())]
    NotAProgram {
        /// The file.
        path: PathBuf,
    },

    /// No validator has stake: the cluster would have no leader and no rewards.
    #[error("an embedded cluster needs at least one validator with stake: add one, or keep the default set")]
    NoValidators,

    /// The length of an epoch is below the bank's minimum.
    #[error("an epoch of {given} slots is too short: ask for at least {minimum}")]
    EpochTooShort {
        /// Requested slots.
        given: u64,
        /// Minimum slots.
        minimum: u64,
    },

    /// The vote account does not exist on this cluster.
    #[error("vote account {vote} is not on this cluster: use one that `validators()` lists, or one that was preloaded")]
    UnknownVoteAccount {
        /// The requested address.
        vote: Address,
    },

    /// The slot is not after the current one.
    #[error("slot {wanted} is not ahead of the current slot {now}: a cluster only moves forward")]
    SlotNotAhead {
        /// The requested slot.
        wanted: u64,
        /// The current slot.
        now: u64,
    },

    /// The state of a vote account is invalid for the bank.
    #[error("a vote account at {vote} cannot be decoded: preload only vote accounts of version 1.14.11 or newer")]
    UnknownVoteState {
        /// The account.
        vote: Address,
    },
}

/// Report of a successful transaction.
#[derive(Clone, Debug)]
pub struct TxReport {
    /// The payer's signature, which identifies the transaction.
    pub signature: Signature,
    /// Log lines of the programs.
    pub logs: Vec<String>,
    /// Compute units used by all instructions together.
    pub units_consumed: u64,
    /// Fee in lamports: base fee and priority fee.
    pub fee: u64,
}

/// Report of a failed transaction.
#[derive(Clone, Debug)]
pub struct TxFailure {
    /// The error.
    pub error: TransactionError,
    /// Log lines of the programs; empty if the bank rejected the transaction before execution.
    pub logs: Vec<String>,
    /// Compute units used until the failure.
    pub units_consumed: u64,
}

impl TxFailure {
    pub(crate) fn refused(error: TransactionError) -> Self {
        Self { error, logs: vec![], units_consumed: 0 }
    }
}

impl fmt::Display for TxFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.error)?;
        for line in &self.logs {
            write!(f, "\n  {line}")?;
        }
        Ok(())
    }
}

impl std::error::Error for TxFailure {}
