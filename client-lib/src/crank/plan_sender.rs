//! Who packs, pays and sends what a crank plans.

use {
    crate::{
        cluster::Cluster,
        pack::{self, PackError, PackOptions},
        plan::Plan,
        pool::PoolSnapshot,
        send::{Outgoing, SendOptions, Sender, Stop, Summary},
    },
    solana_address::Address,
    solana_message::AddressLookupTableAccount,
    solana_signer::Signer,
    std::{error::Error, future::Future},
};

/// What there is to send.
#[derive(Clone, Copy, Debug)]
pub struct PlanToSend<'l> {
    /// The plan.
    pub plan: &'l Plan,
    /// The program that runs the pool.
    pub program_id: Address,
    /// Lookup tables that shorten transactions.
    pub lookup_tables: &'l [AddressLookupTableAccount],
    /// By which sending is ended early.
    pub stop: &'l Stop,
}

/// Packs, pays and sends what a [`Crank`](super::Crank) plans. [`WalletSender`] is the usual one.
pub trait PlanSender {
    /// Why nothing could be sent. That transactions did not land is no such error: the summary says so.
    type Error: Error + 'static;

    /// Who pays; `None` where nobody knows.
    fn payer(&self) -> Option<Address>;

    /// Sends a plan, and waits until it is known what became of it.
    fn send_plan(&self, to_send: PlanToSend<'_>) -> impl Future<Output = Result<Summary, Self::Error>>;

    /// The lookup tables to use for a pool. Asked once a run, and only if there is something to do.
    fn lookup_tables(
        &self,
        snapshot: &PoolSnapshot,
    ) -> impl Future<Output = Result<Vec<AddressLookupTableAccount>, Self::Error>> {
        let _ = snapshot;
        async { Ok(vec![]) }
    }

    /// Whether the same may succeed when it is tried again later.
    fn is_retryable(error: &Self::Error) -> bool {
        let _ = error;
        false
    }
}

/// A key that pays, and a [`Sender`].
pub struct WalletSender<'a, C> {
    cluster: &'a C,
    key: &'a dyn Signer,
    pub(super) send: SendOptions,
}

impl<'a, C: Cluster> WalletSender<'a, C> {
    /// Sends to `cluster`, paid by `key`.
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
        let packed =
            pack::pack_plan(to_send.plan, &PackOptions { lookup_tables, ..PackOptions::new(self.key.pubkey()) })?;
        let stages: Vec<Vec<Outgoing>> =
            packed.into_iter().map(|stage| stage.into_iter().map(Outgoing::from).collect()).collect();
        let send = SendOptions { pool_program: Some(to_send.program_id), ..self.send.clone() };
        Ok(Sender::new(self.cluster, self.key).options(send).stop(to_send.stop).send_stages(&stages).await)
    }
}
