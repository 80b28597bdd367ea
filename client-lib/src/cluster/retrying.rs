//! Retries of requests.

use {
    super::{
        Blockhash, BytesAt, Cluster, ClusterError, ClusterNode, ClusterValidator, Execution, InflationReward,
        LandedTransaction, ListenEnd, PastTransaction, PerformanceSample, Simulation, TransactionStatus,
    },
    backon::{ExponentialBuilder, Retryable as _},
    solana_account::Account,
    solana_address::Address,
    solana_hash::Hash,
    solana_message::VersionedMessage,
    solana_signature::Signature,
    solana_transaction::versioned::VersionedTransaction,
    std::{future::Future, time::Duration},
    tokio::time::Instant,
};

/// Pauses of [`retrying`].
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(4);

/// Pauses between attempts: `first`, then twice as long each time, up to `longest`.
pub(crate) fn backoff(first: Duration, longest: Duration) -> ExponentialBuilder {
    ExponentialBuilder::new().with_min_delay(first.min(longest)).with_max_delay(longest).without_max_times()
}

pub(crate) struct Attempt<'e> {
    pub error: &'e ClusterError,
    /// Failures of this request, this one included, that no repeat makes better at every endpoint
    /// ([`ClusterError::is_transient`]).
    pub refusals: u32,
    /// Time since the first attempt.
    pub elapsed: Duration,
    /// The pause that the backoff suggests.
    pub pause: Duration,
}

/// Which requests are retried, how soon, and how long.
pub(crate) trait RetryPolicy: Send + Sync {
    fn backoff(&self) -> ExponentialBuilder;

    /// The pause before the next attempt; `None` if there is none.
    fn pause_after(&self, attempt: &Attempt) -> Option<Duration>;

    fn note_answer(&self) {}

    fn note_retry(&self, error: &ClusterError) {
        let _ = error;
    }
}

/// A cluster whose requests are retried.
///
/// Single requests are retried, not whole reads: with a faulty endpoint, the several requests of a read would rarely
/// all succeed in a row.
pub(crate) struct Retrying<'c, C, P> {
    pub cluster: &'c C,
    pub policy: P,
}

impl<C: Cluster, P: RetryPolicy> Retrying<'_, C, P> {
    async fn ask<T, F>(&self, request: impl FnMut() -> F) -> Result<T, ClusterError>
    where
        F: Future<Output = Result<T, ClusterError>>,
    {
        let (began, mut refusals) = (Instant::now(), 0);
        let attempts = request.retry(self.policy.backoff()).adjust(|error: &ClusterError, pause| {
            refusals += u32::from(!error.is_transient());
            self.policy.pause_after(&Attempt { error, refusals, elapsed: began.elapsed(), pause: pause? })
        });
        let answer = attempts.notify(|error: &ClusterError, _| self.policy.note_retry(error)).await;
        if answer.is_ok() {
            self.policy.note_answer();
        }
        answer
    }
}

/// Retries requests that fail for a reason that passes, for a limited time.
struct WithinTime {
    within: Duration,
}

impl RetryPolicy for WithinTime {
    fn backoff(&self) -> ExponentialBuilder {
        backoff(FIRST_PAUSE, LONGEST_PAUSE)
    }

    fn pause_after(&self, attempt: &Attempt) -> Option<Duration> {
        let pause = attempt.error.retry_after().unwrap_or(attempt.pause);
        let is_in_time = attempt.elapsed.saturating_add(pause) <= self.within;
        (attempt.error.is_transient() && is_in_time).then_some(pause)
    }
}

/// The cluster, with requests repeated that fail for a reason that passes ([`ClusterError::is_transient`]), each for at most
/// `within`. Do not send transactions through it: a repeat can outlive the check whether one has landed.
pub fn retrying<C: Cluster>(cluster: &C, within: Duration) -> impl Cluster + '_ {
    Retrying { cluster, policy: WithinTime { within } }
}

macro_rules! retried {
    ($($request:ident($($of:ident: $type:ty),*) -> $answer:ty;)*) => {$(
        async fn $request(&self, $($of: $type),*) -> Result<$answer, ClusterError> {
            self.ask(|| self.cluster.$request($($of),*)).await
        }
    )*};
}

impl<C: Cluster, P: RetryPolicy> Cluster for Retrying<'_, C, P> {
    retried! {
        accounts(addresses: &[Address]) -> Vec<Option<Account>>;
        accounts_of_one_slot(addresses: &[Address]) -> Vec<Option<Account>>;
        account_heads(addresses: &[Address], length: usize) -> Vec<Option<Account>>;
        program_accounts(program: &Address, filters: &[BytesAt]) -> Vec<(Address, Account)>;
        token_accounts(owner: &Address, program: &Address) -> Vec<(Address, Account)>;
        latest_blockhash() -> Blockhash;
        block_height() -> u64;
        simulate(transaction: &VersionedTransaction) -> Simulation;
        send(transaction: &VersionedTransaction) -> Signature;
        statuses(signatures: &[Signature]) -> Vec<Option<TransactionStatus>>;
        statuses_in_history(signatures: &[Signature]) -> Vec<Option<TransactionStatus>>;
        execution(signature: &Signature) -> Option<Execution>;
        recent_prices(writable: &[Address]) -> Vec<u64>;
        fee(message: &VersionedMessage) -> Option<u64>;
        performance_samples() -> Vec<PerformanceSample>;
        block_time(slot: u64) -> Option<i64>;
        history(address: &Address, before: Option<&Signature>, limit: usize) -> Option<Vec<PastTransaction>>;
        first_available_block() -> u64;
        landed(signature: &Signature) -> Option<LandedTransaction>;
        inflation_rewards(accounts: &[Address], epoch: u64) -> Option<Vec<Option<InflationReward>>>;
        validator_set() -> Option<Vec<ClusterValidator>>;
        gossip() -> Option<Vec<ClusterNode>>;
        genesis_hash() -> Option<Hash>;
    }

    async fn wait_for_change(&self, address: &Address, within: Duration) {
        self.cluster.wait_for_change(address, within).await;
    }

    async fn listen(&self, address: &Address, heard: &(dyn Fn() + Sync)) -> ListenEnd {
        self.cluster.listen(address, heard).await
    }
}
