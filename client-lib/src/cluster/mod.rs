//! Access to a Solana cluster.
//!
//! Commands, planners and the crank are generic over [`Cluster`]: a network or an in-process bank can answer. Values
//! that a cluster can change (rent, minimum delegation, clock) are read when they are needed. None of them is a
//! constant here.

mod error;
mod retrying;
#[cfg(feature = "rpc")]
mod rpc;
mod slot_time;
mod sysvars;
mod types;

use {
    solana_account::Account,
    solana_address::Address,
    solana_clock::Clock,
    solana_epoch_rewards::EpochRewards,
    solana_epoch_schedule::EpochSchedule,
    solana_hash::Hash,
    solana_message::VersionedMessage,
    solana_rent::Rent,
    solana_signature::Signature,
    solana_slot_hashes::SlotHashes,
    solana_stake_interface::stake_history::StakeHistory,
    solana_transaction::versioned::VersionedTransaction,
    std::{future::Future, time::Duration},
};

pub(crate) use {
    retrying::{Attempt, RetryPolicy, Retrying, backoff},
    slot_time::{per_slot, times},
    sysvars::{below_rent, check_plausible, refused, simulate_alone},
};

#[cfg(feature = "rpc")]
pub use rpc::RpcCluster;
pub use slot_time::{SlotTime, SlotTimeSource};
pub use types::{
    Blockhash, BytesAt, Call, ClusterNode, ClusterValidator, Confirmation, Execution, InflationReward,
    LandedTransaction, ListenEnd, PastTransaction, PerformanceSample, ReturnData, Simulation, TokenChange,
    TransactionStatus,
};
pub use {error::ClusterError, retrying::retrying};

/// Most transactions of a page of the history.
pub const HISTORY_PAGE: usize = 1_000;

/// Byte offset of the owner in the data of a token account.
const TOKEN_ACCOUNT_OWNER_OFFSET: usize = 32;

/// A Solana cluster, seen from a client.
///
/// An implementation supplies the first group of methods; the rest follow from them.
pub trait Cluster: Send + Sync {
    /// Reads any number of accounts, in the order of `addresses`; `None` for an account that does not exist.
    ///
    /// An implementation splits a long list into several requests. Accounts of different requests may come from
    /// different slots.
    fn accounts(
        &self,
        addresses: &[Address],
    ) -> impl Future<Output = Result<Vec<Option<Account>>, ClusterError>> + Send;

    /// Like [`Cluster::accounts`], with all accounts read in one slot.
    ///
    /// # Errors
    /// [`ClusterError::SlotChanged`] if several requests are needed and the slot keeps changing between them.
    fn accounts_of_one_slot(
        &self,
        addresses: &[Address],
    ) -> impl Future<Output = Result<Vec<Option<Account>>, ClusterError>> + Send {
        self.accounts(addresses)
    }

    /// The accounts of `program` whose data matches all `filters`, with their addresses, in no particular order.
    ///
    /// The endpoint has to scan all accounts of the program, and may refuse to.
    fn program_accounts(
        &self,
        program: &Address,
        filters: &[BytesAt],
    ) -> impl Future<Output = Result<Vec<(Address, Account)>, ClusterError>> + Send;

    /// The token accounts of `owner` under the token program `program`, with their addresses, in no particular order.
    ///
    /// Endpoints keep an index for this request. They serve it where they refuse [`Cluster::program_accounts`] of a
    /// token program.
    fn token_accounts(
        &self,
        owner: &Address,
        program: &Address,
    ) -> impl Future<Output = Result<Vec<(Address, Account)>, ClusterError>> + Send {
        let (filter, program) = (BytesAt::new(TOKEN_ACCOUNT_OWNER_OFFSET, owner.to_bytes()), *program);
        async move { self.program_accounts(&program, &[filter]).await }
    }

    /// Like [`Cluster::accounts`], for callers that need only the first `length` bytes of each account's data. An
    /// implementation may return more data.
    fn account_heads(
        &self,
        addresses: &[Address],
        length: usize,
    ) -> impl Future<Output = Result<Vec<Option<Account>>, ClusterError>> + Send {
        let _ = length;
        self.accounts(addresses)
    }

    /// A recent blockhash, and the last block height (in blocks, not slots) at which it is valid.
    fn latest_blockhash(&self) -> impl Future<Output = Result<Blockhash, ClusterError>> + Send;

