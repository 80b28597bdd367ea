//! Sending plans to the embedded cluster, the way the command line sends them to a network.

use {
    super::RunError,
    crate::{embedded::EmbeddedCluster, terminal::Bar},
    solana_address::Address,
    solana_keypair::Keypair,
    solana_signer::Signer,
    std::time::Duration,
    tidepool_client::{
        pack::{PackOptions, pack_plan},
        plan::Plan,
        send::{Outcome, Outgoing, SendOptions, Sender},
    },
};

/// A transaction that landed.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// What it did.
    pub label: String,
    /// Compute units that it used.
    pub units: u64,
}

/// Sends plans for one payer, who pays the fees of all transactions, so that wallets' balances tell deposits and
/// withdrawals to the lamport.
pub struct Driver<'c> {
    cluster: &'c EmbeddedCluster,
    payer: Keypair,
    options: SendOptions,
}

impl<'c> Driver<'c> {
    /// A driver for the pools of the program `program_id`, with a new payer who has `lamports`.
    pub fn new(cluster: &'c EmbeddedCluster, program_id: Address, lamports: u64) -> Self {
        Self {
            cluster,
            payer: cluster.funded_keypair(lamports),
            options: SendOptions {
                // Nothing has to be waited for: a transaction has run when it was sent.
                poll_every: Duration::from_millis(1),
                report_units: true,
                pool_program: Some(program_id),
                ..SendOptions::default()
            },
        }
    }

    /// The cluster.
    pub const fn cluster(&self) -> &'c EmbeddedCluster {
        self.cluster
    }

    /// The payer.
    pub fn payer(&self) -> Address {
        self.payer.pubkey()
    }

    /// Packs a plan, sends it and waits until all of it has landed. `what` names the work while it takes long.
    ///
    /// # Errors
    /// [`RunError::Pack`]; [`RunError::Transaction`] for the first one that did not land.
    pub async fn send(&self, what: &'static str, plan: &Plan, signers: &[&Keypair]) -> Result<Vec<Receipt>, RunError> {
        let stages: Vec<Vec<Outgoing>> = pack_plan(plan, &PackOptions::new(self.payer()))?
            .into_iter()
            .map(|stage| stage.into_iter().map(Outgoing::from).collect())
            .collect();
        let bar = Bar::new(what);
        let summary = Sender::new(self.cluster, &self.payer)
            .signers(signers.iter().map(|signer| *signer as &dyn Signer))
            .options(self.options.clone())
            .progress(&bar)
            .send_stages(&stages)
            .await;
        let receipts = summary.transactions.into_iter().map(|sent| match sent.outcome {
            Outcome::Landed { units_consumed, .. } => {
                Ok(Receipt { label: sent.label, units: units_consumed.unwrap_or(0) })
            }
            outcome => Err(RunError::Transaction { label: sent.label, reason: outcome.to_string() }),
        });
        receipts.collect()
    }
}
