//! Sending transactions until it is known what became of each.
//!
//! A cluster may drop a transaction, show it in a block that is given up later, or be slow to say what it did. So a
//! [`Sender`] repeats the same signed transaction while its blockhash is valid, which is harmless, and signs anew only
//! when the old one can no longer land: its blockhash has expired, and a later look at its status found nothing.
//! What comes back says for each transaction whether it landed, failed or never happened; where that cannot be known,
//! it says so too.

mod budget;
mod dry_run;
mod fees;
mod in_flight;
mod lifetime;
mod lost;
mod offline;
mod outcome;
mod prepare;
mod price;
mod progress;
mod stage;
mod stop;
#[cfg(test)]
mod tests;

use {
    crate::{
        cluster::{Cluster, Confirmation},
        pack::TransactionPlan,
        plan::Step,
    },
    solana_address::Address,
    solana_instruction::Instruction,
    solana_message::AddressLookupTableAccount,
    solana_signer::Signer,
    std::time::Duration,
};

pub use dry_run::DryRun;
pub use fees::{Fees, LAMPORTS_PER_SIGNATURE};
pub use lifetime::{DurableNonce, Lifetime, NonceError};
pub use offline::PartlySigned;
pub use outcome::{FailureReport, NotSent, Outcome, Sent, Summary, UnknownReason};
pub use price::ComputeUnitPrice;
pub use progress::Progress;
pub use stop::Stop;

/// One transaction to send.
#[derive(Clone, Debug, Default)]
pub struct Outgoing {
    /// What a person calls it: `update validators 1 to 4`.
    pub label: String,
    /// The steps of a trade that it contains.
    pub steps: Vec<Step>,
    /// Its instructions. Unless they set a compute limit and price themselves, the sender adds these at the end, for
    /// which a transaction has to have [`COMPUTE_BUDGET_BYTES`](crate::pack::COMPUTE_BUDGET_BYTES) to spare.
    pub instructions: Vec<Instruction>,
    /// Compute units to ask for where no simulation tells; `None` leaves it to the cluster (200,000 an instruction).
    pub compute_units: Option<u32>,
    /// Compute units to ask for on top of what a simulation tells, because others that are sent at the same time may make it
    /// dearer.
    pub compute_growth: u32,
    /// Lookup tables for its addresses. With none of them the message has the legacy form, which every wallet signs.
    pub lookup_tables: Vec<AddressLookupTableAccount>,
}

impl Outgoing {
    /// A transaction without lookup tables or an idea of its compute units.
    pub fn new(label: impl Into<String>, instructions: Vec<Instruction>) -> Self {
        Self { label: label.into(), instructions, ..Self::default() }
    }
}

impl From<TransactionPlan> for Outgoing {
    fn from(plan: TransactionPlan) -> Self {
        Self {
            label: plan.labels.join(", "),
            steps: plan.steps,
            instructions: plan.instructions,
            compute_units: Some(plan.compute_units),
            compute_growth: plan.compute_growth,
            lookup_tables: plan.lookup_tables,
        }
    }
}

