//! Errors of the demo and the rehearsal.

use {
    std::{fmt::Display, io},
    thiserror::Error,
    tidepool_cli::error::CliError,
    tidepool_client::{cluster::ClusterError, error::PlanError, lookup::LookupError, pack::PackError, pool::PoolError},
    tidepool_embedded::EmbeddedError,
};

/// A failed run, or books that do not balance.
#[derive(Debug, Error)]
pub enum RunError {
    #[error(transparent)]
    Embedded(#[from] EmbeddedError),
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    #[error(transparent)]
    Pool(#[from] PoolError),
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error(transparent)]
    Lookup(#[from] LookupError),
    #[error(transparent)]
    Pack(#[from] PackError),
    /// Weights that the pool does not take.
    #[error("{0}")]
    Weights(String),
    /// A plan that the pool does not take, with the place in its file.
    #[error(transparent)]
    File(Box<CliError>),
    #[error("\"{label}\" did not go through: {reason}")]
    Transaction { label: String, reason: String },
    #[error("{what} should be {expected} and is {found}: the program or this check has a bug, please report it")]
    Mismatch { what: String, expected: String, found: String },
    #[error("cannot write the report ({0}): check where the output goes")]
    Output(#[from] io::Error),
}

impl From<CliError> for RunError {
    fn from(error: CliError) -> Self {
        Self::File(Box::new(error))
    }
}

impl RunError {
    /// Checks that `found` equals `expected`.
    ///
    /// # Errors
    /// [`Self::Mismatch`].
    pub fn check<T: Display + PartialEq>(what: impl Into<String>, expected: T, found: T) -> Result<(), Self> {
        if expected == found {
            return Ok(());
        }
        Err(Self::Mismatch { what: what.into(), expected: expected.to_string(), found: found.to_string() })
    }
}
