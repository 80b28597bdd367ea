//! Sends transactions until the outcome of each is known.
//!
//! A cluster can drop a transaction, show it in a block that is later dropped, or report its status late. A [`Sender`]
//! resends the same signed transaction while its blockhash is valid, which is harmless. It signs again only after the
//! old transaction can no longer land: its blockhash has expired, and a later status check did not find it. The result
//! tells for each transaction whether it landed, failed, expired, or has an unknown outcome.

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
mod retries;
mod stage;
mod stop;
#[cfg(test)]
mod tests;

use {
    crate::cluster::{Cluster, Confirmation},
    solana_address::Address,
    solana_signer::Signer,
    std::time::Duration,
};

pub use crate::transaction::Outgoing;
pub use dry_run::DryRun;
pub use fees::{Fee, Fees, LAMPORTS_PER_SIGNATURE};
pub use lifetime::{DurableNonce, Lifetime, NonceError};
pub use offline::{ForWallet, PartiallySigned};
pub use outcome::{FailureReport, NotSent, Outcome, Sent, Summary, UnknownReason};
pub use price::ComputeUnitPrice;
pub use progress::Progress;
pub use stop::Stop;

/// Options for sending.
#[derive(Clone, Debug)]
pub struct SendOptions {
    /// The commitment at which a transaction counts as landed.
    pub confirmation: Confirmation,
    /// Simulates each transaction first, skips those that would fail, and derives its limits from the result.
    pub simulate: bool,
    /// Margin of the compute unit limit above the simulation, in percent. State may change until the transaction runs.
    pub compute_margin_percent: u32,
    /// Price of a compute unit, on top of the signature fee.
    pub compute_unit_price: ComputeUnitPrice,
    /// The hash that transactions are signed with, which sets how long they can land.
    pub lifetime: Lifetime,
    /// Most signing attempts for a transaction, each with a new blockhash. One if the lifetime has a fixed hash.
    pub attempts: u32,
    /// Most requests for sending or simulating in flight.
    pub parallel: usize,
    /// Time between two status checks.
    pub poll_every: Duration,
    /// Time after which an unseen transaction is resent.
    pub resend_every: Duration,
    /// Time between the expiry of a blockhash and the last status check. An endpoint may consist of several nodes, some
    /// of them behind.
    pub settle: Duration,
    /// The shortest time between two blocks of a cluster. No blockhash can expire sooner than 150 times this, even if
    /// an endpoint says so.
    pub shortest_block: Duration,
    /// Time without a new block or status after which the sender gives up.
    pub stall_timeout: Duration,
    /// Most time for which a signed transaction is followed. Its outcome is unknown then.
    pub follow_for: Duration,
    /// Time for which in-flight transactions are followed after a [`Stop`].
    pub stop_within: Duration,
    /// Reports the compute units of landed transactions, at the cost of a request for each.
    pub report_units: bool,
    /// The pool's program, to explain its errors.
    pub pool_program: Option<Address>,
}

impl Default for SendOptions {
    fn default() -> Self {
        Self {
            confirmation: Confirmation::Confirmed,
            simulate: true,
            compute_margin_percent: 3,
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

/// Signs and sends transactions of one fee payer.
pub struct Sender<'a, C> {
    cluster: &'a C,
    payer: &'a dyn Signer,
    signers: Vec<&'a dyn Signer>,
    options: SendOptions,
    progress: &'a dyn Progress,
    stop: Stop,
}

impl<'a, C: Cluster> Sender<'a, C> {
    /// A sender with fee payer `payer`.
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

    /// Reports progress to `progress`.
    pub fn progress(mut self, progress: &'a dyn Progress) -> Self {
        self.progress = progress;
        self
    }

    /// Ends early when `stop` is requested: no further transaction is sent, and in-flight ones are followed for
    /// [`SendOptions::stop_within`].
    pub fn stop(mut self, stop: &Stop) -> Self {
        self.stop = stop.clone();
        self
    }

    /// Sends independent transactions at once, and waits for all of them.
    pub async fn send(&self, transactions: &[Outgoing]) -> Summary {
        self.progress.started(transactions.len());
        self.run_stage(transactions).await
    }

    /// Sends stages in order, each all at once. Stops after the first stage with a transaction that did not land.
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
