//! What a cluster answers.

use {solana_address::Address, solana_hash::Hash, solana_transaction_error::TransactionError};

/// A recent blockhash and how long it lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blockhash {
    /// Names the block; goes into the transaction.
    pub hash: Hash,
    /// The last block height, in blocks, at which a transaction with this blockhash is accepted.
    pub last_valid_block_height: u64,
}

/// Bytes that an account's data has to hold at a certain place: a way to search a program's accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BytesAt {
    /// Where the bytes begin, in bytes from the start of the data.
    pub offset: usize,
    /// The bytes, 128 at most.
    pub bytes: Vec<u8>,
}

impl BytesAt {
    /// Asks for `bytes` at `offset`.
    pub fn new(offset: usize, bytes: impl Into<Vec<u8>>) -> Self {
        Self { offset, bytes: bytes.into() }
    }

    /// Whether `data` holds them there.
    pub fn matches(&self, data: &[u8]) -> bool {
        data.get(self.offset..).is_some_and(|rest| rest.starts_with(&self.bytes))
    }
}

/// What a transaction would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Simulation {
    /// `None` if the transaction would succeed.
    pub error: Option<TransactionError>,
    /// What the programs logged, up to a failure if there is one.
    pub logs: Vec<String>,
    /// Compute units used by all instructions together.
    pub units_consumed: u64,
    /// What the last program to return something returned.
    pub return_data: Option<ReturnData>,
}

/// Data that a program hands to its caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnData {
    /// The program that returned it.
    pub program_id: Address,
    /// In the program's own encoding.
    pub data: Vec<u8>,
}

/// How sure it is that a transaction stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confirmation {
    /// In a block that may still be dropped.
    Processed,
    /// In a block with votes of two thirds of the stake.
    Confirmed,
    /// In a block that can no longer be dropped.
    Finalized,
}

/// What became of a transaction that the cluster has seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionStatus {
    /// The slot of the block that holds it.
    pub slot: u64,
    /// `None` if the transaction succeeded. One that failed has paid its fee and changed nothing else.
    pub error: Option<TransactionError>,
    /// How sure it is that it stays.
    pub confirmation: Confirmation,
}

/// What a landed transaction did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Execution {
    /// What the programs logged.
    pub logs: Vec<String>,
    /// Compute units used by all instructions together; `None` if the cluster does not record them.
    pub units_consumed: Option<u64>,
}
