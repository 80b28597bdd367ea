//! Waiting: backoff after errors, epoch rewards, and polling.

use {
    super::{Crank, CrankError, Cranked, MAX_POLLS, PlanSender, retries::CrankRetries},
    crate::{
        checks::check_no_rewards,
        cluster::{Cluster, Retrying},
        pool::{PoolError, PoolSnapshot, StakeSelection},
        send::Summary,
    },
    futures_util::future::{Either, select},
    std::{future::Future, pin::pin, time::Duration},
    tidepool_interface::address::EPOCH_REWARDS_ID,
    tokio::time::{Instant, sleep, sleep_until},
};

/// Most time until a pause ends after a stop was requested.
const STOP_LATENCY: Duration = Duration::from_millis(100);

/// Reason of a wait.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Wait {
    /// Epoch rewards are being paid, and no stake can be changed.
    Rewards,
    /// The cluster produces no blocks: it is halted, or migrates to Alpenglow.
    Blocks,
    /// Backoff after a failure.
    Retry,
    /// The next epoch, or the next poll.
    NextPoll,
}

impl<C: Cluster, S: PlanSender> Crank<'_, C, S> {
    pub(super) async fn pause(&self, time: Duration) -> Cranked<(), S> {
        self.pause_until(sleep(time)).await
    }

    /// Waits for `event`. Errors if a stop is requested.
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

    /// Waits until the state of the rewards changes, which also happens when an epoch begins. Lasts at most `most`, and
    /// at least `least`: the state changes with every block while rewards are paid.
    pub(super) async fn pause_for_rewards_to_change(&self, most: Duration, least: Duration) -> Cranked<(), S> {
        let earliest = Instant::now() + least;
        self.pause_until(async {
            self.cluster.wait_for_change(&EPOCH_REWARDS_ID, most).await;
            sleep_until(earliest).await;
        })
        .await
    }

    /// Waits until the cluster produces a block. Returns whether it did within [`CrankOptions::block_timeout`].
    ///
    /// [`CrankOptions::block_timeout`]: super::CrankOptions::block_timeout
    pub(super) async fn wait_for_blocks(&self) -> Cranked<bool, S> {
        let began = Instant::now();
        let before = self.ask(self.retrying_cluster().block_height()).await?;
        while began.elapsed() < self.options.block_timeout {
            self.observer.waiting(Wait::Blocks, self.options.rewards_every);
            self.pause(self.options.rewards_every).await?;
            if self.ask(self.retrying_cluster().block_height()).await? > before {
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub(super) fn retrying_cluster(&self) -> Retrying<'_, C, CrankRetries<'_>> {
        let policy = CrankRetries { options: &self.options, log: &self.request_log };
        Retrying { cluster: self.cluster, policy }
    }

    pub(super) async fn reread(&self, snapshot: &PoolSnapshot, stakes: &StakeSelection) -> Cranked<PoolSnapshot, S> {
        let (cluster, began) = (self.retrying_cluster(), Instant::now());
        loop {
            match self.ask(snapshot.read_again(&cluster, stakes.clone())).await {
                // Other users are changing the pool.
                Err(CrankError::Pool(PoolError::KeepsChanging { .. }))
                    if began.elapsed() < self.options.retry_timeout =>
                {
                    self.pause(self.options.poll_every).await?;
                }
                read => return read,
            }
        }
    }

    /// Reads the pool again until it shows the effect of sent transactions.
    pub(super) async fn reread_until(
        &self,
        before: &PoolSnapshot,
        stakes: &StakeSelection,
        shows: impl Fn(&PoolSnapshot) -> bool,
    ) -> Cranked<PoolSnapshot, S> {
        let mut snapshot = self.reread(before, stakes).await?;
        for _ in 0..MAX_POLLS {
            // Transactions of a past epoch may have no visible effect, or no longer matter.
            if snapshot.epoch() != before.epoch() || shows(&snapshot) {
                break;
            }
            self.pause(self.options.poll_every).await?;
            snapshot = self.reread(&snapshot, stakes).await?;
        }
        self.observer.pool_read(&snapshot);
        Ok(snapshot)
    }

    /// Awaits a request, and reports its retries to the observer. Errors also if a stop is requested.
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

    /// Waits until all rewards are paid, if the options allow it, and reads the pool again.
    pub(super) async fn wait_for_rewards(&self, snapshot: &PoolSnapshot) -> Cranked<PoolSnapshot, S> {
        if !self.options.wait_for_rewards {
            check_no_rewards(snapshot)?;
        }
        // The first wait is short: the rewards may end before a subscription has begun.
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
