//! Endpoints of the embedded cluster that reject requests, and changes by other transactions.

use {
    solana_account::Account,
    solana_address::Address,
    solana_message::VersionedMessage,
    solana_signature::Signature,
    solana_transaction::versioned::VersionedTransaction,
    std::sync::Mutex,
    tidepool_client::cluster::{
        Blockhash, BytesAt, Cluster, ClusterError, ClusterValidator, Execution, Simulation, TransactionStatus,
    },
    tidepool_embedded::EmbeddedCluster,
};

/// A change by another transaction.
type Change<'a> = Box<dyn FnOnce() + Send + 'a>;

/// The price of a compute unit in recent blocks, in micro-lamports.
pub const PRICE: u64 = 2_000_000;

/// An endpoint to a cluster.
pub struct TestEndpoint<'a> {
    cluster: &'a EmbeddedCluster,
    searches: bool,
    /// Runs right before the first transaction is sent.
    before_send: Mutex<Option<Change<'a>>>,
    sent: Mutex<Vec<VersionedTransaction>>,
    /// Number of transactions after which it rejects simulations and transactions.
    fails_after: usize,
    /// Whether it has the methods that not every endpoint serves.
    is_complete: bool,
}

impl<'a> TestEndpoint<'a> {
    /// An endpoint that accepts this number of transactions.
    pub fn failing_after(cluster: &'a EmbeddedCluster, transactions: usize) -> Self {
        Self { fails_after: transactions, ..Self::new(cluster) }
    }

    fn check_available(&self) -> Result<(), ClusterError> {
        if self.sent.lock().expect("no poisoned lock").len() < self.fails_after {
            return Ok(());
        }
        Err(ClusterError::Refused { detail: "the endpoint is unavailable".into() })
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
            fails_after: usize::MAX,
            is_complete: true,
        }
    }

    /// An endpoint that reports neither fees nor recent prices, and of simulations the compute units only.
    pub fn incomplete(cluster: &'a EmbeddedCluster) -> Self {
        Self { is_complete: false, ..Self::new(cluster) }
    }

    fn check_complete(&self) -> Result<(), ClusterError> {
        if self.is_complete {
            return Ok(());
        }
        Err(ClusterError::Refused { detail: "method not found".into() })
    }

    /// The transactions sent.
    pub fn sent(&self) -> Vec<VersionedTransaction> {
        self.sent.lock().expect("no poisoned lock").clone()
    }

    /// An endpoint with a change by another transaction after a transaction was simulated and signed, before it lands.
    pub fn with_competing_change(cluster: &'a EmbeddedCluster, change: impl FnOnce() + Send + 'a) -> Self {
        Self { before_send: Mutex::new(Some(Box::new(change))), ..Self::new(cluster) }
    }
}

impl Cluster for TestEndpoint<'_> {
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
        self.check_available()?;
        let simulated = Cluster::simulate(self.cluster, transaction).await?;
        Ok(Simulation { loaded_bytes: simulated.loaded_bytes.filter(|_| self.is_complete), ..simulated })
    }

    async fn fee(&self, message: &VersionedMessage) -> Result<Option<u64>, ClusterError> {
        self.check_complete()?;
        self.cluster.fee(message).await
    }

    async fn recent_prices(&self, _: &[Address]) -> Result<Vec<u64>, ClusterError> {
        self.check_complete()?;
        Ok(vec![PRICE])
    }

    async fn send(&self, transaction: &VersionedTransaction) -> Result<Signature, ClusterError> {
        self.check_available()?;
        let change = self.before_send.lock().expect("no poisoned lock").take();
        if let Some(change) = change {
            change();
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

    async fn validator_set(&self) -> Result<Option<Vec<ClusterValidator>>, ClusterError> {
        self.cluster.validator_set().await
    }
}
