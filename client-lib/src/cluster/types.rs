//! What a cluster answers.

use solana_address::Address;
use solana_hash::Hash;
use solana_transaction_error::TransactionError;

/// A recent blockhash and how long it lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blockhash {
    pub hash: Hash,
    /// The last block height, in blocks, at which a transaction with this blockhash is accepted.
    pub last_valid_block_height: u64,
}

/// What a transaction would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Simulation {
    /// `None` if the transaction would succeed.
    pub error: Option<TransactionError>,
    pub logs: Vec<String>,
    /// Compute units used by all instructions together.
    pub units_consumed: u64,
    pub return_data: Option<ReturnData>,
}

/// Data that a program hands to its caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnData {
    pub program_id: Address,
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
    pub slot: u64,
    /// `None` if the transaction succeeded. One that failed has paid its fee and changed nothing else.
    pub error: Option<TransactionError>,
    pub confirmation: Confirmation,
}

/// What a landed transaction did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Execution {
    pub logs: Vec<String>,
    /// Compute units used by all instructions together; `None` if the cluster does not record them.
    pub units_consumed: Option<u64>,
}
