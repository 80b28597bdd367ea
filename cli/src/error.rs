//! What can go wrong, in one sentence each, and the exit codes.

mod exit;

pub use exit::{EXIT_CODES, Exit};

use {
    crate::{
        freshness::unmerged,
        output::{Unsent, state_name},
    },
    serde_json::{Value, json},
    solana_address::Address,
    solana_signature::Signature,
    std::path::PathBuf,
    tidepool_client::{
        actions::ExistingAccount,
        cluster::ClusterError,
        error::{Cause, PlanError},
        lookup::LookupError,
        pack::PackError,
        plan::Step,
        pool::PoolError,
        send::{FailureReport, NonceError, NotSent, Outcome, Sent, Summary},
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

    /// It was not to be sent. This is the answer, and no failure.
    #[error("nothing was sent, as specified")]
    Unsent(Box<Unsent>),

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

    /// How the program ends with this error.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Usage(_)
            | Self::Config { .. }
            | Self::WeightsFile { .. }
            | Self::Key { .. }
            | Self::WrongKey { .. }
            | Self::CannotAsk => Exit::Usage,
            Self::Stale { .. } | Self::Unmerged { .. } | Self::Plan(PlanError::EpochRewardsActive { .. }) => {
                Exit::NotNow
            }
            Self::NotConfirmed => Exit::NotConfirmed,
            Self::Plan(PlanError::StakeAccountsNotRead { .. })
            | Self::Pack(_)
            | Self::Io(_)
            | Self::SearchRefused { .. } => Exit::Failed,
            Self::Plan(_) | Self::InsufficientFunds { .. } | Self::Existing { .. } => Exit::Refused,
            Self::Unfinished { error, .. } => error.exit(),
            Self::Pool(PoolError::Cluster(error))
            | Self::Cluster(error)
            | Self::Lookup(LookupError::Cluster(error)) => exit_of_cluster(error),
            Self::Lookup(error) => exit_of_lookup(error),
            Self::Pool(PoolError::KeepsChanging { .. }) => Exit::Unreachable,
            Self::Pool(_) => Exit::Refused,
            Self::NotLanded(summary) => exit_of_summary(summary),
            Self::Nonce(NonceError::Cluster(error)) => exit_of_cluster(error),
            Self::Nonce(NonceError::NotANonce { .. }) => Exit::Usage,
            Self::NotSent(reason) => exit_of_unsent(reason),
            Self::Unsent(unsent) => unsent.exit(),
            Self::Interrupted => Exit::Interrupted,
            Self::InFlight(_) => Exit::Unknown,
        }
    }

    /// The error as JSON: `kind`, `exit_code`, `message`, and where they apply `cause` (the program's name for it) and
    /// `transactions`.
    pub fn json(&self) -> Value {
        if let Self::Unfinished { error, .. } = self {
            let mut json = error.json();
            json["error"]["message"] = self.to_string().into();
            return json;
        }
        let exit = self.exit();
        let mut error = json!({ "kind": exit.name(), "exit_code": exit as u8, "message": self.to_string() });
        if let Self::Plan(PlanError::Refused(refusal)) = self {
            error["cause"] = cause_name(&refusal.cause).into();
        }
        if let Self::InFlight(signatures) = self {
            error["signatures"] = signatures.iter().map(ToString::to_string).collect();
        }
        if let Self::NotLanded(summary) = self {
            if let Some(failure) = summary.problems().find_map(|sent| failure_of(&sent.outcome)) {
                error["cause"] = failure.explanation.name.clone().into();
            }
            error["transactions"] = summary.transactions.iter().map(transaction_json).collect();
        }
        json!({ "error": error })
    }
}

fn exit_of_cluster(error: &ClusterError) -> Exit {
    if error.is_transient() {
        Exit::Unreachable
    } else {
        match error {
            ClusterError::TransactionRefused { .. }
            | ClusterError::Unfunded { .. }
            | ClusterError::BelowRent(_)
            | ClusterError::AccountNotFound { .. } => Exit::Refused,
            _ => Exit::Failed,
        }
    }
}

