//! Callbacks on the progress of sending.

use {
    super::{Outcome, Outgoing},
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
}

impl Progress for () {}
