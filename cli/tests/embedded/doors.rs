//! Other doors to the cluster: endpoints that refuse something, and somebody who is faster.

use {
    solana_account::Account,
    solana_address::Address,
    solana_signature::Signature,
    solana_transaction::versioned::VersionedTransaction,
    std::sync::Mutex,
    tidepool_client::cluster::{Blockhash, BytesAt, Cluster, ClusterError, Execution, Simulation, TransactionStatus},
    tidepool_localnet::embedded::EmbeddedCluster,
};

/// What somebody else does.
type Deed<'a> = Box<dyn FnOnce() + Send + 'a>;

/// A door to a cluster.
pub struct Door<'a> {
    cluster: &'a EmbeddedCluster,
    searches: bool,
    /// Done right before the first transaction is handed over.
    before_send: Mutex<Option<Deed<'a>>>,
    sent: Mutex<Vec<VersionedTransaction>>,
    /// Transactions after which it neither simulates nor takes any.
    breaks_after: usize,
}

impl<'a> Door<'a> {
    /// An endpoint that takes so many transactions and no more.
    pub fn that_breaks_after(cluster: &'a EmbeddedCluster, transactions: usize) -> Self {
        Self { breaks_after: transactions, ..Self::new(cluster) }
    }

    fn check_whole(&self) -> Result<(), ClusterError> {
        if self.sent.lock().expect("no poisoned lock").len() < self.breaks_after {
            return Ok(());
        }
        Err(ClusterError::Refused { detail: "the endpoint is broken".into() })
    }

    /// An endpoint that does not search a program's accounts.
    pub fn without_search(cluster: &'a EmbeddedCluster) -> Self {
        Self { searches: false, ..Self::new(cluster) }
    }

    /// An honest endpoint.
    pub fn new(cluster: &'a EmbeddedCluster) -> Self {
        Self {
            cluster,
            searches: true,
            before_send: Mutex::default(),
            sent: Mutex::default(),
            breaks_after: usize::MAX,
        }
    }

    /// The transactions that were handed over.
    pub fn sent(&self) -> Vec<VersionedTransaction> {
        self.sent.lock().expect("no poisoned lock").clone()
    }

    /// Somebody does something after a transaction was planned, simulated and signed, and before it lands.
    pub fn with_somebody_faster(cluster: &'a EmbeddedCluster, deed: impl FnOnce() + Send + 'a) -> Self {
        Self { before_send: Mutex::new(Some(Box::new(deed))), ..Self::new(cluster) }
    }
}

impl Cluster for Door<'_> {
    async fn accounts(&self, addresses: &[Address]) -> Result<Vec<Option<Account>>, ClusterError> {
        self.cluster.accounts(addresses).await
    }

    async fn program_accounts(
        &self,
        program: &Address,
        filters: &[BytesAt],
    ) -> Result<Vec<(Address, Account)>, ClusterError> {
        if self.searches {
            return self.cluster.program_accounts(program, filters).await;
        }
        Err(ClusterError::Refused { detail: "excluded from account secondary indexes".into() })
    }

    async fn latest_blockhash(&self) -> Result<Blockhash, ClusterError> {
        Cluster::latest_blockhash(self.cluster).await
    }

    async fn block_height(&self) -> Result<u64, ClusterError> {
        Cluster::block_height(self.cluster).await
    }

    async fn simulate(&self, transaction: &VersionedTransaction) -> Result<Simulation, ClusterError> {
        self.check_whole()?;
        Cluster::simulate(self.cluster, transaction).await
    }

    async fn send(&self, transaction: &VersionedTransaction) -> Result<Signature, ClusterError> {
        self.check_whole()?;
        let deed = self.before_send.lock().expect("no poisoned lock").take();
        if let Some(deed) = deed {
            deed();
        }
        self.sent.lock().expect("no poisoned lock").push(transaction.clone());
        Cluster::send(self.cluster, transaction).await
    }

    async fn statuses(&self, signatures: &[Signature]) -> Result<Vec<Option<TransactionStatus>>, ClusterError> {
        Cluster::statuses(self.cluster, signatures).await
    }

    async fn execution(&self, signature: &Signature) -> Result<Option<Execution>, ClusterError> {
        Cluster::execution(self.cluster, signature).await
    }
}
