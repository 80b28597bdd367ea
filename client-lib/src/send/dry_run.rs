//! Dry runs of transactions.

use {
    super::{FailureReport, NotSent, Outgoing, Sender, budget::with_budget},
    crate::{cluster::Cluster, compute::MAX_PER_TRANSACTION},
    futures_util::{StreamExt as _, TryStreamExt as _, stream},
    solana_hash::Hash,
    solana_instruction::Instruction,
    solana_signature::Signature,
    solana_transaction::versioned::VersionedTransaction,
};

/// Result of a dry run.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DryRun {
    /// The transaction's label.
    pub label: String,
    /// The error with which it would fail, if any.
    pub failure: Option<FailureReport>,
    /// Program logs.
    pub logs: Vec<String>,
    /// Compute units that it would use.
    pub units_consumed: u64,
    /// Number of signatures, each of which costs a fee.
    pub signatures: usize,
}

impl<C: Cluster> Sender<'_, C> {
    /// Simulates independent transactions. Nothing is signed or sent, and no key is needed: the payer's address is
    /// enough.
    ///
    /// # Errors
    /// [`NotSent`] if the cluster does not respond, or a transaction is too large.
    pub async fn dry_run(&self, transactions: &[Outgoing]) -> Result<Vec<DryRun>, NotSent> {
        stream::iter(transactions)
            .map(|outgoing| self.dry_run_one(outgoing))
            .buffered(self.options.parallel.max(1))
            .try_collect()
            .await
    }

    async fn dry_run_one(&self, outgoing: &Outgoing) -> Result<DryRun, NotSent> {
        // At price 0 the payer's balance does not matter.
        let widest = with_budget(&outgoing.instructions, Some(MAX_PER_TRANSACTION), 0);
        let transaction = self.unsigned(&widest, outgoing)?;
        let signatures = transaction.signatures.len();
        let simulation = self.retrying().simulate(&transaction).await?;
        let logs = simulation.logs;
        let failure = match simulation.error {
            Some(error) => Some(self.report(outgoing, &transaction.message, error, logs.clone()).await),
            None => None,
        };
        Ok(DryRun {
            label: outgoing.label.clone(),
            failure,
            logs,
            units_consumed: simulation.units_consumed,
            signatures,
        })
    }

    /// A transaction of the final size, for a simulation.
    pub(super) fn unsigned(
        &self,
        instructions: &[Instruction],
        outgoing: &Outgoing,
    ) -> Result<VersionedTransaction, NotSent> {
        let message = self.message(instructions, outgoing, Hash::default())?;
        let signatures = usize::from(message.header().num_required_signatures);
        let transaction = VersionedTransaction { signatures: vec![Signature::default(); signatures], message };
        super::prepare::check_size(&transaction)?;
        Ok(transaction)
    }
}
