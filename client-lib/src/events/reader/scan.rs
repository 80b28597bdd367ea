//! Finding the transactions that a reader has yet to read, in the history.

use {
    super::{Done, EventReader, Start},
    crate::{
        cluster::{Cluster, ClusterError, Confirmation, HISTORY_PAGE, PastTransaction},
        events::GapCause,
    },
    solana_signature::Signature,
    std::collections::HashSet,
};

/// Transactions of the first page where few new ones are expected.
const FIRST_PAGE: usize = 100;

/// Where a search ended.
#[derive(Clone, Copy, Eq, PartialEq)]
enum End {
    /// At what was read before, or at the start.
    Known,
    /// The history has no older transactions.
    OfHistory,
}

/// What a search found, the newest first.
#[derive(Default)]
struct Found {
    /// Transactions to read.
    new: Vec<PastTransaction>,
    /// Transactions that were read and are still there.
    seen: HashSet<Signature>,
    newest_slot: u64,
}

impl<C: Cluster> EventReader<'_, C> {
    /// Queues the transactions that were not read yet. It changes nothing before it has found them all, so it can be cancelled.
    pub(super) async fn scan(&mut self) -> Result<(), ClusterError> {
        let finals = if self.is_revocable { self.finals().await? } else { HashSet::new() };
        let (found, end) = self.search().await?;
        let first = if end == End::OfHistory { self.cluster.first_available_block().await? } else { 0 };
        let missing: Vec<_> = self.done.iter().filter(|done| !found.seen.contains(&done.signature)).copied().collect();
        let missing: Vec<_> = missing.into_iter().filter(|done| done.slot >= first).collect();
        let dropped = self.dropped(&missing, found.newest_slot).await?;
        // From here on nothing waits.
        if end == End::OfHistory {
            self.note_end_of_history(first, found.new.is_empty());
        }
        for done in dropped {
            self.retract(done);
        }
        self.done.retain(|done| !done.is_partial);
        if self.is_revocable {
            self.forget(&finals, &found.new);
        }
        self.queue.extend(found.new.into_iter().rev());
        Ok(())
    }

    /// Forgets what can no longer be dropped, up to the first slot with a transaction that can. The newest slot stays, so that its
    /// transactions are known again.
    fn forget(&mut self, finals: &HashSet<Signature>, new: &[PastTransaction]) {
        let can_be_dropped = self.done.iter().filter(|done| !finals.contains(&done.signature)).map(|done| done.slot);
        let newest = self.done.iter().map(|done| done.slot).max();
        let Some(kept) = can_be_dropped.min().or(newest) else { return };
        self.done.retain(|done| done.slot >= kept);
        self.floor = new.iter().map(|past| past.slot).chain([kept]).min().unwrap_or(kept);
    }

    /// Searches from the newest transaction on.
    async fn search(&self) -> Result<(Found, End), ClusterError> {
        let mut found = Found::default();
        let mut before: Option<PastTransaction> = None;
        let mut limit = if self.done.is_empty() { HISTORY_PAGE } else { FIRST_PAGE };
        loop {
            let page = self.cluster.history(&self.pool, before.map(|past| past.signature).as_ref(), limit).await?;
            let page =
                page.ok_or_else(|| ClusterError::Refused { detail: "it has no history of transactions".into() })?;
            if page.is_empty() {
                return Ok((found, End::OfHistory));
            }
            for past in page {
                if before.is_some_and(|before| past.slot > before.slot || past.signature == before.signature) {
                    let detail = "the history is not in the order of slots, newest first".into();
                    return Err(ClusterError::UnexpectedAnswer { detail });
                }
                before = Some(past);
                found.newest_slot = found.newest_slot.max(past.slot);
                if past.slot < self.floor {
                    return Ok((found, End::Known));
                }
                let known = self.done.iter().find(|done| done.signature == past.signature && done.slot == past.slot);
                if known.is_some() {
                    found.seen.insert(past.signature);
                }
                if known.is_none_or(|done| done.is_partial) {
                    found.new.push(past);
                }
                let is_start =
                    matches!(&self.start, Start::Transaction { signature, .. } if *signature == past.signature);
                let is_all = !self.done.is_empty() && found.seen.len() == self.done.len();
                if is_all || (self.done.is_empty() && is_start) {
                    return Ok((found, End::Known));
                }
            }
            limit = HISTORY_PAGE;
        }
    }

    /// Says which slots the endpoint no longer has, if it had to have them.
    fn note_end_of_history(&mut self, first: u64, is_empty: bool) {
        self.first_available = first;
        if self.is_beginning_unknown {
            // With transactions, the oldest tells whether it is the pool's first.
            if is_empty {
                self.is_beginning_unknown = false;
                self.gap(0, first.saturating_sub(1), GapCause::PrunedHistory);
                self.floor = first;
            }
        } else if first > self.floor {
            self.gap(self.floor, first.saturating_sub(1), GapCause::PrunedHistory);
            self.done.retain(|done| done.slot >= first);
            self.floor = first;
        }
    }

    /// Transactions that were read, and can no longer be dropped.
    async fn finals(&self) -> Result<HashSet<Signature>, ClusterError> {
        let signatures: Vec<_> = self.done.iter().map(|done| done.signature).collect();
        if signatures.is_empty() {
            return Ok(HashSet::new());
        }
        let statuses = self.cluster.statuses_in_history(&signatures).await?;
        let with_status = signatures.into_iter().zip(statuses);
        let is_final = with_status
            .filter(|(_, status)| status.as_ref().is_some_and(|status| status.confirmation == Confirmation::Finalized));
        Ok(is_final.map(|(signature, _)| signature).collect())
    }

    /// Those of `missing` that are no longer in the chain. A node that is late does not have them yet: only one that has later
    /// transactions counts.
    async fn dropped(&self, missing: &[Done], newest_slot: u64) -> Result<Vec<Done>, ClusterError> {
        if let Some(done) = missing.first()
            && !self.is_revocable
        {
            let detail = format!(
                "its history does not contain transaction {} of slot {}, which was final: it is late, or of another cluster",
                done.signature, done.slot
            );
            return Err(ClusterError::UnexpectedAnswer { detail });
        }
        if missing.is_empty() {
            return Ok(vec![]);
        }
        let signatures: Vec<_> = missing.iter().map(|done| done.signature).collect();
        let statuses = self.cluster.statuses_in_history(&signatures).await?;
        let with_status = missing.iter().zip(statuses);
        let dropped = with_status.filter(|(done, status)| match status {
            Some(status) => status.slot != done.slot,
            None => newest_slot > done.slot,
        });
        Ok(dropped.map(|(done, _)| *done).collect())
    }
}
