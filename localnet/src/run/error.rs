//! What can go wrong on the way.

use {
    crate::embedded::EmbeddedError,
    std::{fmt::Display, io},
    thiserror::Error,
    tidepool_client::{cluster::ClusterError, error::PlanError, lookup::LookupError, pack::PackError, pool::PoolError},
};

/// A run that did not come to its end, or whose books do not balance.
#[derive(Debug, Error)]
pub enum RunError {
    /// The embedded cluster.
    #[error(transparent)]
    Embedded(#[from] EmbeddedError),
    /// The embedded cluster, asked as a client does.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The pool could not be read.
    #[error(transparent)]
    Pool(#[from] PoolError),
    /// Something could not be planned.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// Lookup tables could not be made.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// Something did not fit a transaction.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// A transaction did not land.
    #[error("\"{label}\" did not go through: {reason}")]
    Transaction {
        /// What it was to do.
        label: String,
        /// What became of it.
        reason: String,
    },
    /// A figure is not what it has to be.
    #[error("{what} should be {expected} and is {found}: the program or this check has a bug, please report it")]
    Mismatch {
        /// The figure.
        what: String,
        /// What it should be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// The report could not be written.
    #[error("cannot write the report ({0}): check where the output goes")]
    Output(#[from] io::Error),
}

impl RunError {
    /// `Ok` where `found` is what it has to be.
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
