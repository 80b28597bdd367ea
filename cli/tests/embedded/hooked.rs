//! A cluster that runs a function before each request.

use {
    solana_account::Account,
    solana_address::Address,
    solana_hash::Hash,
    solana_signature::Signature,
    solana_transaction::versioned::VersionedTransaction,
    tidepool_client::cluster::{
        Blockhash, BytesAt, Cluster, ClusterError, ClusterValidator, Execution, Simulation, TransactionStatus,
    },
    tidepool_embedded::EmbeddedCluster,
};

/// A request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Call {
    Read,
    Simulate,
    Send,
    Other,
}

/// A cluster that calls `before` with each request, and fails the request if it returns an error.
pub struct Hooked<'a, F> {
    pub cluster: &'a EmbeddedCluster,
    pub before: F,
}

impl<F: Fn(Call) -> Result<(), ClusterError> + Send + Sync> Cluster for Hooked<'_, F> {
    async fn accounts(&self, addresses: &[Address]) -> Result<Vec<Option<Account>>, ClusterError> {
        (self.before)(Call::Read)?;
        self.cluster.accounts(addresses).await
    }

    async fn program_accounts(
        &self,
        program: &Address,
        filters: &[BytesAt],
    ) -> Result<Vec<(Address, Account)>, ClusterError> {
        (self.before)(Call::Other)?;
        self.cluster.program_accounts(program, filters).await
    }

    async fn latest_blockhash(&self) -> Result<Blockhash, ClusterError> {
        (self.before)(Call::Other)?;
        Cluster::latest_blockhash(self.cluster).await
    }

    async fn block_height(&self) -> Result<u64, ClusterError> {
        (self.before)(Call::Other)?;
        Cluster::block_height(self.cluster).await
    }

    async fn simulate(&self, transaction: &VersionedTransaction) -> Result<Simulation, ClusterError> {
        (self.before)(Call::Simulate)?;
        Cluster::simulate(self.cluster, transaction).await
    }

    async fn send(&self, transaction: &VersionedTransaction) -> Result<Signature, ClusterError> {
        (self.before)(Call::Send)?;
        Cluster::send(self.cluster, transaction).await
    }

    async fn statuses(&self, signatures: &[Signature]) -> Result<Vec<Option<TransactionStatus>>, ClusterError> {
        (self.before)(Call::Other)?;
        Cluster::statuses(self.cluster, signatures).await
    }

    async fn execution(&self, signature: &Signature) -> Result<Option<Execution>, ClusterError> {
        (self.before)(Call::Other)?;
        Cluster::execution(self.cluster, signature).await
    }

    async fn genesis_hash(&self) -> Result<Option<Hash>, ClusterError> {
        (self.before)(Call::Other)?;
        self.cluster.genesis_hash().await
    }

    async fn validator_set(&self) -> Result<Option<Vec<ClusterValidator>>, ClusterError> {
        (self.before)(Call::Other)?;
        self.cluster.validator_set().await
    }
}
