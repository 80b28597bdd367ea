//! Long lists, asked for in requests of as many items as the endpoint serves.

use {
    crate::cluster::ClusterError,
    futures_util::{StreamExt as _, TryStreamExt as _, stream},
    std::{
        future::Future,
        sync::atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

/// How many items one request may have. Endpoints serve fewer than the protocol allows, and tell only by refusing more.
pub(super) struct Chunks {
    most: AtomicUsize,
    /// Items of the largest request that was answered.
    answered: AtomicUsize,
}

impl Chunks {
    pub const fn of(most: usize) -> Self {
        Self { most: AtomicUsize::new(most), answered: AtomicUsize::new(0) }
    }

    /// Most items of one request, as far as is known.
    pub fn most(&self) -> usize {
        self.most.load(Relaxed)
    }

    /// The answers to requests for all of `items`, in their order, with `parallel` of them under way at a time. Requests that are
    /// refused for their size are halved, and the size that is served is remembered.
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
                // One item is not too many: it is the request that is refused.
                Err(ClusterError::TooLarge { detail }) => return Err(ClusterError::Refused { detail }),
                Err(error) => return Err(error),
                Ok(answers) => {
                    let answered = self.answered.fetch_max(size, Relaxed).max(size);
                    // A size that was served before is refused for what this list holds, or for now.
                    if refused.is_some_and(|refused| answered < refused) {
                        self.most.fetch_min(size, Relaxed);
                    }
                    return Ok(answers);
                }
            }
        }
    }
}
