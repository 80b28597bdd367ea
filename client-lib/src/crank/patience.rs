//! Waiting: for an endpoint that does not answer, for the end of rewards, for what has to show any moment.

use {
    super::{Carrier, Crank, CrankError, CrankOptions, Cranked, LOOKS, error::is_transient},
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
    NextLook,
}

/// How long to wait after each failure in a row.
pub(super) struct Retry {
    next: Duration,
    most: Duration,
}

impl Retry {
    pub fn new(options: &CrankOptions) -> Self {
        Self { next: options.first_retry, most: options.last_retry }
    }

    /// The time to wait now; the next one is twice as long.
    pub fn wait(&mut self) -> Duration {
        let now = self.next.min(self.most);
        self.next = now.saturating_mul(2);
        now
    }
}

impl<C: Cluster, S: Carrier> Crank<'_, C, S> {
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

    /// Waits until the state of the rewards changes, which is also when an epoch begins, and a moment at least.
    pub(super) async fn pause_for_rewards_to_change(&self, most: Duration) -> Cranked<(), S> {
        let earliest = Instant::now() + self.options.poll_every;
        self.pause_until(async {
            self.cluster.changed(&EPOCH_REWARDS_ID, most).await;
            sleep_until(earliest).await;
        })
        .await
    }

    /// Reads the pool again, with patience.
    pub(super) async fn again(&self, snapshot: &PoolSnapshot, stakes: &StakeSelection) -> Cranked<PoolSnapshot, S> {
        self.patiently(|| snapshot.read_again(self.cluster, stakes.clone())).await
    }

    /// Reads the pool again until it shows what was sent.
    pub(super) async fn again_until(
        &self,
        before: &PoolSnapshot,
        shows: impl Fn(&PoolSnapshot) -> bool,
    ) -> Cranked<PoolSnapshot, S> {
        let mut snapshot = self.again(before, &StakeSelection::None).await?;
        for _ in 0..LOOKS {
            // What was sent in an epoch that is over shows nowhere, or does not matter any more.
            if snapshot.epoch() != before.epoch() || shows(&snapshot) {
                break;
            }
            self.pause(self.options.poll_every).await?;
            snapshot = self.again(&snapshot, &StakeSelection::None).await?;
        }
        self.observer.looked(&snapshot);
        Ok(snapshot)
    }

    /// Repeats a request while it fails for reasons that pass, for as long as the options' patience lasts.
    pub(super) async fn patiently<T, F>(&self, mut request: impl FnMut() -> F) -> Cranked<T, S>
    where
        F: Future<Output = Result<T, PoolError>>,
    {
        let began = Instant::now();
        let mut retry = Retry::new(&self.options);
        loop {
            match request().await {
                Err(error) if is_transient(&error) && began.elapsed() < self.options.patience => {
                    let wait = retry.wait();
                    self.observer.failed(&error, true);
                    self.observer.waiting(Wait::Retry, wait);
                    self.pause(wait).await?;
                }
                result => return Ok(result?),
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
            self.pause_for_rewards_to_change(wait).await?;
            let rewards = self.patiently(|| async { Ok(self.cluster.epoch_rewards().await?) }).await?;
            if !rewards.active {
                let snapshot = self.again(snapshot, &StakeSelection::None).await?;
                self.observer.looked(&snapshot);
                return Ok(snapshot);
            }
        }
    }
}
