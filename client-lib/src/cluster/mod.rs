//! The one door through which host code reaches a cluster.
//!
//! A command, a planner or a crank is generic over [`Cluster`]; whether a network or an in-process bank answers is the
//! caller's choice. All values that a cluster may change (rent, minimum delegation, clock) are read from it when they
//! are needed: none of them is a constant here.

mod error;
#[cfg(feature = "rpc")]
mod rpc;
mod sysvars;
mod types;

use {
    solana_account::Account,
    solana_address::Address,
    solana_clock::Clock,
    solana_epoch_rewards::EpochRewards,
    solana_epoch_schedule::EpochSchedule,
    solana_rent::Rent,
    solana_signature::Signature,
    solana_slot_hashes::SlotHashes,
    solana_stake_interface::stake_history::StakeHistory,
    solana_transaction::versioned::VersionedTransaction,
    std::{future::Future, time::Duration},
};

pub(crate) use sysvars::{believable, below_rent, per_slot, simulate_alone, slot_time};

pub use error::ClusterError;
#[cfg(feature = "rpc")]
pub use rpc::RpcCluster;
pub use types::{Blockhash, BytesAt, Confirmation, Execution, ReturnData, Simulation, TransactionStatus};

/// Where the owner stands in the data of a token account, in bytes.
const TOKEN_ACCOUNT_OWNER_OFFSET: usize = 32;

/// A Solana cluster, seen from a client.
///
/// An implementation supplies the first group of methods; the rest follow from them.
pub trait Cluster: Send + Sync {
    /// Reads any number of accounts, in the order asked for; `None` where there is no account.
    ///
    /// An implementation splits a long list into as many requests as it needs. Accounts of different requests may come
    /// from different slots.
    fn accounts(
        &self,
        addresses: &[Address],
    ) -> impl Future<Output = Result<Vec<Option<Account>>, ClusterError>> + Send;

    /// As [`Cluster::accounts`], with all accounts of one slot.
    ///
    /// # Errors
    /// [`ClusterError::SlotChanged`] where it takes several requests, and the slot keeps changing between them.
    fn accounts_of_one_slot(
        &self,
        addresses: &[Address],
    ) -> impl Future<Output = Result<Vec<Option<Account>>, ClusterError>> + Send {
        self.accounts(addresses)
    }

    /// The accounts of `program` whose data has all of these bytes, with their addresses, in no particular order.
    ///
    /// An endpoint has to look through all accounts of the program, and may refuse to.
    fn program_accounts(
        &self,
        program: &Address,
        filters: &[BytesAt],
    ) -> impl Future<Output = Result<Vec<(Address, Account)>, ClusterError>> + Send;

    /// The token accounts of `owner` under the token program `program`, with their addresses, in no particular order.
    ///
    /// Endpoints keep an index for this question, and answer it where they refuse [`Cluster::program_accounts`] of a token program.
    fn token_accounts(
        &self,
        owner: &Address,
        program: &Address,
    ) -> impl Future<Output = Result<Vec<(Address, Account)>, ClusterError>> + Send {
        let (filter, program) = (BytesAt::new(TOKEN_ACCOUNT_OWNER_OFFSET, owner.to_bytes()), *program);
        async move { self.program_accounts(&program, &[filter]).await }
    }

    /// As [`Cluster::accounts`], for callers that need the first `length` bytes of each account's data only. An implementation may
    /// return more of the data.
    fn account_heads(
        &self,
        addresses: &[Address],
        length: usize,
    ) -> impl Future<Output = Result<Vec<Option<Account>>, ClusterError>> + Send {
        let _ = length;
        self.accounts(addresses)
    }

    /// A blockhash to sign with, and the last block height (in blocks, not slots) at which it is accepted.
    fn latest_blockhash(&self) -> impl Future<Output = Result<Blockhash, ClusterError>> + Send;

    /// The current block height, in blocks: of a block that will not be given up, as far as is known.
    fn block_height(&self) -> impl Future<Output = Result<u64, ClusterError>> + Send;

    /// Runs a transaction without committing it. Neither its signatures nor its blockhash have to be valid.
    fn simulate(
        &self,
        transaction: &VersionedTransaction,
    ) -> impl Future<Output = Result<Simulation, ClusterError>> + Send;

