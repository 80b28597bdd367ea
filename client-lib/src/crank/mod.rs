//! Keeps a pool up to date, and its stake at the targets of its weights.
//!
//! A [`Crank`] reads a pool, plans the remaining work, sends it, and reads again until nothing is left. It keeps no
//! essential state: the next read shows what is left, whatever happened to its transactions, and if other crankers do
//! the same work. Permissionless: any fee payer can run one, at the cost of transaction fees.
//!
//! ```no_run
//! # use tidepool_client::{cluster::RpcCluster, crank::Crank, send::Stop};
//! # async fn example(pool: solana_address::Address, payer: &dyn solana_signer::Signer) -> Result<(), Box<dyn std::error::Error>> {
//! let cluster = RpcCluster::new("http://localhost:8899");
//! let report = Crank::new(&cluster, payer).run_once(&pool).await?;
//! println!("{} transactions in {} rounds", report.sent.landed(), report.rounds);
//!
//! // In every epoch from now on, until `stop.request()` is called:
//! let stop = Stop::default();
//! Crank::new(&cluster, payer).stop(&stop).watch(&pool).await?;
//! # Ok(())
//! # }
//! ```

mod backlog;
mod claim;
mod demote;
mod error;
mod observer;
mod options;
mod pace;
mod plan_sender;
mod rebalance;
mod report;
mod retries;
mod timing;
mod top_up;
mod update;
mod wait;
mod watch;

#[cfg(test)]
mod tests;

pub use {
    backlog::{Backlog, deviating_validators},
    error::CrankError,
    observer::Observer,
    options::CrankOptions,
    plan_sender::{PlanSender, PlanToSend, WalletSender},
    report::CrankReport,
    timing::{NextRebalance, RebalanceAt},
    top_up::missing_reserve_rent,
    wait::Wait,
};

use {
    crate::{
        cluster::Cluster,
        pack::TransactionFormat,
        plan::{Plan, RebalanceOptions},
        pool::{MinimumDelegation, PoolSnapshot, ReadOptions, StakeSelection},
        send::{SendOptions, Stop, Summary},
    },
    claim::TicketMemory,
    error::{Verdict, judge},
    report::Run,
    retries::RequestLog,
    solana_address::Address,
    solana_signer::Signer,
    std::sync::atomic::AtomicU64,
    timing::Timing,
};

/// Most reads of the pool until it shows the sent transactions. The endpoint may be behind the one that confirmed them.
const MAX_POLLS: usize = 20;

/// Updates and rebalances a pool, demotes validators, and pays exit tickets. See the [module](self).
pub struct Crank<'a, C, S> {
    cluster: &'a C,
    plan_sender: S,
    options: CrankOptions,
    observer: &'a dyn Observer,
    stop: Stop,
    request_log: RequestLog,
    /// The last epoch in which the reserve was sent a rent; `u64::MAX` before the first.
    topped_up_in: AtomicU64,
    /// The last epoch in which the stake accounts of all validators were read for idle lamports; `u64::MAX` before the first.
    idle_read_in: AtomicU64,
    tickets: TicketMemory,
}

type Cranked<T, S> = Result<T, CrankError<<S as PlanSender>::Error>>;

impl<'a, C: Cluster> Crank<'a, C, WalletSender<'a, C>> {
    /// A crank with fee payer `payer`.
    pub fn new(cluster: &'a C, payer: &'a dyn Signer) -> Self {
        Self::with_plan_sender(cluster, WalletSender::new(cluster, payer))
    }

    /// Replaces the options for sending.
    #[must_use]
    pub fn send_options(mut self, options: SendOptions) -> Self {
        self.plan_sender.send = options;
        self
    }
}

impl<'a, C: Cluster, S: PlanSender> Crank<'a, C, S> {
    /// A crank that sends its plans with `plan_sender`.
    pub fn with_plan_sender(cluster: &'a C, plan_sender: S) -> Self {
        Self {
            cluster,
            plan_sender,
            options: CrankOptions::default(),
            observer: &(),
            stop: Stop::default(),
            request_log: RequestLog::default(),
            topped_up_in: AtomicU64::new(u64::MAX),
            idle_read_in: AtomicU64::new(u64::MAX),
            tickets: TicketMemory::default(),
        }
    }

    /// Replaces the options.
    #[must_use]
    pub fn options(mut self, options: CrankOptions) -> Self {
        self.options = options;
        self
    }

    /// Reports progress to `observer`.
    #[must_use]
    pub fn observer(mut self, observer: &'a dyn Observer) -> Self {
        self.observer = observer;
        self
    }

    /// Ends early when `stop` is requested: no further transaction is sent, and in-flight ones are followed first.
    #[must_use]
    pub fn stop(mut self, stop: &Stop) -> Self {
        self.stop = stop.clone();
        self
    }

    /// Updates the pool at `pool`, demotes validators, rebalances the pool as far as this epoch allows, and pays exit tickets.
    ///
    /// If rewards are being paid it waits for their end, if the options say so. Requests with transient errors are
    /// retried, once any request has been answered. A cluster that never answered is an error at once.
    ///
    /// # Errors
    /// [`CrankError`].
    pub async fn run_once(&self, pool: &Address) -> Cranked<CrankReport, S> {
        let snapshot = self.read(pool).await?;
        self.run_from(snapshot).await
    }

    /// Like [`Self::run_once`], for a pool that has just been read.
    ///
    /// # Errors
    /// [`CrankError`].
    pub async fn run_from(&self, snapshot: PoolSnapshot) -> Cranked<CrankReport, S> {
        self.run_timed(snapshot, None).await
    }

