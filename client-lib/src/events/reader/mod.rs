//! Reading all events of a pool, from any point on.

mod scan;

use {
    super::{Balances, Event, EventKey, EventLog, EventRecord, Gap, GapCause, Record, Retraction},
    crate::cluster::{Cluster, ClusterError, LandedTransaction, PastTransaction},
    futures_util::future::join_all,
    solana_address::Address,
    solana_signature::Signature,
    std::{collections::VecDeque, time::Duration},
    tidepool_interface::instruction::tag,
    tokio::time::sleep,
};

/// Transactions that are fetched at the same time.
const PARALLEL: usize = 8;

/// Attempts to fetch a transaction that the history names. Behind a load balancer, one node can be later than the other.
const ATTEMPTS: u32 = 5;

/// The first pause between these attempts. It doubles.
const PAUSE: Duration = Duration::from_millis(250);

/// Where reading starts.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Start {
    /// With the pool's first transaction.
    #[default]
    Beginning,
    /// With the first transaction of this slot or a later one.
    Slot(u64),
    /// With this transaction.
    Transaction {
        /// Its signature.
        signature: Signature,
        /// Its slot.
        slot: u64,
    },
    /// After the last record of another reader.
    After(Cursor),
}

/// How far a reader has come. A reader that starts after it returns the records that follow, and none twice.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Cursor {
    /// The last event.
    pub key: EventKey,
    /// Its slot.
    pub slot: u64,
    /// Other transactions whose events were returned and that are not known to be final, with their slots.
    pub unfinal: Vec<(Signature, u64)>,
}

/// Reads the events of a pool in the order of the chain.
///
/// All transactions that name the pool are taken from the history, so nothing depends on a subscription. A reader can be
/// dropped at any time, also while it waits: [`Self::cursor`] says where to start again. It remembers all
/// signatures between its position and the newest transaction, some hundred bytes each.
pub struct EventReader<'c, C> {
    cluster: &'c C,
    pool: Address,
    program_id: Address,
    /// Whether transactions that were returned can still be dropped.
    is_revocable: bool,
    start: Start,
    /// Transactions to read, the oldest first.
    queue: VecDeque<PastTransaction>,
    /// What was read and not yet returned, with the cursor after it.
    ready: VecDeque<(Record, Option<Cursor>)>,
    /// Transactions that were read: those of the last slot, and those that can be dropped.
    done: Vec<Done>,
    /// The slot before which nothing is searched.
    floor: u64,
    /// The first slot that the endpoint has, once a search has reached the end of the history.
    first_available: u64,
    /// Whether the oldest transaction has yet to show that the history is complete.
    is_beginning_unknown: bool,
    /// The totals after the last event about balances, and its slot.
    last: Option<(Balances, u64)>,
    cursor: Option<Cursor>,
    has_scanned: bool,
}

/// A transaction that was read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Done {
    signature: Signature,
    slot: u64,
    has_events: bool,
    /// Whether it has to be read again, for the rest of its events.
    is_partial: bool,
}

impl<'c, C: Cluster> EventReader<'c, C> {
    /// A reader of the pool's events from its beginning on. `program_id` is the owner of the pool account. The cluster
    /// has to answer at the commitment `finalized`.
    pub fn new(cluster: &'c C, pool: Address, program_id: Address) -> Self {
        Self {
            cluster,
            pool,
            program_id,
            is_revocable: false,
            start: Start::Beginning,
            queue: VecDeque::new(),
            ready: VecDeque::new(),
            done: vec![],
            floor: 0,
            first_available: 0,
            is_beginning_unknown: true,
            last: None,
            cursor: None,
            has_scanned: false,
        }
    }

    /// Starts there.
    #[must_use]
    pub fn start(mut self, start: Start) -> Self {
        self.is_beginning_unknown = start == Start::Beginning;
        match &start {
            Start::Beginning => {}
            Start::Slot(slot) | Start::Transaction { slot, .. } => self.floor = *slot,
            Start::After(cursor) => {
                let last = (cursor.key.signature, cursor.slot);
                let others = cursor.unfinal.iter().filter(|(signature, _)| *signature != last.0);
                let all = others.map(|other| (*other, false)).chain([(last, true)]);
                self.done = all
                    .map(|((signature, slot), is_partial)| Done { signature, slot, has_events: true, is_partial })
                    .collect();
                self.floor = self.done.iter().map(|done| done.slot).min().unwrap_or_default();
                self.cursor = Some(cursor.clone());
            }
        }
        self.start = start;
        self
    }

    /// Expects a cluster that answers at the commitment `confirmed`: transactions can then be dropped, which
    /// [`Record::Retracted`] says.
    #[must_use]
    pub const fn confirmed(mut self) -> Self {
        self.is_revocable = true;
        self
    }

    /// The pool.
    pub const fn pool(&self) -> &Address {
        &self.pool
    }

