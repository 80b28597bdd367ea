//! Long lists, split into requests of a size that the endpoint serves.

use {
    crate::cluster::ClusterError,
    futures_util::{StreamExt as _, TryStreamExt as _, stream},
    std::{
        future::Future,
        sync::atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

/// The largest request size, in items. Endpoints serve fewer items than the protocol allows, and reveal their limit
/// only by refusing.
pub(super) struct Chunks {
    most: AtomicUsize,
    /// Items of the largest request that was served.
    answered: AtomicUsize,
}

impl Chunks {
    pub const fn of(most: usize) -> Self {
        Self { most: AtomicUsize::new(most), answered: AtomicUsize::new(0) }
    }

    /// Largest request size known to be allowed, in items.
    pub fn most(&self) -> usize {
        self.most.load(Relaxed)
    }

    /// Requests all of `items` and returns the responses in order, with up to `parallel` requests in flight. A request
    /// refused for its size is halved, and the size that is served is remembered.
    pub async fn ask<Q: Clone, A, F>(
        &self,
        items: &[Q],
        parallel: usize,
        request: impl Fn(Vec<Q>) -> F,
    ) -> Result<Vec<A>, ClusterError>
    where
        F: Future<Output = Result<A, ClusterError>>,
    {
        let mut refused = None;
        let mut size = self.most().min(items.len()).max(1);
        loop {
            let requests: Vec<F> = items.chunks(size).map(|chunk| request(chunk.to_vec())).collect();
            match stream::iter(requests).buffered(parallel).try_collect().await {
                Err(ClusterError::TooLarge { .. }) if size > 1 => {
                    refused.get_or_insert(size);
                    size /= 2;
                }
                // The request is refused, not its size: it holds one item.
                Err(ClusterError::TooLarge { detail }) => return Err(ClusterError::Refused { detail }),
                Err(error) => return Err(error),
                Ok(answers) => {
                    let answered = self.answered.fetch_max(size, Relaxed).max(size);
                    // This size was served before: the refusal is about these items, or temporary.
                    if refused.is_some_and(|refused| answered < refused) {
                        self.most.fetch_min(size, Relaxed);
                    }
                    return Ok(answers);
                }
            }
        }
    }
}

/// Checks that there are as many answers as questions: answers are matched by position alone.
pub(super) fn check_count<Q, A>(what: &str, questions: &[Q], answers: Vec<A>) -> Result<Vec<A>, ClusterError> {
    if answers.len() == questions.len() {
        return Ok(answers);
    }
    let detail = format!("{} {what} were requested, {} returned", questions.len(), answers.len());
    Err(ClusterError::UnexpectedAnswer { detail })
}