    /// The current block height, in blocks, at a commitment of `confirmed` or higher.
    fn block_height(&self) -> impl Future<Output = Result<u64, ClusterError>> + Send;

    /// Simulates a transaction. Its signatures and its blockhash need not be valid.
    fn simulate(
        &self,
        transaction: &VersionedTransaction,
    ) -> impl Future<Output = Result<Simulation, ClusterError>> + Send;

    /// Submits a signed transaction and returns at once. `Ok` means submitted, not confirmed: follow it with
    /// [`Cluster::statuses`].
    fn send(&self, transaction: &VersionedTransaction) -> impl Future<Output = Result<Signature, ClusterError>> + Send;

    /// Status of each signature, in the order of `signatures`; `None` for an unknown one. Covers only the cluster's
    /// recent status cache (some 150 blocks), which spans the lifetime of a blockhash.
    fn statuses(
        &self,
        signatures: &[Signature],
    ) -> impl Future<Output = Result<Vec<Option<TransactionStatus>>, ClusterError>> + Send;

    /// Like [`Cluster::statuses`], at any age. An endpoint without transaction history returns an error.
    fn statuses_in_history(
        &self,
        signatures: &[Signature],
    ) -> impl Future<Output = Result<Vec<Option<TransactionStatus>>, ClusterError>> + Send {
        self.statuses(signatures)
    }

    /// Logs and compute units of a transaction that has landed; `None` if the cluster does not keep them.
    fn execution(&self, signature: &Signature) -> impl Future<Output = Result<Option<Execution>, ClusterError>> + Send;

    /// Compute-unit prices (micro-lamports) of recent blocks (some 150) that wrote to these accounts, in no particular
    /// order. The default returns no prices. At most 128 accounts can be given.
    fn recent_prices(&self, writable: &[Address]) -> impl Future<Output = Result<Vec<u64>, ClusterError>> + Send {
        let _ = writable;
        async { Ok(vec![]) }
    }

    /// The fee of a message, in lamports, if its blockhash or nonce is valid; `None` if the cluster does not report it,
    /// as by default.
    fn fee(&self, message: &VersionedMessage) -> impl Future<Output = Result<Option<u64>, ClusterError>> + Send {
        let _ = message;
        async { Ok(None) }
    }

    /// Recent numbers of slots in a time, in no particular order. The default returns none.
    fn performance_samples(&self) -> impl Future<Output = Result<Vec<PerformanceSample>, ClusterError>> + Send {
        async { Ok(vec![]) }
    }

    /// Unix time, in seconds, of the block in `slot`; `None` without a block, and where the cluster does not keep it.
    fn block_time(&self, slot: u64) -> impl Future<Output = Result<Option<i64>, ClusterError>> + Send {
        let _ = slot;
        async { Ok(None) }
    }

    /// Transactions that name `address`, newest first, and older than `before` if it is given. At most `limit` are
    /// returned, and at most [`HISTORY_PAGE`]; `None` without a history. How far it goes back depends on the endpoint.
    fn history(
        &self,
        address: &Address,
        before: Option<&Signature>,
        limit: usize,
    ) -> impl Future<Output = Result<Option<Vec<PastTransaction>>, ClusterError>> + Send {
        let _ = (address, before, limit);
        async { Ok(None) }
    }

    /// The first slot whose block the cluster still has: older transactions can be missing from its history.
    fn first_available_block(&self) -> impl Future<Output = Result<u64, ClusterError>> + Send {
        async { Ok(0) }
    }

    /// What a transaction ran; `None` if the cluster does not keep it.
    fn landed(
        &self,
        signature: &Signature,
    ) -> impl Future<Output = Result<Option<LandedTransaction>, ClusterError>> + Send {
        let _ = signature;
        async { Ok(None) }
    }

    /// The inflation rewards of stake accounts for `epoch`, in the order of `accounts`; `None` for an account without one.
    /// `None` in all if the cluster does not report them, as by default.
    fn inflation_rewards(
        &self,
        accounts: &[Address],
        epoch: u64,
    ) -> impl Future<Output = Result<Option<Vec<Option<InflationReward>>>, ClusterError>> + Send {
        let _ = (accounts, epoch);
        async { Ok(None) }
    }

