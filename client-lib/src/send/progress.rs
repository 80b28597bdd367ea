//! Callbacks on the progress of sending.

use {
    super::{Outcome, Outgoing},
    crate::cluster::ClusterError,
    solana_signature::Signature,
};

/// Callbacks of a [`Sender`](super::Sender). Each method does nothing by default; `()` ignores all of them.
pub trait Progress {
    /// Sending begins, of this number of transactions.
    fn started(&self, transactions: usize) {
        let _ = transactions;
    }

    /// A transaction was submitted. `attempt` counts its signatures from 1; `signature` is the current one.
    fn sent(&self, transaction: &Outgoing, attempt: u32, signature: &Signature) {
        let _ = (transaction, attempt, signature);
    }

    /// The outcome of a transaction is known.
    fn finished(&self, transaction: &Outgoing, outcome: &Outcome) {
        let _ = (transaction, outcome);
    }

    /// The endpoint does not report [recent prices](super::ComputeUnitPrice::Recent): transactions offer none.
    fn no_recent_prices(&self, error: &ClusterError) {
        let _ = error;
    }
}

impl Progress for () {}
