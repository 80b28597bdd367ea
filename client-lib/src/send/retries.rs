//! Which requests before sending are retried.

use {
    super::{SendOptions, Sender, Stop},
    crate::cluster::{Attempt, Cluster, RetryPolicy, Retrying, backoff},
    backon::ExponentialBuilder,
    std::time::Duration,
};

/// Retries after transient errors until the stall timeout, unless a stop is requested.
pub(super) struct SendRetries<'s> {
    options: &'s SendOptions,
    stop: &'s Stop,
}

impl RetryPolicy for SendRetries<'_> {
    fn backoff(&self) -> ExponentialBuilder {
        backoff(self.options.poll_every, self.options.poll_every)
    }

    fn pause_after(&self, attempt: &Attempt) -> Option<Duration> {
        let pause = attempt.pause.max(attempt.error.retry_after().unwrap_or_default());
        let is_in_time = pause < self.options.stall_timeout.saturating_sub(attempt.elapsed);
        (attempt.error.is_transient() && is_in_time && !self.stop.is_requested()).then_some(pause)
    }
}

impl<C: Cluster> Sender<'_, C> {
    /// The cluster, with retries. Requests that are repeated anyway while transactions are followed need none.
    pub(super) fn retrying(&self) -> Retrying<'_, C, SendRetries<'_>> {
        Retrying { cluster: self.cluster, policy: SendRetries { options: &self.options, stop: &self.stop } }
    }
}