/// How to send.
#[derive(Clone, Debug)]
pub struct SendOptions {
    /// What counts as landed.
    pub confirmation: Confirmation,
    /// Simulates each transaction first, sends none that would fail, and asks for as many compute units as it used.
    pub simulate: bool,
    /// Compute units asked for above what the simulation used, in percent. State may change until the transaction runs.
    pub compute_margin_percent: u32,
    /// Price of a compute unit, paid on top of the fee for signatures.
    pub compute_unit_price: ComputeUnitPrice,
    /// Which blockhash transactions are signed with, and so how long they can land.
    pub lifetime: Lifetime,
    /// How often one transaction may be signed, each time with a new blockhash. Once where the lifetime names the hash.
    pub attempts: u32,
    /// Most requests for sending or simulating that are under way at a time.
    pub parallel: usize,
    /// Time between two looks at the statuses.
    pub poll_every: Duration,
    /// Time after which a transaction that nobody has seen is sent again.
    pub resend_every: Duration,
    /// Time between the expiry of a blockhash and the last look. An endpoint may be several machines, of which one is
    /// behind the other.
    pub settle: Duration,
    /// The shortest time between two blocks of a cluster. A blockhash cannot expire sooner than that comes to, whatever an
    /// endpoint says that is behind, or ahead, or another cluster's.
    pub shortest_block: Duration,
    /// Time without any news (no block, no status) after which the sender gives up.
    pub stall_timeout: Duration,
    /// Time for which a signed transaction is followed at most, whatever the news. What becomes of it is open then.
    pub follow_for: Duration,
    /// Time for which transactions that are under way are followed after a [`Stop`].
    pub stop_within: Duration,
    /// Asks for the compute units of transactions that landed too, which costs a request for each.
    pub report_units: bool,
    /// The program that runs the pool, so that its errors can be explained.
    pub pool_program: Option<Address>,
}

impl Default for SendOptions {
    fn default() -> Self {
        Self {
            confirmation: Confirmation::Confirmed,
            simulate: true,
            compute_margin_percent: 10,
            compute_unit_price: ComputeUnitPrice::default(),
            lifetime: Lifetime::Latest,
            attempts: 5,
            parallel: 16,
            poll_every: Duration::from_millis(500),
            resend_every: Duration::from_secs(2),
            settle: Duration::from_secs(2),
            shortest_block: Duration::from_millis(100),
            stall_timeout: Duration::from_secs(60),
            follow_for: Duration::from_secs(300),
            stop_within: Duration::from_secs(5),
            report_units: false,
            pool_program: None,
        }
    }
}

/// Signs and sends transactions for one payer.
pub struct Sender<'a, C> {
    cluster: &'a C,
    payer: &'a dyn Signer,
    signers: Vec<&'a dyn Signer>,
    options: SendOptions,
    progress: &'a dyn Progress,
    stop: Stop,
}

impl<'a, C: Cluster> Sender<'a, C> {
    /// A sender whose transactions `payer` pays for.
    pub fn new(cluster: &'a C, payer: &'a dyn Signer) -> Self {
        Self { cluster, payer, signers: vec![], options: SendOptions::default(), progress: &(), stop: Stop::default() }
    }

    /// Adds signers. Each transaction is signed by those that it names.
    pub fn signers(mut self, signers: impl IntoIterator<Item = &'a dyn Signer>) -> Self {
        self.signers.extend(signers);
        self
    }

    /// Replaces the options.
    pub fn options(mut self, options: SendOptions) -> Self {
        self.options = options;
        self
    }

    /// Tells `progress` what happens.
    pub fn progress(mut self, progress: &'a dyn Progress) -> Self {
        self.progress = progress;
        self
    }

    /// Ends early, in good order, when `stop` is requested: nothing more is sent, and what is under way is followed for
    /// [`SendOptions::stop_within`].
    pub fn stop(mut self, stop: &Stop) -> Self {
        self.stop = stop.clone();
        self
    }

    /// Sends transactions that do not depend on each other, all at once, and waits for all of them.
    pub async fn send(&self, transactions: &[Outgoing]) -> Summary {
        self.progress.started(transactions.len());
        self.run_stage(transactions).await
    }

    /// Sends one stage after the other, each all at once, and stops after the first of which a transaction did not land.
    pub async fn send_stages<S: AsRef<[Outgoing]>>(&self, stages: &[S]) -> Summary {
        self.progress.started(stages.iter().map(|stage| stage.as_ref().len()).sum());
        let mut summary = Summary::default();
        for stage in stages {
            if !summary.is_success() {
                summary.skip(stage.as_ref(), || NotSent::EarlierDidNotLand);
            } else if self.stop.is_requested() {
                summary.skip(stage.as_ref(), || NotSent::Stopped);
            } else {
                summary.extend(self.run_stage(stage.as_ref()).await);
            }
        }
        summary
    }
}