    /// Does the work that is due at this time of the epoch; all of it without `timing`.
    async fn run_timed(&self, snapshot: PoolSnapshot, timing: Option<&mut Timing>) -> Cranked<CrankReport, S> {
        let mut run = Run::default();
        self.request_log.record_answer();
        self.report_balance().await;
        let snapshot = self.with_transient_stakes(snapshot).await?;
        self.observer.pool_read(&snapshot);
        let result = self.run(snapshot, &mut run, timing).await;
        if run.rounds > 0 {
            self.report_balance().await;
        }
        match result {
            Ok(snapshot) => {
                let report = run.report(snapshot);
                self.observer.finished(&report);
                Ok(report)
            }
            Err(error) => Err(run.complete(error)),
        }
    }

    async fn run(
        &self,
        mut snapshot: PoolSnapshot,
        run: &mut Run,
        mut timing: Option<&mut Timing>,
    ) -> Cranked<PoolSnapshot, S> {
        loop {
            // Boxed: a test's thread has 2 MiB of stack for the futures of a watch.
            snapshot = Box::pin(self.update(snapshot, run)).await?;
            snapshot = Box::pin(self.top_up(snapshot, run)).await?;
            if snapshot.is_stale() {
                continue;
            }
            if !self.options.rebalance || !snapshot.is_extended() {
                return Ok(snapshot);
            }
            let begun = snapshot.environment().clock.clone();
            let deferred = match timing.as_deref_mut() {
                Some(timing) => self.deferred(&snapshot, timing)?,
                None => None,
            };
            if deferred.is_none() {
                snapshot = Box::pin(self.demote(snapshot, run)).await?;
            }
            let options = RebalanceOptions { reserve_only: deferred.is_some(), ..RebalanceOptions::default() };
            let moved = run.movements.len();
            snapshot = Box::pin(self.rebalance(snapshot, &options, run)).await?;
            // Stake that was deactivated in the epoch of its activation can be merged at once.
            if snapshot.is_stale() || run.movements.len() > moved {
                continue;
            }
            if let Some(timing) = timing {
                if deferred.is_none() {
                    timing.done(&begun);
                }
                let next = || timing.next(&snapshot.environment().clock);
                run.next_rebalance = if snapshot.weighted().next().is_some() { next() } else { None };
            }
            snapshot = Box::pin(self.claim(snapshot, run)).await?;
            if let Some(plan) = deferred {
                self.observer.planned(&snapshot, &plan);
                run.rest = Some(plan);
            }
            return Ok(snapshot);
        }
    }

    async fn read(&self, pool: &Address) -> Cranked<PoolSnapshot, S> {
        let options = ReadOptions {
            stakes: StakeSelection::Transient,
            minimum_delegation: self.plan_sender.payer().map_or(MinimumDelegation::Ask, MinimumDelegation::AskAs),
            program_id: self.options.program_id,
        };
        self.ask(PoolSnapshot::read(&self.retrying_cluster(), pool, &options)).await
    }

    /// Sends a plan. Returns the number of transactions that landed. If some did not land and another round may help,
    /// the run keeps the summary.
    async fn send_plan(&self, plan: &Plan, snapshot: &PoolSnapshot, run: &mut Run) -> Cranked<usize, S> {
        if self.stop.is_requested() {
            return Err(CrankError::Stopped(Summary::default()));
        }
        if run.rounds >= self.options.max_rounds {
            return Err(CrankError::Restless { rounds: run.rounds });
        }
        let format = run.format.clone().unwrap_or_default();
        let load = PlanToSend { plan, program_id: snapshot.program_id(), format: &format, stop: &self.stop };
        self.observer.sending(plan);
        let summary = self.plan_sender.send_plan(load).await.map_err(CrankError::PlanSender)?;
        self.observer.sent(&summary);
        run.rounds += 1;
        let landed = summary.landed();
        match judge(&summary) {
            Verdict::Landed => {
                run.sent.extend(summary.transactions);
                Ok(landed)
            }
            Verdict::Reread => {
                run.problem = Some(summary);
                Ok(landed)
            }
            Verdict::NoBlocks if self.wait_for_blocks().await? => {
                // Nothing was wrong with the round.
                run.idle = 0;
                run.problem = Some(summary);
                Ok(landed)
            }
            Verdict::Final | Verdict::NoBlocks => Err(CrankError::NotLanded(summary)),
            Verdict::Stopped => Err(CrankError::Stopped(summary)),
        }
    }

    /// Records the progress of a round, and fails after too many rounds without any.
    async fn note_round(&self, is_progress: bool, run: &mut Run) -> Cranked<(), S> {
        let problem = run.problem.take();
        run.idle = if is_progress { 0 } else { run.idle + 1 };
        if run.idle > self.options.max_idle_rounds {
            return Err(match problem {
                Some(summary) => CrankError::NotLanded(summary),
                None => CrankError::Restless { rounds: run.rounds },
            });
        }
        run.sent.extend(problem.into_iter().flat_map(|summary| summary.transactions));
        if is_progress { Ok(()) } else { self.pause(self.options.poll_every).await }
    }

    /// The format of transactions, chosen once.
    async fn choose_format(&self, snapshot: &PoolSnapshot, run: &mut Run) -> Cranked<TransactionFormat, S> {
        if let Some(known) = &run.format {
            return Ok(known.clone());
        }
        let chosen = match &self.options.format {
            Some(format) => format.clone(),
            None => self.plan_sender.format(snapshot).await.map_err(CrankError::PlanSender)?,
        };
        Ok(run.format.insert(chosen).clone())
    }

    async fn report_balance(&self) {
        let Some(payer) = self.plan_sender.payer().filter(|_| self.options.report_balance) else { return };
        // An error is ignored: the next request will report it.
        if let Ok(account) = self.ask(self.retrying_cluster().account(&payer)).await {
            self.observer.payer_balance(&payer, account.map_or(0, |account| account.lamports));
        }
    }
}
