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
        desired::LiveError,
        error::PlanError,
        lookup::LookupError,
        pack::PackError,
        pool::PoolError,
        send::{NonceError, NotSent, Summary},
    },
    tidepool_selection::{Place, Problem, SelectError},
};

/// Why a command did not do what it was asked for. Each is one sentence: the fault and the remedy.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    #[error("{0}")]
    Usage(String),

    #[error("cannot read the configuration file {} ({detail}): correct it, or specify another with --config", path.display())]
    Config { path: PathBuf, detail: String },

    #[error("{}, {problem}", path.display())]
    File { path: PathBuf, problem: Problem },

    /// A plan for a pool that has changed since.
    #[error("{}, {problem}", path.display())]
    Outdated { path: PathBuf, problem: Problem },

    /// An error about what a place of a file asks for.
    #[error("{}, line {}, column {}: {error}", path.display(), place.line, place.column)]
    InFile { path: PathBuf, place: Place, error: Box<Self> },

    #[error(transparent)]
    Selection(#[from] SelectError),

    #[error("cannot read the keypair of {role}: {detail}")]
    Key {
        role: &'static str,
        /// The fault, without any of the key.
        detail: String,
    },

    #[error("wrong keypair {given}: {role} is {expected}; specify its keypair with {option}")]
    WrongKey { role: &'static str, expected: Address, given: Address, option: &'static str },

    /// The pool has not been updated in this epoch, and the command was told not to do it.
    #[error("stale pool: last updated in epoch {last}, current epoch {now}: run `tidepool update {pool}`, {otherwise}")]
    Stale { pool: Address, last: u64, now: u64, otherwise: &'static str },

    /// A proposal of a multisig that has to wait.
    #[error("{0}")]
    Waiting(String),

    /// An update of this epoch left stake unmerged, and the command needs it merged and may not do it.
    #[error("{}: run `tidepool update {pool}`, {otherwise}", unmerged(*.validators))]
    Unmerged { pool: Address, validators: usize, otherwise: &'static str },

    #[error(
        "insufficient funds: {holder} holds {held}, and needs {needed}: add funds, use a smaller amount, or use another \
             account"
    )]
    InsufficientFunds { holder: Address, held: String, needed: String },

    #[error("{error}: {advice}")]
    Existing { error: Box<ExistingAccount>, advice: String },

    #[error("{error}; {advice}")]
    Unfinished { error: Box<Self>, advice: String },

    #[error(
        "confirmation needed, but standard input is not a terminal: look at it with --dry-run, then repeat it with --yes"
    )]
    CannotAsk,

    #[error("not confirmed: nothing more was sent")]
    NotConfirmed,

    #[error("the cluster does not take v1 transactions yet (the feature gate enable_tx_v1 is not active): {advice}")]
    NoV1 { advice: &'static str },

    #[error(transparent)]
    Plan(#[from] PlanError),

    #[error(transparent)]
    Pool(#[from] PoolError),

    #[error(transparent)]
    Cluster(#[from] ClusterError),

    #[error(transparent)]
    Lookup(#[from] LookupError),

    #[error(transparent)]
    Pack(#[from] PackError),

    #[error("{}", describe(.0))]
    NotLanded(Summary),

    #[error(transparent)]
    Nonce(#[from] NonceError),

    #[error(transparent)]
    NotSent(#[from] NotSent),

    #[error("interrupted before anything was sent, except for an update of the pool if one was needed")]
    Interrupted,

    #[error("interrupted with transactions in flight: check {} before you repeat the command", list(.0))]
    InFlight(Vec<Signature>),

    #[error(
        "the endpoint cannot search for stake accounts ({detail}): specify the stake accounts one by one, or use an endpoint \
         that serves getProgramAccounts"
    )]
    SearchRefused { detail: String },

    #[error("I/O error ({0}): check the terminal and the output's destination")]
    Io(#[from] std::io::Error),
}

impl From<LiveError> for CliError {
    fn from(error: LiveError) -> Self {
        match error {
            LiveError::Pool(error) => error.into(),
            LiveError::Plan(error) => error.into(),
        }
    }
}

impl CliError {
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
