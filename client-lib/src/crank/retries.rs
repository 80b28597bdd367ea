//! Which requests of a crank are retried.

use {
    super::CrankOptions,
    crate::cluster::{Attempt, ClusterError, RetryPolicy, backoff},
    backon::ExponentialBuilder,
    std::{
        mem,
        sync::{
            Mutex, PoisonError,
            atomic::{AtomicBool, Ordering::Relaxed},
        },
        time::Duration,
    },
};

/// Most retries of a request that is refused or answered with an invalid response, by a gateway or one of several
/// nodes. More would delay a single command if the endpoint does not serve the request at all.
const MAX_REFUSALS: u32 = 2;

/// Failures of requests, for the observer.
#[derive(Debug, Default)]
pub(super) struct RequestLog {
    /// Whether any request has ever been answered.
    was_answered: AtomicBool,
    failures: Mutex<Vec<ClusterError>>,
}

impl RequestLog {
    pub fn record_answer(&self) {
        self.was_answered.store(true, Relaxed);
    }

    /// Failed requests since the last call.
    pub fn take_failures(&self) -> Vec<ClusterError> {
        mem::take(&mut self.failures.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Retries after transient errors until the retry timeout, and a few times after refusals. If no request was ever
/// answered, there is no retry: the URL is probably wrong.
pub(super) struct CrankRetries<'c> {
    pub options: &'c CrankOptions,
    pub log: &'c RequestLog,
}

impl RetryPolicy for CrankRetries<'_> {
    fn backoff(&self) -> ExponentialBuilder {
        self.options.backoff()
    }

    fn pause_after(&self, attempt: &Attempt) -> Option<Duration> {
        let is_hopeful = self.log.was_answered.load(Relaxed) && attempt.elapsed < self.options.retry_timeout;
        let is_retried = attempt.error.is_endpoint_error() && is_hopeful && attempt.refusals <= MAX_REFUSALS;
        let asked = attempt.error.retry_after().unwrap_or_default().min(self.options.max_backoff);
        is_retried.then_some(attempt.pause.max(asked))
    }

    fn note_answer(&self) {
        self.log.record_answer();
    }

    fn note_retry(&self, error: &ClusterError) {
        self.log.failures.lock().unwrap_or_else(PoisonError::into_inner).push(error.clone());
    }
}

impl CrankOptions {
    pub(super) fn backoff(&self) -> ExponentialBuilder {
        backoff(self.initial_backoff, self.max_backoff)
    }
}
