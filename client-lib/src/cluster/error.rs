//! Why a cluster could not answer, and what to do about it.

use {
    super::{Cluster, sysvars::below_rent},
    crate::error::BelowRent,
    solana_address::Address,
    solana_transaction_error::TransactionError,
    std::time::Duration,
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
        /// Time that the endpoint asks to wait, if it names one.
        retry_after: Option<Duration>,
    },

    /// The endpoint answered and refused.
    #[error(
        "the cluster refused the request ({detail}): check that the endpoint serves this method and the addresses given"
    )]
    Refused {
        /// What the endpoint or the network said.
        detail: String,
    },

    /// The endpoint refuses a request of this size. It may serve smaller ones.
    #[error("the cluster refused the request for its size ({detail}): use an endpoint with a higher limit")]
    TooLarge {
        /// What the endpoint said.
        detail: String,
    },

    /// The endpoint serves too few accounts per request for a reading of one slot, and its slot changed between the requests.
    #[error(
        "{wanted} accounts of one slot could not be read (the endpoint serves {served} accounts per request, and its slot \
         changed between the requests): try again, or use an endpoint that serves {wanted} accounts per request"
    )]
    SlotChanged {
        /// Accounts of one slot that were asked for.
        wanted: usize,
        /// Most accounts that one request may ask for.
        served: usize,
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

    /// Whether the same request may succeed when it is repeated, whichever endpoint it is.
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::RateLimited { .. } | Self::SlotChanged { .. })
    }

    /// Whether the error is about the endpoint, not about what was asked for. An endpoint that has served the same requests
    /// before may serve them again: a gateway in front of it answers for a while, or one of its nodes is wrong.
    pub const fn is_endpoint_error(&self) -> bool {
        self.is_transient()
            || matches!(self, Self::Refused { .. } | Self::TooLarge { .. } | Self::UnexpectedAnswer { .. })
    }

    /// Time that the endpoint asks to wait before the next request, if it names one.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}
