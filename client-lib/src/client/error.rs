//! Errors of a pool client.

use {
    crate::{
        cluster::ClusterError, crank::CrankError, error::PlanError, pack::PackError, plan::Remainder, pool::PoolError,
        send::Summary,
    },
    thiserror::Error,
};

/// Error of a [`PoolClient`](super::PoolClient).
#[derive(Debug, Error)]
pub enum ClientError {
    /// The pool cannot be read, or the cluster did not answer.
    #[error(transparent)]
    Pool(#[from] PoolError),

    /// The program would refuse the trade, for example because of its size or the slippage bound. Nothing was sent.
    #[error(transparent)]
    Plan(#[from] PlanError),

    /// The trade does not fit a transaction.
    #[error(transparent)]
    Pack(#[from] PackError),

    /// None of the pool tokens can be withdrawn as stake now. Nothing was sent.
    #[error("{} pool tokens (smallest units) cannot be withdrawn as stake now ({}): withdraw SOL, or another amount", .0.pool_tokens, .0.reason)]
    NothingToWithdraw(Remainder),

    /// The pool has no open exit ticket with this id: it was paid or cancelled, or never requested. Nothing was sent.
    #[error("the pool has no open exit ticket {id}: read the open ones")]
    TicketNotOpen {
        /// Id of the ticket.
        id: u64,
    },

    /// The update before a trade, or a crank, did not finish.
    #[error(transparent)]
    Crank(CrankError<PackError>),

    /// Not all transactions of a trade landed. The summary has the outcome of each: check those that are
    /// [`Unknown`](crate::send::Outcome::Unknown) before you repeat the trade.
    #[error("{} of {} transactions did not land: {}", .0.problems().count(), .0.transactions.len(), .0.first_problem())]
    NotLanded(Summary),
}

impl From<ClusterError> for ClientError {
    fn from(error: ClusterError) -> Self {
        Self::Pool(error.into())
    }
}

impl From<CrankError<PackError>> for ClientError {
    fn from(error: CrankError<PackError>) -> Self {
        match error {
            CrankError::Pool(error) => Self::Pool(error),
            CrankError::Plan(error) => Self::Plan(error),
            CrankError::PlanSender(error) => Self::Pack(error),
            error => Self::Crank(error),
        }
    }
}
