//! What can go wrong, in one sentence each.

mod exits;
mod report;

pub use {exits::exit_of_failure, report::cause_name};

use {
    solana_address::Address,
    solana_signature::Signature,
    std::path::PathBuf,
    tidepool_client::{
        actions::ExistingAccount,
        cluster::ClusterError,
        error::PlanError,
        lookup::LookupError,
        pack::PackError,
        pool::PoolError,
        send::{NonceError, NotSent, Summary},
    },
};

/// Why a command did not do what it was asked for. Each is one sentence: what is wrong, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The arguments do not fit together.
    #[error("{0}")]
    Usage(String),

    /// The configuration file cannot be read.
    #[error("cannot read the configuration file {} ({detail}): correct it, or specify another with --config", path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },

    /// A file with weights holds something else.
    #[error("{}, line {line}, column {column}: {problem}", path.display())]
    WeightsFile {
        /// The file.
        path: PathBuf,
        /// Where, counted from 1.
        line: usize,
        /// Where in the line, in characters, counted from 1.
        column: usize,
        /// What is wrong, and what to do.
        problem: String,
    },

    /// A key cannot be opened.
    #[error("cannot read the keypair of {role}: {detail}")]
    Key {
        /// What it is needed for.
        role: &'static str,
        /// What is wrong, without any of the key.
        detail: String,
    },

    /// A key was opened that is not the one that has to sign.
    #[error("wrong keypair {given}: {role} is {expected}; specify its keypair with {option}")]
    WrongKey {
        /// What it is needed for.
        role: &'static str,
        /// Who has to sign.
        expected: Address,
        /// Whose key was given.
        given: Address,
        /// The option for it.
        option: &'static str,
    },

    /// The pool has not been updated in this epoch, and the command was told not to do it.
    #[error("stale pool: last updated in epoch {last}, current epoch {now}: run `tidepool update {pool}`, {otherwise}")]
    Stale {
        /// The pool.
        pool: Address,
        /// The epoch of its last update.
        last: u64,
        /// The epoch.
        now: u64,
        /// What else may be done, or why it has to be.
        otherwise: &'static str,
    },

    /// An update of this epoch left stake unmerged, and the command needs it merged and may not do it.
    #[error("{}: run `tidepool update {pool}`, {otherwise}", unmerged(*.validators))]
    Unmerged {
        /// The pool.
        pool: Address,
        /// Validators with stake that can be merged.
        validators: usize,
        /// What else may be done, or why it has to be.
        otherwise: &'static str,
    },

    /// The balance of an account is below the required amount.
    #[error(
        "insufficient funds: {holder} holds {held}, and needs {needed}: add funds, use a smaller amount, or use another \
             account"
    )]
    InsufficientFunds {
        /// Who.
        holder: Address,
        /// What there is.
        held: String,
        /// What is needed.
        needed: String,
    },

    /// An account of a pool to be made exists, and differs from what the pool needs.
    #[error("{error}: {advice}")]
    Existing {
        /// What differs.
        error: Box<ExistingAccount>,
        /// What to do.
        advice: String,
    },

    /// A command was not done, and can be completed.
    #[error("{error}; {advice}")]
    Unfinished {
        /// Why.
        error: Box<Self>,
        /// How to complete it.
        advice: String,
    },

    /// A confirmation is needed, and standard input is not a terminal.
    #[error("confirmation needed, but standard input is not a terminal: repeat the command with --yes")]
    CannotAsk,

    /// The user said no.
    #[error("not confirmed: nothing more was sent")]
    NotConfirmed,

    /// What was asked for is refused before anything is sent.
    #[error(transparent)]
    Plan(#[from] PlanError),

    /// The pool cannot be read.
    #[error(transparent)]
    Pool(#[from] PoolError),

    /// The cluster does not answer.
    #[error(transparent)]
    Cluster(#[from] ClusterError),

    /// Lookup tables cannot be found, made or closed.
    #[error(transparent)]
    Lookup(#[from] LookupError),

    /// An instruction does not fit a transaction.
    #[error(transparent)]
    Pack(#[from] PackError),

    /// Not all transactions have landed.
    #[error("{}", describe(.0))]
    NotLanded(Summary),

    /// There is no nonce to sign with.
    #[error(transparent)]
    Nonce(#[from] NonceError),

    /// A transaction could not be made.
    #[error(transparent)]
    NotSent(#[from] NotSent),

    /// Ctrl-C, with nothing under way.
    #[error("interrupted before anything was sent, except for an update of the pool if one was needed")]
    Interrupted,

    /// Ctrl-C for the second time, with transactions under way.
    #[error("interrupted with transactions in flight: check {} before you repeat the command", list(.0))]
    InFlight(Vec<Signature>),

    /// The endpoint does not search stake accounts.
    #[error(
        "the endpoint cannot search for stake accounts ({detail}): specify the stake accounts one by one, or use an endpoint \
         that serves getProgramAccounts"
    )]
    SearchRefused {
        /// What the endpoint said.
        detail: String,
    },

    /// The terminal, a pipe or the system failed.
    #[error("I/O error ({0}): check the terminal and the output's destination")]
    Io(#[from] std::io::Error),
}

impl CliError {
    /// A request that makes no sense as it is put.
    pub fn usage(what: impl Into<String>) -> Self {
        Self::Usage(what.into())
    }
}

fn list(signatures: &[Signature]) -> String {
    signatures.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// What the first problem is, and how much has been done all the same.
fn describe(summary: &Summary) -> String {
    let Some(first) = summary.problems().next() else {
        return "no transaction was sent".into();
    };
    let what = format!("could not {}: {}", first.label, first.outcome);
    let (landed, all) = (summary.landed(), summary.transactions.len());
    match landed {
        _ if all == 1 => what,
        0 => format!("{what} (none of {all} transactions landed)"),
        _ => format!("{what} ({landed} of {all} transactions landed and took effect)"),
    }
}

/// Says that an update has left stake unmerged.
pub fn unmerged(validators: usize) -> String {
    let validators = if validators == 1 { "1 validator".into() } else { format!("{validators} validators") };
    format!("stake of {validators} can be merged")
}
