//! Errors of requests to a cluster, and whether a repeat can succeed.

use {
    crate::error::BelowRent, solana_address::Address, solana_transaction_error::TransactionError, std::time::Duration,
    thiserror::Error,
};

/// A request to a cluster that failed, or was answered with an invalid response.
///
/// A transaction that runs and fails is no such error: see [`TransactionStatus`](super::TransactionStatus).
#[derive(Clone, Debug, Error)]
pub enum ClusterError {
    /// The request did not get through. The same request can succeed later.
    #[error("the cluster did not answer ({detail}): check the URL and the network, then retry")]
    Unreachable {
        /// Message of the endpoint or the network.
        detail: String,
    },

    /// The endpoint limits the rate of requests. The same request succeeds later.
    #[error("rate limit of the endpoint ({detail}): wait, or use an endpoint with a higher limit")]
    RateLimited {
        /// Message of the endpoint or the network.
        detail: String,
        /// Time that the endpoint asks to wait, if it names one.
        retry_after: Option<Duration>,
    },

    /// The endpoint refused the request.
    #[error(
        "the endpoint rejected the request ({detail}): check that it supports this method, and check the addresses"
    )]
    Refused {
        /// Message of the endpoint or the network.
        detail: String,
    },

    /// The endpoint refuses a request of this size. It may serve smaller ones.
    #[error("the endpoint rejected the request because of its size ({detail}): use an endpoint with a higher limit")]
    TooLarge {
        /// Message of the endpoint.
        detail: String,
    },

    /// The endpoint serves too few accounts per request to read all of them in one slot, and the slot changed between
    /// requests.
    #[error(
        "cannot read {wanted} accounts at one slot (the endpoint returns {served} accounts per request, and the slot changed \
         between requests): retry, or use an endpoint that returns {wanted} accounts per request"
    )]
    SlotChanged {
        /// Number of accounts requested in one slot.
        wanted: usize,
        /// Most accounts that one request can ask for.
        served: usize,
    },

    /// The cluster rejected a transaction before it ran, so no fee was paid.
    #[error(
        "the cluster rejected the transaction ({error}): check that the fee payer has lamports and that every account exists \
         on this cluster"
    )]
    TransactionRefused {
        /// The transaction error.
        error: TransactionError,
    },

    /// The fee payer has no lamports.
    #[error("the fee payer {payer} has no SOL on this cluster: fund it, use another fee payer, or check the URL")]
    Unfunded {
        /// The fee payer.
        payer: Address,
    },

    /// A transaction would leave an account below its rent-exempt minimum.
    #[error("{0}")]
    BelowRent(BelowRent),

    /// A required account does not exist.
    #[error("account {address} does not exist: check the address and the URL")]
    AccountNotFound {
        /// The requested address.
        address: Address,
    },

    /// The account exists, and its data is not of the expected kind.
    #[error("account {address} is not {expected}: check the address, or update tidepool")]
    UnexpectedData {
        /// The requested address.
        address: Address,
        /// Expected kind of account.
        expected: &'static str,
    },

    /// The response does not have the expected form.
    #[error("malformed answer of the endpoint ({detail}): use another endpoint, or update tidepool")]
    UnexpectedAnswer {
        /// Message of the endpoint or the network.
        detail: String,
    },
}

impl ClusterError {
    /// Whether the same request may succeed when it is repeated, with any endpoint.
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::RateLimited { .. } | Self::SlotChanged { .. })
    }

    /// Whether the error is about the endpoint and not about the request. An endpoint that has served such requests
    /// before may serve them again: a gateway may answer for a while, or one of its nodes may be faulty.
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