    /// Submits a signed transaction and returns at once. `Ok` means handed over, not landed: follow it with
    /// [`Cluster::statuses`].
    fn send(&self, transaction: &VersionedTransaction) -> impl Future<Output = Result<Signature, ClusterError>> + Send;

    /// What became of each signature, in the order asked for; `None` for one that the cluster has not seen. Looks back
    /// only as far as the cluster's recent status cache (some 150 blocks), which covers the life of a blockhash.
    fn statuses(
        &self,
        signatures: &[Signature],
    ) -> impl Future<Output = Result<Vec<Option<TransactionStatus>>, ClusterError>> + Send;

    /// As [`Cluster::statuses`], of any age. An endpoint that keeps no history refuses.
    fn statuses_in_history(
        &self,
        signatures: &[Signature],
    ) -> impl Future<Output = Result<Vec<Option<TransactionStatus>>, ClusterError>> + Send {
        self.statuses(signatures)
    }

    /// Logs and compute units of a transaction that has landed; `None` if the cluster does not keep them.
    fn execution(&self, signature: &Signature) -> impl Future<Output = Result<Option<Execution>, ClusterError>> + Send;

    /// What transactions paid for a compute unit, in micro-lamports, to get into each of the recent blocks (some 150) where they
    /// wrote to these accounts (128 at most), in no particular order. A cluster that does not know has no prices.
    fn recent_prices(&self, writable: &[Address]) -> impl Future<Output = Result<Vec<u64>, ClusterError>> + Send {
        let _ = writable;
        async { Ok(vec![]) }
    }

    /// Waits until the account changes, but no longer than `within`. It promises nothing: what has changed, and whether anything
    /// has, a look has to tell. Where changes cannot be heard of it waits for all of that time.
    fn changed(&self, address: &Address, within: Duration) -> impl Future<Output = ()> + Send {
        let _ = address;
        tokio::time::sleep(within)
    }

    /// Reads one account; `None` if it does not exist.
    fn account(&self, address: &Address) -> impl Future<Output = Result<Option<Account>, ClusterError>> + Send {
        let address = *address;
        async move { Ok(self.accounts(&[address]).await?.pop().flatten()) }
    }

    /// Reads one account that has to exist.
    fn require_account(&self, address: &Address) -> impl Future<Output = Result<Account, ClusterError>> + Send {
        let address = *address;
        async move { self.account(&address).await?.ok_or(ClusterError::AccountNotFound { address }) }
    }

    /// The clock: slot, epoch, Unix time in seconds.
    fn clock(&self) -> impl Future<Output = Result<Clock, ClusterError>> + Send {
        sysvars::read(self, solana_sdk_ids::sysvar::clock::ID)
    }

    /// The rent parameters now in force.
    fn rent(&self) -> impl Future<Output = Result<Rent, ClusterError>> + Send {
        async { believable(sysvars::read(self, solana_sdk_ids::sysvar::rent::ID).await?) }
    }

    /// The first slot and the length of each epoch.
    fn epoch_schedule(&self) -> impl Future<Output = Result<EpochSchedule, ClusterError>> + Send {
        sysvars::read(self, solana_sdk_ids::sysvar::epoch_schedule::ID)
    }

    /// The state of reward distribution. While `active` is true the stake program refuses every instruction that
    /// changes a stake account.
    fn epoch_rewards(&self) -> impl Future<Output = Result<EpochRewards, ClusterError>> + Send {
        sysvars::read(self, solana_sdk_ids::sysvar::epoch_rewards::ID)
    }

    /// The slots of the last 512 blocks before the current one, with their hashes, the newest first.
    fn slot_hashes(&self) -> impl Future<Output = Result<SlotHashes, ClusterError>> + Send {
        sysvars::read(self, solana_sdk_ids::sysvar::slot_hashes::ID)
    }

    /// Effective, activating and deactivating stake (lamports) of the whole cluster, by epoch.
    fn stake_history(&self) -> impl Future<Output = Result<StakeHistory, ClusterError>> + Send {
        sysvars::read(self, solana_sdk_ids::sysvar::stake_history::ID)
    }

    /// The least that a stake account may delegate, in lamports, as the stake program itself says.
    ///
    /// The answer comes from a simulation, for which the cluster wants a `payer` that exists and can pay a fee; nothing
    /// is signed or paid.
    fn minimum_delegation(&self, payer: &Address) -> impl Future<Output = Result<u64, ClusterError>> + Send {
        sysvars::minimum_delegation(self, *payer)
    }
}
