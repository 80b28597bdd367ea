//! Errors of the demo and the rehearsal.

use {
    std::{fmt::Display, io},
    thiserror::Error,
    tidepool_client::{cluster::ClusterError, error::PlanError, lookup::LookupError, pack::PackError, pool::PoolError},
    tidepool_embedded::EmbeddedError,
};

/// A failed run, or books that do not balance.
#[derive(Debug, Error)]
pub enum RunError {
    /// Error of the embedded cluster.
    #[error(transparent)]
    Embedded(#[from] EmbeddedError),
    /// Error of the cluster trait.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The pool could not be read.
    #[error(transparent)]
    Pool(#[from] PoolError),
    /// A plan could not be made.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// Lookup tables could not be created.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// An instruction group does not fit a transaction.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// A transaction was not confirmed.
    #[error("\"{label}\" did not go through: {reason}")]
    Transaction {
        /// Label of the transaction.
        label: String,
        /// Reason of the failure.
        reason: String,
    },
    /// A figure differs from its expected value.
    #[error("{what} should be {expected} and is {found}: the program or this check has a bug, please report it")]
    Mismatch {
        /// The figure.
        what: String,
        /// The expected value.
        expected: String,
        /// The actual value.
        found: String,
    },
    /// The report could not be written.
    #[error("cannot write the report ({0}): check where the output goes")]
    Output(#[from] io::Error),
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
