//! Packing, paying and sending of a crank's plans.

use {
    crate::{
        cluster::Cluster,
        pack::{self, PackError, PackOptions, TransactionFormat},
        plan::Plan,
        pool::PoolSnapshot,
        send::{SendOptions, Sender, Stop, Summary},
    },
    solana_address::Address,
    solana_signer::Signer,
    std::{error::Error, future::Future},
};

/// A plan with all that is needed to send it.
#[derive(Clone, Copy, Debug)]
pub struct PlanToSend<'l> {
    /// The plan.
    pub plan: &'l Plan,
    /// The program that runs the pool.
    pub program_id: Address,
    /// The format of the transactions.
    pub format: &'l TransactionFormat,
    /// Ends sending early when requested.
    pub stop: &'l Stop,
}

/// Packs, pays and sends the plans of a [`Crank`](super::Crank). [`WalletSender`] is the default implementation.
pub trait PlanSender {
    /// Error if the plan could not be sent. Transactions that did not land are not an error here: the [`Summary`]
    /// reports them.
    type Error: Error + 'static;

    /// The fee payer; `None` if it is unknown.
    fn payer(&self) -> Option<Address>;

    /// Sends a plan, and returns when the outcome of every transaction is known.
    fn send_plan(&self, to_send: PlanToSend<'_>) -> impl Future<Output = Result<Summary, Self::Error>>;

    /// The format of the transactions for a pool. Called once a run, and only if there is something to send.
    fn format(&self, snapshot: &PoolSnapshot) -> impl Future<Output = Result<TransactionFormat, Self::Error>> {
        let _ = snapshot;
        async { Ok(TransactionFormat::Legacy) }
    }

    /// Whether a later retry can succeed after this error.
    fn is_retryable(error: &Self::Error) -> bool {
        let _ = error;
        false
    }
}

/// Signs and pays with a key, and sends with a [`Sender`].
pub struct WalletSender<'a, C> {
    cluster: &'a C,
    key: &'a dyn Signer,
    pub(super) send: SendOptions,
}

impl<'a, C: Cluster> WalletSender<'a, C> {
    /// A sender to `cluster`, with fee payer `key`.
    pub fn new(cluster: &'a C, key: &'a dyn Signer) -> Self {
        Self { cluster, key, send: SendOptions::default() }
    }
}

impl<C: Cluster> PlanSender for WalletSender<'_, C> {
    type Error = PackError;

    fn payer(&self) -> Option<Address> {
        Some(self.key.pubkey())
    }

    async fn send_plan(&self, to_send: PlanToSend<'_>) -> Result<Summary, PackError> {
        let packing = PackOptions::new(self.key.pubkey()).in_format(to_send.format.clone());
        let stages = pack::pack_plan(to_send.plan, &packing)?;
        let send = SendOptions { pool_program: Some(to_send.program_id), ..self.send.clone() };
        Ok(Sender::new(self.cluster, self.key).options(send).stop(to_send.stop).send_stages(&stages).await)
    }

    async fn format(&self, _: &PoolSnapshot) -> Result<TransactionFormat, PackError> {
        // The legacy format only takes more transactions.
        Ok(TransactionFormat::newest(self.cluster).await.unwrap_or_default())
    }
}
