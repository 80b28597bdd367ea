//! Cranking in every epoch.

use {
    super::{Crank, CrankError, CrankReport, Cranked, PlanSender, Wait, timing::Timing},
    crate::{
        cluster::Cluster,
        pool::{PoolSnapshot, StakeSelection},
    },
    backon::{BackoffBuilder as _, ExponentialBackoff},
    solana_address::Address,
    std::time::Duration,
    tokio::time::Instant,
};

/// State of a watch between polls. All of it can be rebuilt: a watch that begins late in an epoch rebalances at once.
struct Watch {
    /// Whether the pool was ever read.
    has_read: bool,
    last: Option<PoolSnapshot>,
    timing: Option<Timing>,
    backoff: ExponentialBackoff,
}

impl<C: Cluster, S: PlanSender> Crank<'_, C, S> {
    /// Updates and rebalances the pool in every epoch, until a stop is requested.
    ///
    /// It updates the pool at the beginning of an epoch. It rebalances near the end
    /// ([`CrankOptions::rebalance_at`](super::CrankOptions)) and again just before it: moved stake takes effect at the
    /// end of the epoch, so the last movement decides. If an epoch ended without a rebalance, the next one begins with
    /// it. In between, it polls the pool and refills a reserve below its target.
    ///
    /// Retryable failures are retried with backoff: transactions that do not land, a payer with insufficient funds, an
    /// endpoint that does not respond. Once the pool has been read, any other endpoint error is retried too, such as a
    /// refusal, a page of HTML or a missing pool. The observer is told of each failure.
    ///
    /// # Errors
    /// [`CrankError`] if a retry cannot help. Before the first read: the endpoint refuses, or there is no pool at the
    /// address. At any time: a signature is missing, or the plan sender fails.
    pub async fn watch(&self, pool: &Address) -> Cranked<(), S> {
        let mut watch = Watch { has_read: false, last: None, timing: None, backoff: self.options.backoff().build() };
        loop {
            let waited = match self.run_watched(pool, &mut watch).await {
                Ok(report) => {
                    watch.backoff = self.options.backoff().build();
                    self.wait_for_next_poll(report, &mut watch).await
                }
                _ if self.stop.is_requested() => return Ok(()),
                Err(error) if self.is_retryable(&error, &watch) => {
                    let wait = watch.backoff.next().unwrap_or(self.options.max_backoff);
                    self.observer.failed(&error, error.is_cluster());
                    self.observer.waiting(Wait::Retry, wait);
                    self.pause(wait).await
                }
                Err(error) => return Err(error),
            };
            if waited.is_err() {
                return Ok(());
            }
        }
    }

    fn is_retryable(&self, error: &CrankError<S::Error>, watch: &Watch) -> bool {
        match error {
            CrankError::PlanSender(error) => S::is_retryable(error),
            error => error.is_retryable(watch.has_read),
        }
    }

    async fn run_watched(&self, pool: &Address, watch: &mut Watch) -> Cranked<CrankReport, S> {
        let known = match &watch.last {
            Some(last) => Some(self.reread(last, &StakeSelection::Transient).await?),
            None => None,
        };
        // Values that can change with an epoch, such as the minimum delegation, are read in each epoch.
        let snapshot = match known {
            Some(snapshot) if !snapshot.is_stale() => snapshot,
            _ => self.read(pool).await?,
        };
        watch.has_read = true;
        let timing = match &mut watch.timing {
            Some(timing) => timing,
            none => {
                let schedule = self.ask(self.retrying_cluster().epoch_schedule()).await?;
                let slot_time = self.cluster.slot_time(&snapshot.environment().clock, &schedule).await;
                none.insert(Timing::new(self.options.rebalance_at, schedule, slot_time))
            }
        };
        timing.pace.note(snapshot.environment().clock.slot, Instant::now());
        self.run_timed(snapshot, Some(timing)).await
    }

    /// Waits until the next epoch, the next rebalance or the poll interval, whichever comes first. Errors if a stop is
    /// requested.
    async fn wait_for_next_poll(&self, report: CrankReport, watch: &mut Watch) -> Cranked<(), S> {
        let clock = &report.snapshot.environment().clock;
        let until_next = watch.timing.as_mut().map_or(Duration::MAX, |timing| {
            timing.pace.note(clock.slot, Instant::now());
            timing.until_next_poll(clock)
        });
        let wait = until_next.min(self.options.watch_interval).max(self.options.poll_every);
        watch.last = Some(report.snapshot);
        self.observer.waiting(Wait::NextPoll, wait);
        self.pause_for_rewards_to_change(wait, self.options.poll_every).await
    }
}
