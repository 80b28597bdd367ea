//! Figures for Prometheus. A name has its unit at the end; `cli/grafana/tidepool.json` draws all of them.

use {
    super::output::timestamp,
    crate::{
        output::state_name,
        units::now,
        view::{demotion::demoted_validators, limits::Announced, tickets::TicketTotals},
    },
    prometheus::{IntCounter, IntCounterVec, IntGauge, Opts, Registry, core::Collector},
    solana_address::Address,
    std::sync::{Arc, Mutex, PoisonError},
    tidepool_client::{
        crank::{Backlog, CrankReport, deviating_validators, missing_reserve_rent},
        plan::RebalancePlan,
        pool::{PoolSnapshot, StakeSelection},
        send::Summary,
        words::{in_motion, lamports_per_whole_pool_token},
    },
};

const OUTCOMES: [&str; 6] = ["landed", "failed", "would_fail", "expired", "unknown", "not_sent"];

/// Figures of all pools and of their payer.
pub struct Metrics {
    registry: Registry,
    payer: Arc<PayerMetrics>,
}

struct PayerMetrics {
    balance: IntGauge,
    spent: IntCounter,
    last: Mutex<Option<u64>>,
}

pub struct PoolMetrics {
    payer: Arc<PayerMetrics>,
    freshness: Freshness,
    amounts: Amounts,
    promises: Promises,
    validators: Validators,
    exits: Exits,
    work: Work,
}

/// Groups of figures: the field, the name, and the help of each.
macro_rules! gauges {
    ($($group:ident { $($field:ident: $name:literal, $help:literal,)* })*) => {$(
        struct $group {
            $($field: IntGauge,)*
        }

        impl $group {
            fn new(maker: &Maker) -> Self {
                Self { $($field: maker.gauge($name, $help),)* }
            }
        }
    )*};
}

gauges! {
    Freshness {
        cluster_epoch: "tidepool_cluster_epoch", "Current epoch of the cluster.",
        pool_epoch: "tidepool_pool_epoch", "Epoch of the pool's last update.",
        is_stale: "tidepool_pool_stale", "1 if the pool is stale (not updated in the current epoch), else 0.",
        fresh_timestamp: "tidepool_pool_fresh_timestamp_seconds",
            "Unix time in seconds of the last observation of an up-to-date pool; 0 if there was none.",
        rewards_active: "tidepool_epoch_rewards_active",
            "1 while epoch rewards are distributed and stake accounts are locked, else 0.",
        next_rebalance: "tidepool_pool_next_rebalance_timestamp_seconds",
            "Unix time in seconds of the next rebalance, estimated from the measured slot time; 0 with --rebalance-at now.",
    }

    Amounts {
        total: "tidepool_pool_total_lamports", "Total lamports of the pool at its last update.",
        supply: "tidepool_pool_token_supply_units",
            "Supply of the pool token in smallest units; 1000000000 units are one token.",
        token_value: "tidepool_pool_token_value_lamports",
            "Exchange rate: lamports per whole pool token, rounded down.",
        reserve: "tidepool_pool_reserve_lamports", "Lamports in the reserve, rent included.",
        missing_rent: "tidepool_pool_reserve_missing_rent_lamports",
            "Lamports to add before the reserve can lend the rent of a decrease; 0 if it can.",
        idle: "tidepool_pool_idle_lamports",
            "Lamports beside the delegations of validators (tips, block revenue) that were not swept when last read.",
        in_motion: "tidepool_pool_in_motion_lamports",
            "Activating and deactivating lamports (transient stake accounts), rent included.",
    }

    Exits {
        tickets: "tidepool_pool_exit_tickets", "Open exit tickets of the pool.",
        ticket_lamports: "tidepool_pool_exit_ticket_lamports", "Lamports of the open exit tickets, fixed at the requests.",
    }

    Promises {
        announcements: "tidepool_pool_announcements_pending", "Announced changes of the pool that were not made yet.",
        due: "tidepool_pool_announcements_due", "Announced changes of the pool whose notice is over.",
        is_halted: "tidepool_pool_halted", "1 while the rate guard halts deposits and SOL withdrawals, else 0.",
    }

    Validators {
        all: "tidepool_pool_validators", "Validators in the validator list.",
        behind: "tidepool_pool_validators_behind", "Validators whose record was not updated in the current epoch.",
        mergeable: "tidepool_pool_validators_mergeable",
            "Validators with transient or removed stake that an update can merge now.",
        demoted: "tidepool_pool_validators_demoted", "Active validators that are demoted.",
        off_target: "tidepool_pool_validators_off_target",
            "Validators above or below target by more than the threshold.",
    }
}

struct Work {
    transactions: IntCounterVec,
    rounds: IntCounter,
    finished: IntCounter,
    failures: IntCounter,
    rpc_errors: IntCounter,
}

struct Maker<'a> {
    registry: &'a Registry,
    label: &'static str,
    value: String,
}

impl Maker<'_> {
    fn options(&self, name: &str, help: &str) -> Opts {
        Opts::new(name, help).const_label(self.label, &self.value)
    }

    /// Adds a figure. One that is there already (of a pool that is named twice) is not served a second time.
    fn add<T: Collector + Clone + 'static>(&self, figure: prometheus::Result<T>) -> T {
        let figure = figure.expect("names of figures and labels are valid");
        let _ = self.registry.register(Box::new(figure.clone()));
        figure
    }

    fn gauge(&self, name: &str, help: &str) -> IntGauge {
        self.add(IntGauge::with_opts(self.options(name, help)))
    }

    fn counter(&self, name: &str, help: &str) -> IntCounter {
        self.add(IntCounter::with_opts(self.options(name, help)))
    }
}

