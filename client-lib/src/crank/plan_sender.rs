//! Packing, paying and sending of a crank's plans.

use {
    crate::{
        cluster::Cluster,
        pack::{self, PackError, PackOptions},
        plan::Plan,
        pool::PoolSnapshot,
        send::{SendOptions, Sender, Stop, Summary},
    },
    solana_address::Address,
    solana_message::AddressLookupTableAccount,
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
    /// Lookup tables that shorten the transactions.
    pub lookup_tables: &'l [AddressLookupTableAccount],
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

    /// The lookup tables to use for a pool. Called once a run, and only if there is something to send.
    fn lookup_tables(
        &self,
        snapshot: &PoolSnapshot,
    ) -> impl Future<Output = Result<Vec<AddressLookupTableAccount>, Self::Error>> {
        let _ = snapshot;
        async { Ok(vec![]) }
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
        let lookup_tables = to_send.lookup_tables.to_vec();
        let packing = PackOptions { lookup_tables, ..PackOptions::new(self.key.pubkey()) };
        let stages = pack::pack_plan(to_send.plan, &packing)?;
        let send = SendOptions { pool_program: Some(to_send.program_id), ..self.send.clone() };
        Ok(Sender::new(self.cluster, self.key).options(send).stop(to_send.stop).send_stages(&stages).await)
    }
}
