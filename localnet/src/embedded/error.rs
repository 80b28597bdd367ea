//! What can go wrong when a cluster is set up or moved on.

use {
    program_elf::ElfError,
    solana_address::Address,
    solana_signature::Signature,
    solana_transaction_error::TransactionError,
    std::{fmt, io, path::PathBuf},
    thiserror::Error,
};

/// The embedded cluster cannot do what was asked.
#[derive(Debug, Error)]
pub enum EmbeddedError {
    /// A program's ELF file is missing or unreadable.
    #[error("cannot read the program file {}: {source}; build it with `cargo xtask build-program`, or give its path", path.display())]
    ProgramFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// Tidepool's ELF is missing or stale.
    #[error(transparent)]
    Tidepool(#[from] ElfError),

    /// A file given as a program is something else.
    #[error("{} is not an ELF file: give the path of a program built for Solana (.so)", path.display())]
    NotAProgram {
        /// The file.
        path: PathBuf,
    },

    /// Without stake there is no leader and no reward.
    #[error("an embedded cluster needs at least one validator with stake: add one, or keep the default set")]
    NoValidators,

    /// The bank has a least length of epochs.
    #[error("an epoch of {given} slots is too short: ask for at least {minimum}")]
    EpochTooShort {
        /// Slots asked for.
        given: u64,
        /// Slots needed.
        minimum: u64,
    },

    /// Nothing votes from that address.
    #[error("vote account {vote} is not on this cluster: use one that `validators()` lists, or one that was preloaded")]
    UnknownVoteAccount {
        /// The address asked for.
        vote: Address,
    },

    /// Time does not run backwards.
    #[error("slot {wanted} is not ahead of the current slot {now}: a cluster only moves forward")]
    SlotNotAhead {
        /// The slot asked for.
        wanted: u64,
        /// The slot that the cluster is in.
        now: u64,
    },

    /// A vote account has no vote state that the bank would accept.
    #[error("a vote account at {vote} cannot be decoded: preload only vote accounts of version 1.14.11 or newer")]
    UnknownVoteState {
        /// The account.
        vote: Address,
    },
}

/// A transaction that went through.
#[derive(Clone, Debug)]
pub struct TxReport {
    /// The payer's signature, by which the transaction is known.
    pub signature: Signature,
    /// What the programs logged.
    pub logs: Vec<String>,
    /// Compute units used by all instructions together.
    pub units_consumed: u64,
    /// Lamports that the payer paid for signatures and priority.
    pub fee: u64,
}

/// A transaction that did not go through, with all there is to know about it.
#[derive(Clone, Debug)]
pub struct TxFailure {
    /// What failed.
    pub error: TransactionError,
    /// What the programs logged; empty if the bank did not take the transaction at all.
    pub logs: Vec<String>,
    /// Compute units used until the failure.
    pub units_consumed: u64,
}

impl TxFailure {
    pub(super) fn refused(error: TransactionError) -> Self {
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
