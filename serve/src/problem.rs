//! What goes wrong with a request: a status, and a sentence that says what to do.

use {
    axum::http::StatusCode,
    std::time::Duration,
    tidepool_client::{cluster::ClusterError, error::PlanError, pack::PackError, send::Outcome},
    tidepool_interface::StakePoolError,
};

/// Why a request is not answered as asked.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct Problem {
    /// The status.
    pub status: StatusCode,
    /// What was wrong, and what to do.
    pub message: String,
    /// When to retry.
    pub retry_after: Option<Duration>,
}

impl Problem {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), retry_after: None }
    }

    /// The request is malformed.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// The body is longer than `bytes`.
    pub fn too_large(bytes: usize) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, format!("the body is longer than {bytes} bytes: send less"))
    }

    /// The body did not arrive in time.
    pub fn too_slow() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time: retry")
    }

    /// The program would refuse it.
    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, message)
    }

    /// The client asks too often.
    pub fn too_often(retry_after: Duration) -> Self {
        let message = "too many requests from this address: wait a few seconds, then retry";
        Self { retry_after: Some(retry_after), ..Self::new(StatusCode::TOO_MANY_REQUESTS, message) }
    }

    /// All clients together ask too often.
    pub fn busy() -> Self {
        let message = "the server is busy: wait a few seconds, then retry";
        Self { retry_after: Some(Duration::from_secs(2)), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, message) }
    }

    /// The endpoint did not answer. Its own words stay here: they can have its address and key.
    pub fn unreachable() -> Self {
        let message = "the Solana endpoint of this server does not answer: retry in a minute";
        Self { retry_after: Some(Duration::from_secs(30)), ..Self::new(StatusCode::BAD_GATEWAY, message) }
    }
}

impl From<PlanError> for Problem {
    fn from(error: PlanError) -> Self {
        match error {
            PlanError::StakeAccountsNotRead { .. } => Self::unreachable(),
            // A visitor is not the one who updates pools.
            error if error.stake_pool_error() == Some(StakePoolError::StakeListAndPoolOutOfDate) => Self {
                retry_after: Some(Duration::from_secs(30)),
                ..Self::refused(
                    "the pool was not updated in this epoch yet, which takes some minutes: retry then, or send the update with \
                     `tidepool update`",
                )
            },
            error => Self::refused(error.to_string()),
        }
    }
}

impl From<PackError> for Problem {
    fn from(_: PackError) -> Self {
        Self::refused("the trade does not fit one transaction: choose a smaller amount")
    }
}

impl From<ClusterError> for Problem {
    fn from(error: ClusterError) -> Self {
        match error {
            ClusterError::TransactionRefused { .. } | ClusterError::Unfunded { .. } | ClusterError::BelowRent(_) => {
                Self::refused(error.to_string())
            }
            _ => Self::unreachable(),
        }
    }
}

impl From<Outcome> for Problem {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::WouldFail(failure) => Self::refused(format!("it would fail: {}", failure.explanation)),
            _ => Self::unreachable(),
        }
    }
}
