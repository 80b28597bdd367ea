//! Options of a crank.

use {
    super::RebalanceAt,
    crate::{pack::TransactionFormat, plan::UpdateOptions},
    solana_address::Address,
    std::time::Duration,
};

/// Options of a crank.
#[derive(Clone, Debug)]
pub struct CrankOptions {
    /// Whether to rebalance a pool that is extended. Otherwise the pool is only updated.
    pub rebalance: bool,
    /// When in the epoch a watch rebalances. A reserve below its target is refilled earlier.
    pub rebalance_at: RebalanceAt,
    /// Whether to demote validators as the pool's policy allows, before a rebalance. This reads the vote accounts of all
    /// validators.
    pub demote: bool,
    /// Whether to pay exit tickets. Without [`Self::rebalance`], none is paid.
    pub claim: bool,
    /// Whether to send the reserve the rent of a decrease where it cannot lend it
    /// ([`missing_reserve_rent`](super::missing_reserve_rent)), at most once an epoch. The payer does not get it back.
    pub top_up: bool,
    /// Options of the update. With [`UpdateOptions::all`] the first round also updates current records.
    pub update: UpdateOptions,
    /// The format of transactions; `None` for the choice of the [`PlanSender`](super::PlanSender).
    pub format: Option<TransactionFormat>,
    /// The program that must own the pool, if set.
    pub program_id: Option<Address>,
    /// Whether to wait while epoch rewards are being paid. Otherwise the crank ends with
    /// [`PlanError::EpochRewardsActive`](crate::error::PlanError).
    pub wait_for_rewards: bool,
    /// Whether the payer's balance is reported to the observer before and after, with a request each time.
    pub report_balance: bool,
    /// Most rounds in a row without progress: transactions failed, expired or were overtaken.
    pub max_idle_rounds: u32,
    /// Most rounds in all. More would mean that epochs end before the pool is up to date, or that other users change it
    /// all the time.
    pub max_rounds: u32,
    /// Poll interval for expected changes: the endpoint may be behind the one that confirmed a transaction.
    pub poll_every: Duration,
    /// Poll interval for the end of epoch rewards; a subscription may report it earlier.
    pub rewards_every: Duration,
    /// Time for which a crank waits for a cluster that produces no blocks: a halted one, or one that migrates to Alpenglow.
    pub block_timeout: Duration,
    /// Time for which requests with transient errors are retried.
    pub retry_timeout: Duration,
    /// Most time between two polls of a watched pool. It is also polled when a rebalance is due and when the epoch
    /// should end.
    pub watch_interval: Duration,
    /// Backoff after a first retryable failure. It doubles with each further one.
    pub initial_backoff: Duration,
    /// Largest backoff.
    pub max_backoff: Duration,
}

impl Default for CrankOptions {
    fn default() -> Self {
        Self {
            rebalance: true,
            rebalance_at: RebalanceAt::default(),
            demote: true,
            claim: true,
            top_up: false,
            update: UpdateOptions::default(),
            format: None,
            program_id: None,
            wait_for_rewards: true,
            report_balance: false,
            max_idle_rounds: 3,
            max_rounds: 32,
            poll_every: Duration::from_millis(500),
            rewards_every: Duration::from_secs(5),
            block_timeout: Duration::from_secs(3_600),
            retry_timeout: Duration::from_secs(60),
            watch_interval: Duration::from_secs(60),
            initial_backoff: Duration::from_secs(1),
            max_backoff: Duration::from_secs(60),
        }
    }
}
