//! Cranking in every epoch.

use {
    super::{Crank, CrankError, CrankReport, Cranked, PlanSender, Wait, timing::Timing, wait::Backoff},
    crate::{
        cluster::Cluster,
        pool::{PoolSnapshot, StakeSelection},
    },
    solana_address::Address,
    std::time::Duration,
    tokio::time::Instant,
};

/// What a watch remembers from one look to the next: nothing that it could not do without. A watch that begins late in an epoch
/// rebalances at once.
struct Watch {
    /// Whether the pool was ever read.
    has_read: bool,
    last: Option<PoolSnapshot>,
    timing: Option<Timing>,
    retry: Backoff,
}

impl<C: Cluster, S: PlanSender> Crank<'_, C, S> {
    /// Brings the pool up to date and into balance, waits for the next epoch, and begins again, until it is told to stop.
    ///
    /// It updates the pool at the beginning of an epoch, and rebalances it near the end
    /// ([`CrankOptions::rebalance_at`](super::CrankOptions)) and again just before it: stake that moves takes effect when the epoch
    /// ends, so that the last movement decides. An epoch that ended without a rebalance is made up for in the next. In between it
    /// looks at the pool now and then, and fills up a reserve that is below its target. After a failure that may pass it
    /// tries again, at growing intervals: transactions that do not land, a payer without lamports, an endpoint that does not answer.
    /// Once the pool has been read, every other answer of the endpoint may pass, too: a refusal, a page of HTML, a pool that does
    /// not exist. The observer hears of all of them.
    ///
    /// # Errors
    /// [`CrankError`], where trying again cannot help: the endpoint refuses, the pool does not exist or is no pool, before it was
    /// ever read; a signature is missing; the carrier cannot go on.
    pub async fn watch(&self, pool: &Address) -> Cranked<(), S> {
        let mut watch = Watch { has_read: false, last: None, timing: None, retry: Backoff::new(&self.options) };
        loop {
            let waited = match self.run_watched(pool, &mut watch).await {
                Ok(report) => {
                    watch.retry = Backoff::new(&self.options);
                    self.wait_for_next_poll(report, &mut watch).await
                }
                _ if self.stop.is_requested() => return Ok(()),
                Err(error) if self.is_retryable(&error, &watch) => {
                    let wait = watch.retry.wait();
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
        // What may change with an epoch, such as the minimum delegation, is asked for again in each.
        let snapshot = match known {
            Some(snapshot) if !snapshot.is_stale() => snapshot,
            _ => self.read(pool).await?,
        };
        watch.has_read = true;
        let timing = match &mut watch.timing {
            Some(timing) => timing,
            none => {
                let schedule = self.ask(self.retrying_cluster().epoch_schedule()).await?;
                none.insert(Timing::new(self.options.rebalance_at, schedule))
            }
        };
        timing.pace.note(snapshot.environment().clock.slot, Instant::now());
        self.run_timed(snapshot, Some(timing)).await
    }

    /// Waits until the epoch should be over or a rebalance is due, but not longer than the options say. An error says that it was
    /// told to stop.
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
