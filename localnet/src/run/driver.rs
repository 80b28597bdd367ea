//! Sends plans to the embedded cluster, as the CLI sends them to a network.

use {
    super::RunError,
    crate::terminal::{Bar, spinner},
    solana_address::Address,
    solana_compute_budget_interface::ComputeBudgetInstruction,
    solana_keypair::Keypair,
    solana_message::{Message, VersionedMessage},
    solana_signer::Signer,
    std::{path::Path, time::Duration},
    tidepool_client::{
        cluster::Cluster as _,
        lookup::{self, TableOwner},
        pack::{PackOptions, TransactionFormat, pack_plan},
        plan::Plan,
        pool::{MinimumDelegation, PoolSnapshot, ReadOptions, StakeSelection},
        send::{Outcome, SendOptions, Sender},
    },
    tidepool_embedded::{EmbeddedCluster, EmbeddedClusterBuilder, EmbeddedError},
};

/// Starts a cluster with the program from the file `elf`, or with Tidepool as `cargo xtask build-program` has built it.
///
/// # Errors
/// As [`EmbeddedClusterBuilder::start`].
pub fn start(
    builder: EmbeddedClusterBuilder,
    program_id: Address,
    elf: Option<&Path>,
) -> Result<EmbeddedCluster, EmbeddedError> {
    let _spinner = spinner("Starting the embedded cluster");
    match elf {
        Some(elf) => builder.program(program_id, elf),
        None => builder.tidepool(program_id),
    }
    .start()
}

/// A confirmed transaction.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// Label of the transaction.
    pub label: String,
    /// Compute units used.
    pub units: u64,
}

/// Sends plans for one payer, who pays the fees of all transactions. Wallets' balances therefore show deposits and withdrawals to the
/// lamport.
pub struct Driver<'c> {
    cluster: &'c EmbeddedCluster,
    payer: Keypair,
    options: SendOptions,
    format: TransactionFormat,
}

impl<'c> Driver<'c> {
    /// A driver for the pools of the program `program_id`, with a new payer who has `lamports`.
    pub fn new(cluster: &'c EmbeddedCluster, program_id: Address, lamports: u64) -> Self {
        Self {
            cluster,
            payer: cluster.funded_keypair(lamports),
            options: SendOptions {
                // Short, because a transaction is executed when `send` returns.
                poll_every: Duration::from_millis(1),
                report_units: true,
                pool_program: Some(program_id),
                ..SendOptions::default()
            },
            format: TransactionFormat::Legacy,
        }
    }

    /// Creates lookup tables with all of `wanted` for a pool, and uses them from now on. The payer is their authority.
    ///
    /// # Errors
    /// [`RunError::Lookup`]; as [`Self::send`].
    pub async fn make_lookup_tables(&mut self, pool: Address, wanted: &[Address]) -> Result<Vec<Receipt>, RunError> {
        let (cluster, authority) = (self.cluster, self.payer());
        let existing = lookup::find(cluster, &authority, &pool).await?;
        // The address of each new table depends on a different past slot.
        cluster.advance_blocks((wanted.len() / lookup::MAX_ADDRESSES + 2) as u64);
        let slots = lookup::free_slots(cluster, &authority, wanted.len()).await?;
        let keeper = TableOwner { pool, authority, payer: authority };
        let made = lookup::plan(&existing, wanted, &keeper, &slots)?;
        let receipts = self.send("Making lookup tables", &made.plan, &[]).await?;
        // Added addresses can be used from the next slot on.
        cluster.advance_blocks(1);
        let slot_hashes = cluster.slot_hashes().await?;
        let tables = lookup::find(cluster, &authority, &pool).await?;
        let usable = tables.iter().filter_map(|table| table.usable(&slot_hashes)).collect();
        self.format = TransactionFormat::with_tables(usable);
        Ok(receipts)
    }

    pub const fn cluster(&self) -> &'c EmbeddedCluster {
        self.cluster
    }

    /// The format of transactions.
    pub const fn format(&self) -> &TransactionFormat {
        &self.format
    }

    /// Reads a pool of the program `program_id`, with all stake accounts.
    ///
    /// # Errors
    /// [`RunError::Pool`].
    pub async fn read(&self, pool: &Address, program_id: Address) -> Result<PoolSnapshot, RunError> {
        let options = ReadOptions {
            stakes: StakeSelection::All,
            minimum_delegation: MinimumDelegation::AskAs(self.payer()),
            program_id: Some(program_id),
        };
        Ok(PoolSnapshot::read(self.cluster, pool, &options).await?)
    }

    pub fn payer(&self) -> Address {
        self.payer.pubkey()
    }

    /// Packs a plan, sends it and waits until all transactions are confirmed. `what` is the label of the progress bar.
    ///
    /// # Errors
    /// [`RunError::Pack`]; [`RunError::Transaction`] for the first transaction that was not confirmed.
    pub async fn send(&self, what: &'static str, plan: &Plan, signers: &[&Keypair]) -> Result<Vec<Receipt>, RunError> {
        let stages = pack_plan(plan, &self.pack_options())?;
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

    /// Packs a plan and executes it as if all signers had signed.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub fn send_unsigned(&self, plan: &Plan) -> Result<Vec<Receipt>, RunError> {
        // The message has no lookup tables.
        let transactions = pack_plan(plan, &PackOptions::new(self.payer()))?.into_iter().flatten();
        let receipts = transactions.map(|transaction| {
            let label = transaction.label;
            let limit = transaction.compute_units.map(ComputeBudgetInstruction::set_compute_unit_limit);
            let instructions: Vec<_> = transaction.instructions.into_iter().chain(limit).collect();
            let message = VersionedMessage::Legacy(Message::new(&instructions, Some(&self.payer())));
            match self.cluster.process_unsigned(message) {
                Ok(report) => Ok(Receipt { label, units: report.units_consumed }),
                Err(failure) => Err(RunError::Transaction { label, reason: failure.to_string() }),
            }
        });
        receipts.collect()
    }

    fn pack_options(&self) -> PackOptions {
        PackOptions::new(self.payer()).in_format(self.format.clone())
    }
}