const fn exit_of_lookup(error: &LookupError) -> Exit {
    match error {
        LookupError::TooFewSlots { .. } => Exit::NotNow,
        LookupError::NotAuthority { .. } => Exit::Usage,
        LookupError::NotFound { .. } | LookupError::NotATable { .. } | LookupError::Frozen { .. } => Exit::Refused,
        LookupError::Cluster(_) | LookupError::SearchRefused { .. } => Exit::Failed,
    }
}

/// How the program ends with a transaction that failed or would.
pub fn exit_of_failure(failure: &FailureReport) -> Exit {
    if failure.explanation.cause.as_ref().is_some_and(Cause::is_too_early) { Exit::NotNow } else { Exit::Refused }
}

fn exit_of_summary(summary: &Summary) -> Exit {
    let is_unknown = |sent: &&Sent| matches!(sent.outcome, Outcome::Unknown { .. });
    if summary.problems().any(|sent| is_unknown(&sent)) {
        return Exit::Unknown;
    }
    if summary.is_stopped() {
        return Exit::Interrupted;
    }
    match summary.problems().next().map(|sent| &sent.outcome) {
        Some(Outcome::Failed { failure, .. } | Outcome::WouldFail(failure)) => exit_of_failure(failure),
        Some(Outcome::Expired { .. }) => Exit::Unreachable,
        Some(Outcome::NotSent(reason)) => exit_of_unsent(reason),
        _ => Exit::Failed,
    }
}

fn exit_of_unsent(reason: &NotSent) -> Exit {
    match reason {
        NotSent::Cluster(error) => exit_of_cluster(error),
        NotSent::MissingSigner { .. } | NotSent::CouldNotSign { .. } | NotSent::SignatureOfAnother { .. } => {
            Exit::Usage
        }
        NotSent::Stopped => Exit::Interrupted,
        NotSent::EarlierDidNotLand
        | NotSent::TooLarge { .. }
        | NotSent::TooFewComputeUnits { .. }
        | NotSent::Malformed { .. } => Exit::Failed,
    }
}

fn list(signatures: &[Signature]) -> String {
    signatures.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn failure_of(outcome: &Outcome) -> Option<&FailureReport> {
    match outcome {
        Outcome::Failed { failure, .. } | Outcome::WouldFail(failure) => Some(failure),
        _ => None,
    }
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

/// What became of each transaction, for a person, where there was more than one.
pub fn details(error: &CliError) -> Vec<String> {
    let summary = match error {
        CliError::NotLanded(summary) => summary,
        CliError::Unfinished { error, .. } => return details(error),
        _ => return vec![],
    };
    if summary.transactions.len() < 2 {
        return vec![];
    }
    let line = |sent: &Sent| format!("  {}: {}", sent.label, sent.outcome);
    summary.transactions.iter().map(line).collect()
}

fn transaction_json(sent: &Sent) -> Value {
    let state = state_name(&sent.outcome);
    let signature = sent.outcome.signature().map(|signature| signature.to_string());
    let logs = failure_of(&sent.outcome).map(|failure| failure.logs.clone());
    json!({
        "label": sent.label,
        "steps": sent.steps.iter().map(step_json).collect::<Vec<_>>(),
        "state": state,
        "signature": signature,
        "detail": sent.outcome.to_string(),
        "logs": logs.unwrap_or_default(),
    })
}

/// A step of a trade, for a program that has to tell which of them landed.
fn step_json(step: &Step) -> Value {
    match step {
        Step::WithdrawSol => json!({ "step": "withdraw_sol", "stake_account": null }),
        Step::WithdrawStake { to } => json!({ "step": "withdraw_stake", "stake_account": to.to_string() }),
        Step::DepositStake { from } => json!({ "step": "deposit_stake", "stake_account": from.to_string() }),
    }
}

/// The name of what the program would answer, such as `ExceededSlippage`.
pub(crate) fn cause_name(cause: &Cause) -> String {
    match cause {
        Cause::StakePool(error) => format!("{error:?}"),
        Cause::Extension(error) => format!("{error:?}"),
        Cause::Stake(error) => format!("{error:?}"),
        Cause::Instruction(error) => format!("{error:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_json_too() {
        let error = CliError::Stale { pool: Address::default(), last: 4, now: 5, otherwise: "or wait" };
        let json = error.json();
        assert_eq!(json["error"]["kind"], "not_now");
        assert_eq!(json["error"]["exit_code"], 5);
        assert_eq!(json["error"]["message"], error.to_string());
    }
}
