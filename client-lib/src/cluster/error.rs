//! Why a cluster could not answer, and what to do about it.

use {
    super::{Cluster, sysvars::below_rent},
    crate::error::BelowRent,
    solana_address::Address,
    solana_transaction_error::TransactionError,
    thiserror::Error,
};

/// A question to a cluster that was not answered, or answered with nonsense.
///
/// A transaction that runs and fails is not one of these: see [`TransactionStatus`](super::TransactionStatus).
#[derive(Clone, Debug, Error)]
pub enum ClusterError {
    /// The request did not get through. The same request may well succeed later.
    #[error("the cluster did not answer ({detail}): check the URL and the network, then try again")]
    Unreachable {
        /// What the endpoint or the network said.
        detail: String,
    },

    /// The endpoint limits how often it may be asked. The same request succeeds later.
    #[error(
        "the cluster limits how often it may be asked ({detail}): wait a moment, or use an endpoint with a higher limit"
    )]
    RateLimited {
        /// What the endpoint or the network said.
        detail: String,
    },

    /// The endpoint answered and refused.
    #[error(
        "the cluster refused the request ({detail}): check that the endpoint serves this method and the addresses given"
    )]
    Refused {
        /// What the endpoint or the network said.
        detail: String,
    },

    /// The cluster would not take a transaction at all, so it paid no fee.
    #[error(
        "the cluster did not take the transaction ({error}): check that the fee payer has lamports and that every account exists on this cluster"
    )]
    TransactionRefused {
        /// Why.
        error: TransactionError,
    },

    /// Who was to pay has nothing to pay with.
    #[error(
        "the fee payer {payer} has no SOL for a fee on this cluster: send it some, pay with another key, or check that the URL is \
         that of the right cluster"
    )]
    Unfunded {
        /// The fee payer.
        payer: Address,
    },

    /// A transaction would leave an account below its rent-exempt minimum.
    #[error("{0}")]
    BelowRent(BelowRent),

    /// An account that has to exist does not.
    #[error("account {address} does not exist: check the address, and that the URL is that of the right cluster")]
    AccountNotFound {
        /// The account that was asked for.
        address: Address,
    },

    /// An account exists, with data that cannot be what it should be.
    #[error(
        "account {address} does not hold {expected}: check the address, or update this program if the cluster is newer"
    )]
    UnexpectedData {
        /// The account that was read.
        address: Address,
        /// What it should hold.
        expected: &'static str,
    },

    /// The answer does not have the form agreed on.
    #[error("the cluster's answer makes no sense ({detail}): try another endpoint, or update this program")]
    UnexpectedAnswer {
        /// What the endpoint or the network said.
        detail: String,
    },
}

impl ClusterError {
    /// Why a transaction that `payer` was to pay for would not be taken.
    pub(crate) async fn refused<C: Cluster + ?Sized>(cluster: &C, error: TransactionError, payer: &Address) -> Self {
        match error {
            // The first account of a transaction is its payer.
            TransactionError::InsufficientFundsForRent { account_index: 0 } => {
                Self::BelowRent(below_rent(cluster, *payer).await)
            }
            TransactionError::AccountNotFound | TransactionError::InsufficientFundsForFee => {
                Self::Unfunded { payer: *payer }
            }
            error => Self::TransactionRefused { error },
        }
    }

    /// Whether the same request may succeed when it is simply repeated.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::RateLimited { .. })
    }
}