    /// Listens for transactions that name `address`, until the subscription ends. Calls `heard` when it has begun to
    /// listen, and after each transaction.
    fn listen(&self, address: &Address, heard: &(dyn Fn() + Sync)) -> impl Future<Output = ListenEnd> + Send {
        let _ = (address, heard);
        async { ListenEnd::Unsupported }
    }

    /// The cluster's validators with stake; `None` if the cluster does not report them.
    fn validator_set(&self) -> impl Future<Output = Result<Option<Vec<ClusterValidator>>, ClusterError>> + Send {
        async { Ok(None) }
    }

    /// The nodes that the endpoint knows from gossip; `None` if it does not report them.
    fn gossip(&self) -> impl Future<Output = Result<Option<Vec<ClusterNode>>, ClusterError>> + Send {
        async { Ok(None) }
    }

    /// The hash of the genesis, which names the cluster; `None` if the cluster does not report it.
    fn genesis_hash(&self) -> impl Future<Output = Result<Option<Hash>, ClusterError>> + Send {
        async { Ok(None) }
    }

    /// Waits until the account changes, for at most `within`. Read the account afterwards: the wait can end without a
    /// change. Without subscriptions it lasts for all of `within`.
    fn wait_for_change(&self, address: &Address, within: Duration) -> impl Future<Output = ()> + Send {
        let _ = address;
        tokio::time::sleep(within)
    }

    /// Reads one account; `None` if it does not exist.
    fn account(&self, address: &Address) -> impl Future<Output = Result<Option<Account>, ClusterError>> + Send {
        let address = *address;
        async move { Ok(self.accounts(&[address]).await?.pop().flatten()) }
    }

    /// Reads one account that must exist.
    fn require_account(&self, address: &Address) -> impl Future<Output = Result<Account, ClusterError>> + Send {
        let address = *address;
        async move { self.account(&address).await?.ok_or(ClusterError::AccountNotFound { address }) }
    }

    /// The clock: slot, epoch, Unix time in seconds.
    fn clock(&self) -> impl Future<Output = Result<Clock, ClusterError>> + Send {
        sysvars::read(self, solana_sdk_ids::sysvar::clock::ID)
    }

    /// The slot time: the mean since the epoch of `clock` began, else that of the performance samples, else `None`.
    fn slot_time(&self, clock: &Clock, schedule: &EpochSchedule) -> impl Future<Output = Option<SlotTime>> + Send {
        slot_time::measure(self, clock, schedule)
    }

    /// The rent parameters in force.
    fn rent(&self) -> impl Future<Output = Result<Rent, ClusterError>> + Send {
        async { check_plausible(sysvars::read(self, solana_sdk_ids::sysvar::rent::ID).await?) }
    }

    /// The first slot and the length of each epoch.
    fn epoch_schedule(&self) -> impl Future<Output = Result<EpochSchedule, ClusterError>> + Send {
        sysvars::read(self, solana_sdk_ids::sysvar::epoch_schedule::ID)
    }

    /// State of the reward distribution. While `active` is true, the stake program refuses every instruction that
    /// changes a stake account.
    fn epoch_rewards(&self) -> impl Future<Output = Result<EpochRewards, ClusterError>> + Send {
        sysvars::read(self, solana_sdk_ids::sysvar::epoch_rewards::ID)
    }

    /// The slots of the last 512 blocks before the current one, with their hashes, newest first.
    fn slot_hashes(&self) -> impl Future<Output = Result<SlotHashes, ClusterError>> + Send {
        sysvars::read(self, solana_sdk_ids::sysvar::slot_hashes::ID)
    }

    /// Effective, activating and deactivating stake (lamports) of the whole cluster, by epoch.
    fn stake_history(&self) -> impl Future<Output = Result<StakeHistory, ClusterError>> + Send {
        sysvars::read(self, solana_sdk_ids::sysvar::stake_history::ID)
    }

    /// The minimum delegation of a stake account, in lamports, as the stake program returns it.
    ///
    /// It is read by a simulation, for which `payer` must exist and be able to pay a fee. Nothing is signed or paid.
    fn minimum_delegation(&self, payer: &Address) -> impl Future<Output = Result<u64, ClusterError>> + Send {
        sysvars::minimum_delegation(self, *payer)
    }
}
