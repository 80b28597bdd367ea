//! Hearing what a crank does: notes for a person, lines for each epoch, figures for Prometheus.

use {
    super::{
        alerts::PoolAlerts,
        metrics::PoolMetrics,
        output::{Round, explain},
    },
    crate::{
        context::Context,
        error::CliError,
        output::{Format, streams},
        terminal::Terminal,
    },
    solana_address::Address,
    std::{
        cell::{Cell, RefCell},
        error::Error,
        io,
        time::{Duration, Instant},
    },
    tidepool_client::{
        cluster::Cluster,
        crank::{CrankReport, Observer, Wait},
        plan::RebalancePlan,
        pool::PoolSnapshot,
        send::{Stop, Summary},
    },
};

/// Hears what a crank does with one pool.
pub struct Listener {
    terminal: Terminal,
    format: Format,
    metrics: PoolMetrics,
    alerts: PoolAlerts,
    prints: bool,
    stop: Stop,
    /// When the work began that is not finished yet.
    began: Cell<Option<Instant>>,
    /// What the payer had when it was last looked, and by how much it has become less since the work began.
    balance: Cell<Option<u64>>,
    spent: Cell<u64>,
    waits_for: Cell<Option<Wait>>,
    /// The failure that was told last, until the pool is read again: an endpoint that fails for hours fills no log.
    told: RefCell<Option<String>>,
    last_round: RefCell<Option<Round>>,
    broken: RefCell<Option<io::Error>>,
}

impl Listener {
    /// One that leaves the answer to the end.
    pub fn silent<C: Cluster>(context: &Context<'_, C>, metrics: PoolMetrics, alerts: PoolAlerts) -> Self {
        Self {
            terminal: context.terminal,
            format: context.global.output,
            metrics,
            alerts,
            prints: false,
            stop: context.interrupt.stop.clone(),
            began: Cell::default(),
            balance: Cell::default(),
            spent: Cell::default(),
            waits_for: Cell::default(),
            told: RefCell::default(),
            last_round: RefCell::default(),
            broken: RefCell::default(),
        }
    }

    /// One that prints a line when there is nothing left to do in an epoch.
    pub fn printing<C: Cluster>(context: &Context<'_, C>, metrics: PoolMetrics, alerts: PoolAlerts) -> Self {
        Self { prints: true, ..Self::silent(context, metrics, alerts) }
    }

    /// What was done last.
    pub fn last_round(&self) -> Option<Round> {
        self.last_round.take()
    }

    /// Whether all lines could be printed.
    pub fn check_printed(&self) -> Result<(), CliError> {
        self.broken.take().map_or(Ok(()), |error| Err(error.into()))
    }

    /// Looks at a pool in which there was nothing to do say nothing new, except for the first in an epoch.
    fn is_news(&self, round: &Round) -> bool {
        let is_known = |last: &Round| last.is_of_same_epoch(round);
        round.has_transactions() || !self.last_round.borrow().as_ref().is_some_and(is_known)
    }

    fn print(&self, round: &Round) {
        let line = if self.format.is_json() { round.json_line() } else { round.to_string() };
        if let Err(error) = streams::answer(&line, self.format) {
            // The reader has closed the pipe.
            self.broken.replace(Some(error));
            self.stop.request();
        }
    }
}

impl Observer for Listener {
    fn pool_read(&self, snapshot: &PoolSnapshot) {
        if self.began.get().is_none() {
            self.began.set(Some(Instant::now()));
        }
        self.metrics.pool_read(snapshot);
        self.alerts.read(Some(snapshot));
        if self.told.take().is_some() {
            self.terminal.note("Read the pool again");
        }
    }

    fn planned(&self, _: &PoolSnapshot, plan: &RebalancePlan) {
        self.metrics.planned(plan);
    }

    fn sent(&self, summary: &Summary) {
        self.metrics.sent(summary);
        self.waits_for.set(None);
        Observer::sent(&self.terminal, summary);
    }

    fn payer_balance(&self, payer: &Address, lamports: u64) {
        self.alerts.payer_balance(payer, lamports);
        let before = self.balance.replace(Some(lamports)).unwrap_or(lamports);
        self.spent.set(self.spent.get().saturating_add(before.saturating_sub(lamports)));
        self.metrics.payer_balance(lamports);
    }

    fn waiting(&self, wait: Wait, _: Duration) {
        if self.waits_for.replace(Some(wait)) == Some(wait) {
            return;
        }
        match wait {
            Wait::Rewards => self.terminal.note("Waiting until epoch rewards are distributed"),
            Wait::Blocks => self.terminal.note(
                "Waiting until the cluster produces blocks: it is halted, or migrates to Alpenglow. The crank continues then",
            ),
            Wait::Retry | Wait::NextPoll => {}
        }
    }

    fn failed(&self, error: &dyn Error, is_cluster: bool) {
        self.metrics.failed(is_cluster);
        self.alerts.read(None);
        let told = error.to_string();
        if self.told.borrow().as_ref() != Some(&told) {
            self.terminal.note(&format!("{told}; retrying"));
            self.told.replace(Some(told));
        }
    }

    fn finished(&self, report: &CrankReport) {
        let took = self.began.take().map_or(Duration::ZERO, |began| began.elapsed());
        let round = Round::new(report, took, self.balance.get().map(|_| self.spent.take()));
        self.metrics.finished(report);
        self.alerts.finished(&report.snapshot);
        if self.prints && self.is_news(&round) {
            self.print(&round);
            if let Some(next) = &report.next_rebalance {
                self.terminal.note(&explain(next));
            }
        }
        self.last_round.replace(Some(round));
    }
}
