//! Waiting: for an endpoint that does not answer, for the end of rewards, for what has to show any moment.

use {
    super::{Crank, CrankError, CrankOptions, Cranked, MAX_POLLS, PlanSender, retrying::RetryingCluster},
    crate::{
        cluster::Cluster,
        error::check_no_rewards,
        pool::{PoolError, PoolSnapshot, StakeSelection},
        send::Summary,
    },
    futures_util::future::{Either, select},
    std::{future::Future, pin::pin, time::Duration},
    tidepool_interface::address::EPOCH_REWARDS_ID,
    tokio::time::{Instant, sleep, sleep_until},
};

/// How soon a pause ends after a stop was requested, at the latest.
const STOP_LATENCY: Duration = Duration::from_millis(100);

/// What a crank waits for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Wait {
    /// The end of the epoch's rewards, before which no stake can be changed.
    Rewards,
    /// Time to try again after something failed.
    Retry,
    /// The next epoch, or the next look.
    NextPoll,
}

/// How long to wait after each failure in a row.
pub(super) struct Backoff {
    next: Duration,
    most: Duration,
}

impl Backoff {
    pub fn new(options: &CrankOptions) -> Self {
        Self { next: options.initial_backoff, most: options.max_backoff }
    }

    /// The time to wait now; the next one is twice as long.
    pub fn wait(&mut self) -> Duration {
        let now = self.next.min(self.most);
        self.next = now.saturating_mul(2);
        now
    }
}

impl<C: Cluster, S: PlanSender> Crank<'_, C, S> {
    /// Waits. An error says that it was told to stop.
    pub(super) async fn pause(&self, time: Duration) -> Cranked<(), S> {
        self.pause_until(sleep(time)).await
    }

    /// Waits for something.
    pub(super) async fn pause_until(&self, event: impl Future<Output = ()>) -> Cranked<(), S> {
        let stopped = async {
            while !self.stop.is_requested() {
                sleep(STOP_LATENCY).await;
            }
        };
        match select(pin!(stopped), pin!(event)).await {
            Either::Left(_) => Err(CrankError::Stopped(Summary::default())),
            Either::Right(_) => Ok(()),
        }
    }

    /// Waits until the state of the rewards changes, which is also when an epoch begins: at `most` so long, and not less than `least`,
    /// for while they are being paid it changes with every block.
    pub(super) async fn pause_for_rewards_to_change(&self, most: Duration, least: Duration) -> Cranked<(), S> {
        let earliest = Instant::now() + least;
        self.pause_until(async {
            self.cluster.changed(&EPOCH_REWARDS_ID, most).await;
            sleep_until(earliest).await;
        })
        .await
    }

    /// The cluster, with patience.
    pub(super) fn retrying_cluster(&self) -> RetryingCluster<'_, C> {
        RetryingCluster { cluster: self.cluster, options: &self.options, request_log: &self.request_log }
    }

    /// Reads the pool again.
    pub(super) async fn reread(&self, snapshot: &PoolSnapshot, stakes: &StakeSelection) -> Cranked<PoolSnapshot, S> {
        let (cluster, began) = (self.retrying_cluster(), Instant::now());
        loop {
            match self.ask(snapshot.read_again(&cluster, stakes.clone())).await {
                // Somebody is busy with it.
                Err(CrankError::Pool(PoolError::KeepsChanging { .. }))
                    if began.elapsed() < self.options.retry_timeout =>
                {
                    self.pause(self.options.poll_every).await?;
                }
                read => return read,
            }
        }
    }

    /// Reads the pool again until it shows what was sent.
    pub(super) async fn reread_until(
        &self,
        before: &PoolSnapshot,
        stakes: &StakeSelection,
        shows: impl Fn(&PoolSnapshot) -> bool,
    ) -> Cranked<PoolSnapshot, S> {
        let mut snapshot = self.reread(before, stakes).await?;
        for _ in 0..MAX_POLLS {
            // What was sent in an epoch that is over shows nowhere, or does not matter any more.
            if snapshot.epoch() != before.epoch() || shows(&snapshot) {
                break;
            }
            self.pause(self.options.poll_every).await?;
            snapshot = self.reread(&snapshot, stakes).await?;
        }
        self.observer.pool_read(&snapshot);
        Ok(snapshot)
    }

    /// Waits for an answer, and tells the observer of requests that had to be repeated. An error may say that it was told to stop.
    pub(super) async fn ask<T, E>(&self, question: impl Future<Output = Result<T, E>>) -> Cranked<T, S>
    where
        CrankError<S::Error>: From<E>,
    {
        let mut question = pin!(question);
        loop {
            let tick = pin!(sleep(STOP_LATENCY));
            let answer = select(question.as_mut(), tick).await;
            for error in self.request_log.take_failures() {
                self.observer.failed(&error, true);
            }
            match answer {
                Either::Left((answer, _)) => return Ok(answer?),
                Either::Right(_) if self.stop.is_requested() => {
                    return Err(CrankError::Stopped(Summary::default()));
                }
                Either::Right(_) => {}
            }
        }
    }

    /// Waits until all rewards are paid, if the options say so, and reads the pool again.
    pub(super) async fn wait_for_rewards(&self, snapshot: &PoolSnapshot) -> Cranked<PoolSnapshot, S> {
        if !self.options.wait_for_rewards {
            check_no_rewards(snapshot.environment())?;
        }
        // Soon at first, for it may be over before a subscription has begun.
        let mut wait = self.options.poll_every;
        loop {
            wait = wait.saturating_mul(2).min(self.options.rewards_every);
            self.observer.waiting(Wait::Rewards, wait);
            self.pause_for_rewards_to_change(wait, wait / 2).await?;
            let rewards = self.ask(self.retrying_cluster().epoch_rewards()).await?;
            if !rewards.active {
                let snapshot = self.reread(snapshot, &StakeSelection::None).await?;
                self.observer.pool_read(&snapshot);
                return Ok(snapshot);
            }
        }
    }
}
