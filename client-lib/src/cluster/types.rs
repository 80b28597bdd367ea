//! Types of a cluster's responses.

use {
    solana_address::Address, solana_hash::Hash, solana_signature::Signature, solana_transaction_error::TransactionError,
};

/// A recent blockhash and its last valid block height.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blockhash {
    /// The hash, which goes into the transaction.
    pub hash: Hash,
    /// The last block height, in blocks, at which a transaction with this blockhash is accepted.
    pub last_valid_block_height: u64,
}

/// A filter of account data: bytes at an offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BytesAt {
    /// Offset of the bytes from the start of the data.
    pub offset: usize,
    /// The bytes, 128 at most.
    pub bytes: Vec<u8>,
}

impl BytesAt {
    /// A filter for `bytes` at `offset`.
    pub fn new(offset: usize, bytes: impl Into<Vec<u8>>) -> Self {
        Self { offset, bytes: bytes.into() }
    }

    /// Whether `data` has these bytes at the offset.
    pub fn matches(&self, data: &[u8]) -> bool {
        data.get(self.offset..).is_some_and(|rest| rest.starts_with(&self.bytes))
    }
}

/// Result of a simulation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Simulation {
    /// `None` if the transaction would succeed.
    pub error: Option<TransactionError>,
    /// Program logs, up to a failure if there is one.
    pub logs: Vec<String>,
    /// Compute units used by all instructions.
    pub units_consumed: u64,
    /// Bytes of account data that count against the transaction's limit (SIMD-0186); `None` if the cluster does not
    /// report them.
    pub loaded_bytes: Option<u32>,
    /// Data of the last program that returned any.
    pub return_data: Option<ReturnData>,
}

/// Data that a program returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnData {
    /// The program that returned it.
    pub program_id: Address,
    /// The data, in the program's own encoding.
    pub data: Vec<u8>,
}

/// Commitment of a transaction's block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confirmation {
    /// In a block that may still be dropped.
    Processed,
    /// In a block with votes of two thirds of the stake.
    Confirmed,
    /// In a block that can no longer be dropped.
    Finalized,
}

/// Status of a transaction that the cluster has processed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionStatus {
    /// The slot of the block that holds it.
    pub slot: u64,
    /// `None` if the transaction succeeded. A failed one has paid its fee and changed nothing else.
    pub error: Option<TransactionError>,
    /// The commitment of its block.
    pub confirmation: Confirmation,
}

/// Logs and compute units of a transaction that has landed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Execution {
    /// Program logs.
    pub logs: Vec<String>,
    /// Compute units used by all instructions; `None` if the cluster does not record them.
    pub units_consumed: Option<u64>,
}

/// Number of slots in a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PerformanceSample {
    /// The last slot.
    pub slot: u64,
    /// Number of slots.
    pub slots: u64,
    /// The time, in seconds.
    pub seconds: u64,
}

/// A transaction of the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PastTransaction {
    /// Its first signature.
    pub signature: Signature,
    /// The slot of its block.
    pub slot: u64,
    /// Whether it succeeded.
    pub succeeded: bool,
}

/// A transaction that has landed, with what it ran.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LandedTransaction {
    /// The slot of its block.
    pub slot: u64,
    /// Its index in the block, if the cluster reports it.
    pub index: Option<u32>,
    /// Unix time of the block, in seconds, if the cluster reports it.
    pub block_time: Option<i64>,
    /// Whether it succeeded.
    pub succeeded: bool,
    /// Program logs; `None` if the cluster does not keep them.
    pub logs: Option<Vec<String>>,
    /// Number of its own instructions, the first of `calls`.
    pub instructions: usize,
    /// Its instructions, then those that programs called.
    pub calls: Vec<Call>,
    /// Its token accounts, with their balances before and after it; `None` if the cluster does not keep them.
    pub token_changes: Option<Vec<TokenChange>>,
}

/// The balance of a token account before and after a transaction, in smallest units; 0 where there is no account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenChange {
    /// The token account.
    pub account: Address,
    /// Before the transaction.
    pub before: u64,
    /// After it.
    pub after: u64,
}

/// How listening for transactions ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListenEnd {
    /// The cluster offers no subscriptions.
    Unsupported,
    /// The subscription failed or ended.
    Lost {
        /// Message of the endpoint or the network.
        detail: String,
    },
}

/// An instruction that a transaction ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The program.
    pub program_id: Address,
    /// Addresses of its accounts, in order.
    pub accounts: Vec<Address>,
    /// Its data.
    pub data: Vec<u8>,
}

/// The inflation reward of a stake account for an epoch.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct InflationReward {
    /// Lamports that the account received.
    pub lamports: u64,
    /// The validator's commission on it, in basis points, if the cluster reports it.
    pub commission_bps: Option<u16>,
}

/// A validator of the cluster's current set, as its endpoint reports it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ClusterValidator {
    /// Its vote account.
    pub vote: Address,
    /// Stake delegated to it, in lamports, from all delegators.
    pub activated_stake: u64,
    /// Whether it is in the validator set of the current epoch. The others neither vote nor earn.
    pub is_admitted: bool,
    /// Whether it votes at present.
    pub is_voting: bool,
}

/// A node of the cluster, as gossip describes it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ClusterNode {
    /// Its identity.
    pub identity: Address,
    /// Version of its software, if it is known.
    pub version: Option<String>,
}
