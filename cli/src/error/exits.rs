//! The exit code of each error.

use {
    super::CliError,
    crate::exit::Exit,
    tidepool_client::{
        cluster::ClusterError,
        error::{Cause, PlanError},
        lookup::LookupError,
        pool::PoolError,
        send::{FailureReport, NonceError, NotSent, Outcome, Sent, Summary},
    },
};

impl CliError {
    pub fn exit(&self) -> Exit {
        match self {
            Self::Usage(_)
            | Self::Config { .. }
            | Self::File { .. }
            | Self::Selection(_)
            | Self::Key { .. }
            | Self::WrongKey { .. }
            | Self::CannotAsk => Exit::Usage,
            Self::Stale { .. }
            | Self::Unmerged { .. }
            | Self::Waiting(_)
            | Self::Plan(PlanError::EpochRewardsActive { .. }) => Exit::NotNow,
            Self::NotConfirmed => Exit::NotConfirmed,
            Self::Plan(PlanError::StakeAccountsNotRead { .. })
            | Self::Pack(_)
            | Self::Io(_)
            | Self::SearchRefused { .. } => Exit::Failed,
            Self::Plan(_)
            | Self::Outdated { .. }
            | Self::InsufficientFunds { .. }
            | Self::Existing { .. }
            | Self::NoV1 { .. } => Exit::Refused,
            Self::Unfinished { error, .. } | Self::InFile { error, .. } => error.exit(),
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
            Self::Interrupted => Exit::Interrupted,
            Self::InFlight(_) => Exit::Unknown,
        }
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
