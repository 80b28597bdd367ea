//! A cluster client that retries failed requests.

use {
    super::{CrankOptions, wait::Backoff},
    crate::cluster::{
        Blockhash, BytesAt, Call, Cluster, ClusterError, ClusterValidator, Execution, PastTransaction,
        PerformanceSample, Simulation, TransactionStatus,
    },
    solana_account::Account,
    solana_address::Address,
    solana_signature::Signature,
    solana_transaction::versioned::VersionedTransaction,
    std::{
        future::Future,
        mem,
        sync::{
            Mutex, PoisonError,
            atomic::{AtomicBool, Ordering},
        },
        time::Duration,
    },
    tokio::time::{Instant, sleep},
};

/// Failures of requests, for the observer.
#[derive(Debug, Default)]
pub(super) struct RequestLog {
    /// Whether any request has ever been answered.
    was_answered: AtomicBool,
    failures: Mutex<Vec<ClusterError>>,
}

impl RequestLog {
    /// Records that the cluster has answered.
    pub fn record_answer(&self) {
        self.was_answered.store(true, Ordering::Relaxed);
    }

    /// Failed requests since the last call.
    pub fn take_failures(&self) -> Vec<ClusterError> {
        mem::take(&mut self.failures.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Most retries of a request that is refused or answered with an invalid response, by a gateway or one of several
/// nodes. More would delay a single command if the endpoint does not serve the request at all.
const MAX_REFUSALS: u32 = 2;

/// A cluster whose requests are retried after transient errors until the retry timeout, and a few times after refusals.
/// If no request was ever answered, there is no retry: the URL is probably wrong.
///
/// Single requests are retried, not whole reads: with a faulty endpoint, the several requests of a read would rarely
/// all succeed in a row.
pub(super) struct RetryingCluster<'c, C> {
    pub cluster: &'c C,
    pub options: &'c CrankOptions,
    pub request_log: &'c RequestLog,
}

impl<C: Cluster> RetryingCluster<'_, C> {
    async fn with_retries<T, F>(&self, mut request: impl FnMut() -> F) -> Result<T, ClusterError>
    where
        F: Future<Output = Result<T, ClusterError>>,
    {
        let began = Instant::now();
        let mut retry = Backoff::new(self.options);
        let mut refusals = 0;
        loop {
            let answer = request().await;
            let Err(error) = answer else {
                self.request_log.record_answer();
                return answer;
            };
            let is_hopeful =
                self.request_log.was_answered.load(Ordering::Relaxed) && began.elapsed() < self.options.retry_timeout;
            refusals += u32::from(!error.is_transient());
            if !error.is_endpoint_error() || !is_hopeful || refusals > MAX_REFUSALS {
                return Err(error);
            }
            let asked = error.retry_after().unwrap_or_default().min(self.options.max_backoff);
            self.request_log.failures.lock().unwrap_or_else(PoisonError::into_inner).push(error);
            sleep(retry.wait().max(asked)).await;
        }
    }
}

impl<C: Cluster> Cluster for RetryingCluster<'_, C> {
    async fn accounts(&self, addresses: &[Address]) -> Result<Vec<Option<Account>>, ClusterError> {
        self.with_retries(|| self.cluster.accounts(addresses)).await
    }

    async fn accounts_of_one_slot(&self, addresses: &[Address]) -> Result<Vec<Option<Account>>, ClusterError> {
        self.with_retries(|| self.cluster.accounts_of_one_slot(addresses)).await
    }

    async fn program_accounts(
        &self,
        program: &Address,
        filters: &[BytesAt],
    ) -> Result<Vec<(Address, Account)>, ClusterError> {
        self.with_retries(|| self.cluster.program_accounts(program, filters)).await
    }

    async fn latest_blockhash(&self) -> Result<Blockhash, ClusterError> {
        self.with_retries(|| self.cluster.latest_blockhash()).await
    }

    async fn block_height(&self) -> Result<u64, ClusterError> {
        self.with_retries(|| self.cluster.block_height()).await
    }

    async fn simulate(&self, transaction: &VersionedTransaction) -> Result<Simulation, ClusterError> {
        self.with_retries(|| self.cluster.simulate(transaction)).await
    }

    async fn send(&self, transaction: &VersionedTransaction) -> Result<Signature, ClusterError> {
        self.with_retries(|| self.cluster.send(transaction)).await
    }

    async fn statuses(&self, signatures: &[Signature]) -> Result<Vec<Option<TransactionStatus>>, ClusterError> {
        self.with_retries(|| self.cluster.statuses(signatures)).await
    }

    async fn execution(&self, signature: &Signature) -> Result<Option<Execution>, ClusterError> {
        self.with_retries(|| self.cluster.execution(signature)).await
    }

    async fn recent_prices(&self, writable: &[Address]) -> Result<Vec<u64>, ClusterError> {
        self.with_retries(|| self.cluster.recent_prices(writable)).await
    }

    async fn performance_samples(&self) -> Result<Vec<PerformanceSample>, ClusterError> {
        self.with_retries(|| self.cluster.performance_samples()).await
    }

    async fn block_time(&self, slot: u64) -> Result<Option<i64>, ClusterError> {
        self.with_retries(|| self.cluster.block_time(slot)).await
    }

    async fn history(
        &self,
        address: &Address,
        before: Option<&Signature>,
    ) -> Result<Option<Vec<PastTransaction>>, ClusterError> {
        self.with_retries(|| self.cluster.history(address, before)).await
    }

    async fn calls(&self, signature: &Signature) -> Result<Option<Vec<Call>>, ClusterError> {
        self.with_retries(|| self.cluster.calls(signature)).await
    }

    async fn validator_set(&self) -> Result<Option<Vec<ClusterValidator>>, ClusterError> {
        self.with_retries(|| self.cluster.validator_set()).await
    }

    async fn wait_for_change(&self, address: &Address, within: Duration) {
        self.cluster.wait_for_change(address, within).await;
    }
}
