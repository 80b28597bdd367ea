//! Dry runs of transactions.

use {
    super::{FailureReport, Fee, NotSent, Outgoing, Sender, budget::Budget},
    crate::cluster::Cluster,
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
    /// Number of signatures. Each costs a fee.
    pub signatures: usize,
    /// The fee, with the limits that it would request. Those of a transaction that fails are bounds.
    pub fee: Fee,
}

impl<C: Cluster> Sender<'_, C> {
    /// Simulates independent transactions. Nothing is signed or sent, and no key is needed: the payer's address is
    /// enough.
    ///
    /// # Errors
    /// [`NotSent`] if the cluster does not respond, or a transaction is too large.
    pub async fn dry_run(&self, transactions: &[Outgoing]) -> Result<Vec<DryRun>, NotSent> {
        let price = self.price(transactions).await?;
        self.rehearse(transactions, price, self.fee_hash().await).await
    }

    /// Simulates transactions, and asks for their fees with the blockhash `hash`.
    pub(super) async fn rehearse(
        &self,
        transactions: &[Outgoing],
        price: u64,
        hash: Hash,
    ) -> Result<Vec<DryRun>, NotSent> {
        stream::iter(transactions)
            .map(|outgoing| self.rehearse_one(outgoing, price, hash))
            .buffered(self.options.parallel.max(1))
            .try_collect()
            .await
    }

    async fn rehearse_one(&self, outgoing: &Outgoing, price: u64, hash: Hash) -> Result<DryRun, NotSent> {
        let widest = self.widest(outgoing, price);
        // At price 0 the payer's balance does not matter.
        let widest = Budget { price: widest.price.map(|_| 0), ..widest };
        let transaction = self.unsigned(&widest.append_to(&outgoing.instructions), outgoing)?;
        let signatures = transaction.signatures.len();
        let simulation = self.retrying().simulate(&transaction).await?;
        let budget = match simulation.error {
            None => self.simulated(outgoing, price, &simulation),
            Some(_) => self.bound_of_all(outgoing, price),
        };
        let fee = self.fee(outgoing, budget, hash).await?;
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
            fee,
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
