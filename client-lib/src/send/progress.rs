//! A hook for whoever wants to watch.

use {
    super::{Outcome, Outgoing},
    solana_signature::Signature,
};

/// Hears what a [`Sender`](super::Sender) does. Every method does nothing unless it is implemented; `()` hears nothing.
pub trait Progress {
    /// Sending begins, of so many transactions.
    fn started(&self, transactions: usize) {
        let _ = transactions;
    }

    /// A transaction was handed to the cluster, signed for the `attempt`-th time (from 1), and known by `signature` from now on.
    fn sent(&self, transaction: &Outgoing, attempt: u32, signature: &Signature) {
        let _ = (transaction, attempt, signature);
    }

    /// It is known what became of a transaction.
    fn finished(&self, transaction: &Outgoing, outcome: &Outcome) {
        let _ = (transaction, outcome);
    }
}

impl Progress for () {}
