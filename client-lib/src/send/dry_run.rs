//! What would become of transactions, without sending them.

use {
    super::{FailureReport, NotSent, Outgoing, Sender, budget::with_budget},
    crate::{cluster::Cluster, compute::MAX_PER_TRANSACTION},
    futures_util::{StreamExt as _, TryStreamExt as _, stream},
    solana_hash::Hash,
    solana_instruction::Instruction,
    solana_signature::Signature,
    solana_transaction::versioned::VersionedTransaction,
};

/// What would become of a transaction.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DryRun {
    /// The transaction's label.
    pub label: String,
    /// Why it would fail, if it would.
    pub failure: Option<FailureReport>,
    /// What the programs would log.
    pub logs: Vec<String>,
    /// Compute units that it would use.
    pub units_consumed: u64,
    /// Signatures that it takes, each of which costs the payer a fee.
    pub signatures: usize,
}

impl<C: Cluster> Sender<'_, C> {
    /// Simulates transactions that do not depend on each other. Nothing is signed or sent, and no key is needed: the payer's
    /// address is enough.
    ///
    /// # Errors
    /// [`NotSent`] where the cluster cannot be asked, or a transaction does not fit a packet.
    pub async fn dry_run(&self, transactions: &[Outgoing]) -> Result<Vec<DryRun>, NotSent> {
        stream::iter(transactions)
            .map(|outgoing| self.dry_run_one(outgoing))
            .buffered(self.options.parallel.max(1))
            .try_collect()
            .await
    }

    async fn dry_run_one(&self, outgoing: &Outgoing) -> Result<DryRun, NotSent> {
        // The price does not matter for what happens; the payer's balance is not looked at.
        let widest = with_budget(&outgoing.instructions, Some(MAX_PER_TRANSACTION), 0);
        let transaction = self.unsigned(&widest, outgoing)?;
        let signatures = transaction.signatures.len();
        let simulation = self.with_retries(|| self.cluster.simulate(&transaction)).await?;
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

    /// A transaction of the right size for a simulation.
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