impl Metrics {
    /// Figures of a payer, and of no pool yet.
    pub fn new(payer: &Address) -> Self {
        let registry = Registry::new();
        let maker = Maker { registry: &registry, label: "payer", value: payer.to_string() };
        let payer = PayerMetrics {
            balance: maker.gauge("tidepool_payer_balance_lamports", "Balance of the fee payer in lamports."),
            spent: maker.counter(
                "tidepool_payer_spent_lamports_total",
                "Decrease of the fee payer's balance in lamports: transaction fees, if it pays for nothing else.",
            ),
            last: Mutex::default(),
        };
        Self { payer: Arc::new(payer), registry }
    }

    pub fn registry(&self) -> Registry {
        self.registry.clone()
    }

    pub fn pool(&self, pool: &Address) -> PoolMetrics {
        let maker = Maker { registry: &self.registry, label: "pool", value: pool.to_string() };
        PoolMetrics {
            payer: Arc::clone(&self.payer),
            freshness: Freshness::new(&maker),
            amounts: Amounts::new(&maker),
            promises: Promises::new(&maker),
            validators: Validators::new(&maker),
            exits: Exits::new(&maker),
            work: Work::new(&maker),
        }
    }
}

impl Work {
    fn new(maker: &Maker) -> Self {
        let by_outcome =
            "Transactions by outcome: landed, failed (paid a fee), would_fail, expired, unknown, not_sent.";
        let transactions = IntCounterVec::new(maker.options("tidepool_transactions_total", by_outcome), &["outcome"]);
        let transactions = maker.add(transactions);
        // So that all of them are there from the beginning.
        OUTCOMES.iter().for_each(|outcome| transactions.with_label_values(&[*outcome]).reset());
        Self {
            transactions,
            rounds: maker.counter("tidepool_rounds_total", "Rounds in which transactions were sent."),
            finished: maker.counter("tidepool_finished_total", "Rounds that found nothing to do."),
            failures: maker.counter("tidepool_failures_total", "Failures that were retried."),
            rpc_errors: maker.counter(
                "tidepool_rpc_errors_total",
                "Failed RPC requests: no answer, a rejection, or a malformed answer.",
            ),
        }
    }
}

impl PoolMetrics {
    pub fn pool_read(&self, snapshot: &PoolSnapshot) {
        let (rate, backlog) = (snapshot.rate(), Backlog::of(snapshot));
        set(&self.freshness.cluster_epoch, snapshot.epoch());
        set(&self.freshness.pool_epoch, snapshot.pool().head.last_update_epoch.get());
        set(&self.freshness.is_stale, u64::from(backlog.is_stale));
        if !backlog.is_stale {
            set(&self.freshness.fresh_timestamp, now().as_secs());
        }
        set(&self.freshness.rewards_active, u64::from(snapshot.environment().rewards_are_being_paid()));
        set(&self.amounts.total, rate.total_lamports.get());
        set(&self.amounts.supply, rate.pool_token_supply.get());
        set(&self.amounts.token_value, lamports_per_whole_pool_token(snapshot).unwrap_or(0));
        set(&self.amounts.reserve, snapshot.reserve_lamports());
        set(&self.amounts.missing_rent, missing_reserve_rent(snapshot));
        set(&self.amounts.in_motion, in_motion(snapshot));
        set(&self.validators.demoted, demoted_validators(snapshot) as u64);
        let tickets = TicketTotals::of(snapshot);
        set(&self.exits.tickets, tickets.open_tickets);
        set(&self.exits.ticket_lamports, tickets.open_ticket_lamports);
        let announced = Announced::of(snapshot);
        set(&self.promises.announcements, announced.len() as u64);
        set(&self.promises.due, announced.iter().filter(|announced| announced.due).count() as u64);
        set(&self.promises.is_halted, u64::from(snapshot.halted_until_epoch().is_some()));
        set(&self.validators.all, snapshot.records().len() as u64);
        set(&self.validators.behind, backlog.stale_validators as u64);
        if snapshot.has_stakes(&StakeSelection::Transient) {
            set(&self.validators.mergeable, backlog.validators_mergeable as u64);
        }
    }

    pub fn planned(&self, plan: &RebalancePlan) {
        set(&self.validators.off_target, deviating_validators(plan) as u64);
    }

    pub fn sent(&self, summary: &Summary) {
        self.work.rounds.inc();
        for sent in &summary.transactions {
            self.work.transactions.with_label_values(&[state_name(&sent.outcome)]).inc();
        }
    }

    pub fn payer_balance(&self, lamports: u64) {
        set(&self.payer.balance, lamports);
        let mut last = self.payer.last.lock().unwrap_or_else(PoisonError::into_inner);
        let before = last.replace(lamports).unwrap_or(lamports);
        self.payer.spent.inc_by(before.saturating_sub(lamports));
    }

    pub fn failed(&self, is_cluster: bool) {
        self.work.failures.inc();
        if is_cluster {
            self.work.rpc_errors.inc();
        }
    }

    pub fn finished(&self, report: &CrankReport) {
        self.work.finished.inc();
        report.idle_lamports.into_iter().for_each(|idle| set(&self.amounts.idle, idle));
        set(&self.freshness.next_rebalance, report.next_rebalance.as_ref().and_then(timestamp).unwrap_or_default());
    }
}

fn set(gauge: &IntGauge, value: u64) {
    gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
}
