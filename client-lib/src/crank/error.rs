//! Why a crank ends before the pool is up to date.

use {
    crate::{
        cluster::ClusterError,
        error::PlanError,
        pool::PoolError,
        send::{FailureReport, NotSent, Outcome, Sent, Summary, UnknownReason},
    },
    solana_transaction_error::TransactionError,
    std::error::Error,
    thiserror::Error,
};

/// Why a crank ends before the pool is up to date and in balance. `E` is what its [`PlanSender`](super::Carrier) says.
#[derive(Debug, Error)]
pub enum CrankError<E: Error + 'static> {
    /// The pool cannot be read.
    #[error(transparent)]
    Pool(#[from] PoolError),

    /// There is no plan.
    #[error(transparent)]
    Plan(#[from] PlanError),

    /// Transactions did not land, and looking again has not helped.
    #[error("{} of {} transactions did not land: {}", .0.problems().count(), .0.transactions.len(), first_problem(.0))]
    NotLanded(Summary),

    /// What was sent has landed and changed nothing for several rounds, or there were too many rounds.
    #[error(
        "the pool is not up to date after {rounds} rounds: epochs end before, an endpoint is behind, or somebody changes the pool all \
         the time; run it again"
    )]
    Restless {
        /// Rounds in which something was sent.
        rounds: u32,
    },

    /// It was told to stop. What was sent before is in the summary.
    #[error("it was told to stop before the pool was up to date: run it again")]
    Stopped(Summary),

    /// Transactions could not be made or carried to the cluster.
    #[error(transparent)]
    PlanSender(E),
}

impl<E: Error + 'static> From<ClusterError> for CrankError<E> {
    fn from(error: ClusterError) -> Self {
        Self::Pool(error.into())
    }
}

impl<E: Error + 'static> CrankError<E> {
    /// Whether the error is about the endpoint: it did not answer, limits requests, or sent another answer than one of the cluster.
    pub fn is_cluster(&self) -> bool {
        match self {
            Self::Pool(PoolError::Cluster(error)) => error.is_endpoint_error(),
            Self::Pool(error) => is_transient(error),
            Self::NotLanded(summary) => summary.problems().any(|sent| is_unanswered(&sent.outcome)),
            _ => false,
        }
    }

    /// Whether trying again later may help, with the same command. It may where the payer has no lamports, since it can be funded.
    /// Where the watch `has_read` the pool before, any failed reading may pass: pools are not closed, so the endpoint is wrong, or
    /// behind after a restart, or a gateway answers in its place.
    pub(super) fn is_retryable(&self, has_read: bool) -> bool {
        match self {
            Self::Pool(error) => has_read || is_transient(error) || is_unfunded(error),
            Self::Plan(error) => matches!(error, PlanError::EpochRewardsActive { .. }),
            Self::NotLanded(summary) => !summary.problems().any(|sent| is_final(&sent.outcome)),
            Self::Restless { .. } => true,
            Self::Stopped(_) | Self::PlanSender(_) => false,
        }
    }
}

/// Whether the pool cannot be read for a reason that passes.
pub(super) fn is_transient(error: &PoolError) -> bool {
    match error {
        PoolError::Cluster(error) => error.is_transient(),
        PoolError::KeepsChanging { .. } => true,
        _ => false,
    }
}

/// Whether a simulation was refused because its payer has nothing.
fn is_unfunded(error: &PoolError) -> bool {
    match error {
        PoolError::Cluster(ClusterError::Unfunded { .. } | ClusterError::BelowRent(_)) => true,
        PoolError::Cluster(ClusterError::TransactionRefused { error }) => is_unfunded_error(error),
        _ => false,
    }
}

const fn is_unfunded_error(error: &TransactionError) -> bool {
    matches!(
        error,
        TransactionError::AccountNotFound
            | TransactionError::InsufficientFundsForFee
            // The first account of a transaction is its payer.
            | TransactionError::InsufficientFundsForRent { account_index: 0 }
    )
}

/// How to go on after transactions were sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Verdict {
    /// All have landed.
    Landed,
    /// Some have not, which may be because somebody else was faster or the epoch has ended: look again.
    Reread,
    /// Some have not, and none ever will: nobody pays, or somebody does not sign.
    Final,
    /// It was told to stop.
    Stopped,
}

pub(super) fn judge(summary: &Summary) -> Verdict {
    if summary.is_success() {
        Verdict::Landed
    } else if summary.is_stopped() {
        Verdict::Stopped
    } else if summary.problems().any(|sent| is_final(&sent.outcome) || is_unpaid(&sent.outcome)) {
        Verdict::Final
    } else {
        Verdict::Reread
    }
}

/// Whether sending it again, whenever that may be, would end in the same way.
fn is_final(outcome: &Outcome) -> bool {
    match outcome {
        // The endpoint has served the pool, so that it may serve this later.
        Outcome::NotSent(NotSent::Cluster(error)) => !error.is_endpoint_error(),
        Outcome::NotSent(NotSent::EarlierDidNotLand | NotSent::Stopped) => false,
        Outcome::NotSent(_) => true,
        _ => false,
    }
}

/// Whether the payer could not pay for it.
fn is_unpaid(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::WouldFail(FailureReport { error, .. }) => is_unfunded_error(error),
        _ => false,
    }
}

fn is_unanswered(outcome: &Outcome) -> bool {
    matches!(
        outcome,
        Outcome::Unknown { reason: UnknownReason::Cluster(_), .. } | Outcome::NotSent(NotSent::Cluster(_))
    )
}

fn first_problem(summary: &Summary) -> String {
    summary.problems().next().map_or_else(String::new, |Sent { label, outcome, .. }| format!("{label} {outcome}"))
}
