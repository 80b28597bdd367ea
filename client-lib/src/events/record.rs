//! What a reader of events returns.

use {
    super::{Event, EventKey},
    solana_signature::Signature,
};

/// An event, or what a consumer has to know about the sequence of events.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Record {
    /// An event of the pool.
    Event(Box<EventRecord>),
    /// Events can be missing here.
    Gap(Gap),
    /// A transaction whose events were returned is no longer in the chain.
    Retracted(Retraction),
}

/// An event, and where it is in the chain. The order of records is that of the chain.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct EventRecord {
    /// What identifies it.
    pub key: EventKey,
    /// The slot of its block.
    pub slot: u64,
    /// Index of its transaction in the block, if the cluster reports it.
    pub transaction_index: Option<u32>,
    /// Unix time of the block, in seconds, if the cluster reports it.
    pub block_time: Option<i64>,
    /// The event.
    pub event: Event,
}

/// Slots in which events can be missing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Gap {
    /// The first slot.
    pub from_slot: u64,
    /// The last slot.
    pub to_slot: u64,
    /// Why events can be missing.
    pub cause: GapCause,
}

/// Why events can be missing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum GapCause {
    /// The endpoint has no history of these slots.
    PrunedHistory,
    /// The endpoint has this transaction in its history, and does not keep it, or its logs.
    NotKept(Signature),
    /// The runtime truncated the logs of this transaction.
    TruncatedLogs(Signature),
    /// The next event does not start where the last one ended: so much has changed between them.
    Unexplained {
        /// Change of the pool's total lamports.
        lamports: i128,
        /// Change of the pool token supply, in its smallest unit.
        pool_tokens: i128,
    },
}

/// A transaction that a fork has dropped, or moved to another slot. Its events no longer count; if it is in another
/// slot, they follow again, with the same keys.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Retraction {
    /// The transaction.
    pub signature: Signature,
    /// The slot that it was in.
    pub slot: u64,
}
