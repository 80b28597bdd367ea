//! Errors of a crank.

use {
    crate::{
        cluster::ClusterError,
        error::PlanError,
        pool::PoolError,
        send::{FailureReport, NotSent, Outcome, Summary, UnknownReason},
    },
    solana_transaction_error::TransactionError,
    std::error::Error,
    thiserror::Error,
};

/// Error that ends a crank before the pool is up to date and balanced. `E` is the error of its
/// [`PlanSender`](super::PlanSender).
#[derive(Debug, Error)]
pub enum CrankError<E: Error + 'static> {
    /// The pool cannot be read.
    #[error(transparent)]
    Pool(#[from] PoolError),

    /// The plan cannot be made.
    #[error(transparent)]
    Plan(#[from] PlanError),

    /// Transactions did not land, and another round did not help.
    #[error("{} of {} transactions did not land: {}", .0.problems().count(), .0.transactions.len(), .0.first_problem())]
    NotLanded(Summary),

    /// Transactions landed without progress for several rounds, or there were too many rounds.
    #[error(
        "the pool is not up to date after {rounds} rounds: the epoch ended, the endpoint lags behind, or other transactions \
         keep changing the pool; run the command again"
    )]
    Restless {
        /// Rounds in which transactions were sent.
        rounds: u32,
    },

    /// A stop was requested. The summary has the transactions sent before.
    #[error("stopped before the pool was up to date: run the command again")]
    Stopped(Summary),

    /// A plan could not be packed or sent.
    #[error(transparent)]
    PlanSender(E),
}

impl<E: Error + 'static> From<ClusterError> for CrankError<E> {
    fn from(error: ClusterError) -> Self {
        Self::Pool(error.into())
    }
}

impl<E: Error + 'static> CrankError<E> {
    /// Whether the error is about the endpoint: no response, a rate limit, or an invalid response.
    pub fn is_cluster(&self) -> bool {
        match self {
            Self::Pool(PoolError::Cluster(error)) => error.is_endpoint_error(),
            Self::Pool(error) => is_transient(error),
            Self::NotLanded(summary) => summary.problems().any(|sent| is_cluster_failure(&sent.outcome)),
            _ => false,
        }
    }

    /// Whether a later retry of the same command can succeed. It can without funds, since the payer can be funded. Once
    /// a watch `has_read` the pool, any failed read is retryable: pools are never closed, so the endpoint is faulty or
    /// behind.
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

pub(super) fn is_transient(error: &PoolError) -> bool {
    match error {
        PoolError::Cluster(error) => error.is_transient(),
        PoolError::KeepsChanging { .. } => true,
        _ => false,
    }
}

/// Whether a simulation was refused because the fee payer has insufficient funds.
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
            // The fee payer is the first account of a transaction.
            | TransactionError::InsufficientFundsForRent { account_index: 0 }
    )
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Verdict {
    /// All landed.
    Landed,
    /// Some did not land. Another cranker may have been faster, or the epoch has ended: read the pool again.
    Reread,
    /// The cluster produces no blocks.
    NoBlocks,
    /// Some can never land: the payer has insufficient funds, or a signature is missing.
    Final,
    /// A stop was requested.
    Stopped,
}

pub(super) fn judge(summary: &Summary) -> Verdict {
    if summary.is_success() {
        Verdict::Landed
    } else if summary.is_stopped() {
        Verdict::Stopped
    } else if summary.problems().any(|sent| is_final(&sent.outcome) || is_unfunded_outcome(&sent.outcome)) {
        Verdict::Final
    } else if summary.problems().any(|sent| has_no_blocks(&sent.outcome)) {
        Verdict::NoBlocks
    } else {
        Verdict::Reread
    }
}

/// Whether sending again at any time would have the same outcome.
fn is_final(outcome: &Outcome) -> bool {
    match outcome {
        // The endpoint has served the pool, so it may serve this later.
        Outcome::NotSent(NotSent::Cluster(error)) => !error.is_endpoint_error(),
        Outcome::NotSent(NotSent::EarlierDidNotLand | NotSent::Stopped) => false,
        Outcome::NotSent(_) => true,
        _ => false,
    }
}

const fn has_no_blocks(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Unknown { reason: UnknownReason::NoBlocks, .. })
}

fn is_unfunded_outcome(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::WouldFail(FailureReport { error, .. }) => is_unfunded_error(error),
        _ => false,
    }
}

fn is_cluster_failure(outcome: &Outcome) -> bool {
    matches!(
        outcome,
        Outcome::Unknown { reason: UnknownReason::Cluster(_), .. } | Outcome::NotSent(NotSent::Cluster(_))
    )
}