    /// The cluster.
    pub const fn cluster(&self) -> &'c C {
        self.cluster
    }

    /// Where another reader can go on after the last record. `None` before the first event.
    pub const fn cursor(&self) -> Option<&Cursor> {
        self.cursor.as_ref()
    }

    /// The next record; `None` if there are no more at present. After that, and after an error, it can be called again.
    ///
    /// # Errors
    /// Those of the cluster, and [`ClusterError::Refused`] if it has no history.
    pub async fn next(&mut self) -> Result<Option<Record>, ClusterError> {
        loop {
            if let Some((record, cursor)) = self.ready.pop_front() {
                if let (Record::Retracted(retraction), Some(cursor)) = (&record, &mut self.cursor) {
                    cursor.unfinal.retain(|(signature, _)| *signature != retraction.signature);
                }
                self.cursor = cursor.or(self.cursor.take());
                return Ok(Some(record));
            }
            if !self.queue.is_empty() {
                self.read_some().await?;
            } else if std::mem::take(&mut self.has_scanned) {
                return Ok(None);
            } else {
                self.scan().await?;
                self.has_scanned = true;
            }
        }
    }

    /// Reads transactions from the queue. It changes nothing before all of them are there, so it can be cancelled.
    async fn read_some(&mut self) -> Result<(), ClusterError> {
        let some: Vec<_> = self.queue.iter().take(PARALLEL).copied().collect();
        let fetched = join_all(some.iter().map(|past| self.fetch(past))).await;
        let fetched = fetched.into_iter().collect::<Result<Vec<_>, _>>()?;
        if std::mem::take(&mut self.is_beginning_unknown)
            && !fetched.iter().flatten().any(|landed| self.creates(landed))
        {
            // The history does not go back to the pool's creation.
            let oldest = some.first().map_or(0, |past| past.slot);
            let first = if self.first_available > 0 { self.first_available.min(oldest) } else { oldest };
            self.gap(0, first.saturating_sub(1), GapCause::PrunedHistory);
        }
        for (past, landed) in some.iter().zip(fetched) {
            self.queue.pop_front();
            let has_events = past.succeeded && self.decode(past, landed);
            self.remember(Done { signature: past.signature, slot: past.slot, has_events, is_partial: false });
        }
        Ok(())
    }

    /// A transaction of the history; `None` for one that failed, and for one that the cluster does not keep.
    async fn fetch(&self, past: &PastTransaction) -> Result<Option<LandedTransaction>, ClusterError> {
        if !past.succeeded {
            return Ok(None);
        }
        let mut pause = PAUSE;
        for _ in 1..ATTEMPTS {
            if let Some(landed) = self.cluster.landed(&past.signature).await? {
                return Ok(Some(landed));
            }
            sleep(pause).await;
            pause = pause.saturating_mul(2);
        }
        self.cluster.landed(&past.signature).await
    }

    /// Whether a transaction creates the pool.
    fn creates(&self, landed: &LandedTransaction) -> bool {
        landed.calls.iter().any(|call| {
            call.program_id == self.program_id
                && call.accounts.first() == Some(&self.pool)
                && call.data.first() == Some(&tag::INITIALIZE)
        })
    }

    /// Decodes a transaction. Returns whether events of it are to be returned, or were.
    fn decode(&mut self, past: &PastTransaction, landed: Option<LandedTransaction>) -> bool {
        let signature = past.signature;
        let kept = landed.as_ref().and_then(|landed| landed.logs.as_ref().map(|logs| (landed, logs)));
        let Some((landed, logs)) = kept else {
            self.gap(past.slot, past.slot, GapCause::NotKept(signature));
            return false;
        };
        let own = landed.calls.iter().take(landed.instructions);
        let programs: Vec<_> = own.map(|call| call.program_id).collect();
        let log = EventLog::of_instructions(logs, &self.program_id, &programs);
        let of_pool: Vec<_> = log.events.iter().filter(|logged| *logged.event.pool() == self.pool).collect();
        // Events up to the cursor were returned by another reader.
        let known = match &self.start {
            Start::After(cursor) if cursor.key.signature == signature && cursor.slot == past.slot => {
                let last = of_pool.iter().position(|logged| logged.place == cursor.key.place);
                last.map_or(0, |last| last + 1)
            }
            _ => 0,
        };
        let has_events = !of_pool.is_empty();
        for (index, logged) in of_pool.into_iter().enumerate() {
            let key = EventKey { signature, place: logged.place };
            self.chain(&logged.event, past.slot);
            if index < known {
                continue;
            }
            let cursor = Cursor { key, slot: past.slot, unfinal: self.unfinal() };
            let record = EventRecord {
                key,
                slot: past.slot,
                transaction_index: landed.index,
                block_time: landed.block_time,
                event: logged.event,
            };
            self.ready.push_back((Record::Event(Box::new(record)), Some(cursor)));
        }
        if log.is_truncated {
            self.gap(past.slot, past.slot, GapCause::TruncatedLogs(signature));
        }
        has_events
    }

    /// Checks that an event starts where the last one ended.
    fn chain(&mut self, event: &Event, slot: u64) {
        let Event::Funds(funds) = event else { return };
        if let Some((last, from_slot)) = self.last {
            let (lamports, pool_tokens) = Balances::before(funds).since(&last);
            if (lamports, pool_tokens) != (0, 0) {
                self.gap(from_slot, slot, GapCause::Unexplained { lamports, pool_tokens });
            }
        }
        self.last = Some((Balances::after(funds), slot));
    }

    fn gap(&mut self, from_slot: u64, to_slot: u64, cause: GapCause) {
        self.ready.push_back((Record::Gap(Gap { from_slot, to_slot, cause }), None));
    }

    fn remember(&mut self, done: Done) {
        if !self.is_revocable {
            self.done.retain(|earlier| earlier.slot >= done.slot);
            self.floor = done.slot;
        }
        self.done.push(done);
    }

    /// Transactions with events that can still be dropped.
    fn unfinal(&self) -> Vec<(Signature, u64)> {
        if !self.is_revocable {
            return vec![];
        }
        self.done.iter().filter(|done| done.has_events).map(|done| (done.signature, done.slot)).collect()
    }

    fn retract(&mut self, done: Done) {
        self.done.retain(|other| *other != done);
        self.last = None;
        if done.has_events {
            let retraction = Retraction { signature: done.signature, slot: done.slot };
            self.ready.push_back((Record::Retracted(retraction), None));
        }
    }
}
