//! How to crank.

use {
    super::RebalanceAt, crate::plan::UpdateOptions, solana_address::Address, solana_message::AddressLookupTableAccount,
    std::time::Duration,
};

/// How to crank.
#[derive(Clone, Debug)]
pub struct CrankOptions {
    /// Whether stake is to be moved towards the targets, in a pool that has weights. Otherwise the pool is only updated.
    pub rebalance: bool,
    /// When in the epoch a watch rebalances. Where the reserve is below its target, a watch fills it up earlier.
    pub rebalance_at: RebalanceAt,
    /// How to update. With [`UpdateOptions::all`] a first round updates what is up to date, too.
    pub update: UpdateOptions,
    /// The lookup tables that shorten transactions; where there are none, those of the [`PlanSender`](super::Carrier).
    pub lookup_tables: Vec<AddressLookupTableAccount>,
    /// The program that the pool must belong to, if only one will do.
    pub program_id: Option<Address>,
    /// Whether to wait while epoch rewards are being paid. Otherwise it ends with
    /// [`PlanError::EpochRewardsActive`](crate::error::PlanError).
    pub wait_for_rewards: bool,
    /// Whether the observer is told what the payer has, before and after: a request each time.
    pub report_balance: bool,
    /// How many rounds in a row may bring nothing, since a transaction failed, expired or was overtaken.
    pub max_idle_rounds: u32,
    /// How many rounds there may be in all. More would mean that epochs are over before the pool is up to date, or that somebody
    /// changes it all the time.
    pub max_rounds: u32,
    /// Time between two looks at what has to show any moment: the endpoint that is asked may be behind the one that confirmed a
    /// transaction.
    pub poll_every: Duration,
    /// Time between two looks whether the rewards are paid, unless a subscription says so before.
    pub rewards_every: Duration,
    /// Time for which requests are repeated that fail for reasons which pass.
    pub retry_timeout: Duration,
    /// Most time between two looks at a pool that is watched. It is looked at when a rebalance is due and when the
    /// epoch should be over, too.
    pub watch_interval: Duration,
    /// Time to wait after a failure that may pass; twice as long after each one that follows.
    pub initial_backoff: Duration,
    /// The most that this time grows to.
    pub max_backoff: Duration,
}

impl Default for CrankOptions {
    fn default() -> Self {
        Self {
            rebalance: true,
            rebalance_at: RebalanceAt::default(),
            update: UpdateOptions::default(),
            lookup_tables: vec![],
            program_id: None,
            wait_for_rewards: true,
            report_balance: false,
            max_idle_rounds: 3,
            max_rounds: 32,
            poll_every: Duration::from_millis(500),
            rewards_every: Duration::from_secs(5),
            retry_timeout: Duration::from_secs(60),
            watch_interval: Duration::from_secs(60),
            initial_backoff: Duration::from_secs(1),
            max_backoff: Duration::from_secs(60),
        }
    }
}
