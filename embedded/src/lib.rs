//! A Solana cluster inside this process: Agave's real bank, with real programs, vote accounts, stakes and rewards.
//!
//! Only consensus is simulated: there are no votes, and the `advance…` methods control time. Between two of their calls the cluster
//! stays in one slot and processes any number of transactions. Epochs end as on mainnet: the bank computes inflation rewards from the
//! stakes and vote credits, pays commissions, and distributes the rest block by block while the `EpochRewards` sysvar is active.
//!
//! ```
//! use {
//!     solana_address::Address, solana_native_token::LAMPORTS_PER_SOL, solana_signer::Signer,
//!     solana_system_interface::instruction::transfer, tidepool_client::cluster::Cluster, tidepool_embedded::EmbeddedCluster,
//! };
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let program_id = Address::new_unique();
//! let cluster = EmbeddedCluster::builder().tidepool(program_id).validators(20).start()?;
//!
//! let (payer, to) = (cluster.funded_keypair(10 * LAMPORTS_PER_SOL), Address::new_unique());
//! let report = cluster.process(&[transfer(&payer.pubkey(), &to, LAMPORTS_PER_SOL)], &payer, &[])?;
//! assert_eq!((report.fee, cluster.lamports(&to)), (5_000, LAMPORTS_PER_SOL));
//!
//! let change = cluster.advance_epoch()?;
//! assert!(change.epoch == 1 && change.rewards > 0);
//! assert!(cluster.program_accounts(&program_id, &[]).await?.is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! The last line calls the trait [`Cluster`](tidepool_client::cluster::Cluster): `tidepool_client` reads, quotes, plans and sends on
//! this cluster as on a network. [`EmbeddedClusterBuilder::tidepool`] loads the program that `cargo xtask build-program` has built;
//! [`EmbeddedClusterBuilder::program`] loads your own.
//!
//! [`EmbeddedClusterBuilder::alpenglow`] has the bank pay rewards as under Alpenglow, where credits are lamports.

mod builder;
mod cluster;
mod epochs;
mod error;
mod genesis;
mod history;
mod transactions;
mod validators;

use {
    serde::de::DeserializeOwned,
    solana_account::{Account, AccountSharedData, ReadableAccount},
    solana_address::Address,
    solana_clock::{Clock, Epoch, Slot, UnixTimestamp},
    solana_epoch_rewards::EpochRewards,
    solana_hash::Hash,
    solana_keypair::Keypair,
    solana_rent::Rent,
    solana_runtime::{bank::Bank, bank_forks::BankForks},
    solana_signature::Signature,
    solana_signer::Signer,
    std::{
        collections::{BTreeMap, HashMap},
        path::Path,
        sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
        time::Duration,
    },
    tidepool_client::cluster::InflationReward,
    transactions::Landed,
};

pub use {
    builder::EmbeddedClusterBuilder,
    epochs::EpochChange,
    error::{EmbeddedError, TxFailure, TxReport},
    genesis::UNLIKE_MAINNET,
    validators::{Validator, ValidatorSpec, active_stake_account, vote_account},
};

/// A cluster in this process. See the [module](self).
///
/// All methods take `&self`. A lock serializes changes of the cluster.
pub struct EmbeddedCluster {
    genesis_hash: Hash,
    bank_forks: Arc<RwLock<BankForks>>,
    validators: Vec<Validator>,
    /// Vote account to thousandths of the credits of a perfect validator.
    performance: Mutex<BTreeMap<Address, u16>>,
    start_slot: Slot,
    /// Unix time, in seconds, of `start_slot`.
    start_time: UnixTimestamp,
    slot_time: Duration,
    state: Mutex<State>,
    /// Inflation rewards by account and by the epoch that they are for.
    rewards: Mutex<HashMap<(Epoch, Address), InflationReward>>,
}

/// State for clients that the bank does not keep.
#[derive(Default)]
struct State {
    landed: HashMap<Signature, Landed>,
    /// Signatures of the landed transactions, oldest first.
    history: Vec<Signature>,
    /// Whether a transaction has used the newest blockhash. An equal transaction would have the same signature, and the bank would
    /// reject it.
    blockhash_used: bool,
}

impl EmbeddedCluster {
    /// A builder of a cluster.
    pub fn builder() -> EmbeddedClusterBuilder {
        EmbeddedClusterBuilder::default()
    }

    /// The cluster's own validators, without preloaded vote accounts.
    pub fn validators(&self) -> &[Validator] {
        &self.validators
    }

    /// The vote addresses of [`Self::validators`].
    pub fn votes(&self) -> Vec<Address> {
        self.validators.iter().map(|validator| validator.vote).collect()
    }

    /// Sets the performance of a validator from now on, in thousandths of the maximum vote credits; 0 makes it delinquent. Credits are
    /// written at the end of the epoch, so the last setting in an epoch applies to the whole epoch.
    pub fn set_performance(&self, vote: &Address, permille: u16) -> Result<(), EmbeddedError> {
        match lock(&self.performance).get_mut(vote) {
            Some(performance) => *performance = permille,
            None => return Err(EmbeddedError::UnknownVoteAccount { vote: *vote }),
        }
        Ok(())
    }

    /// Gives the vote account of a validator a BLS key, as clusters with SIMD-0357 require.
    pub fn set_bls_key(&self, vote: &Address) -> Result<(), EmbeddedError> {
        let _turn = self.turn();
        validators::set_bls_key(&self.bank(), vote)
    }

    /// Reads an account; `None` if it does not exist.
    pub fn account(&self, address: &Address) -> Option<Account> {
        self.bank().get_account(address).map(Account::from)
    }

    /// The lamports in an account, 0 if it does not exist.
    pub fn lamports(&self, address: &Address) -> u64 {
        self.bank().get_balance(address)
    }

    /// Creates or overwrites an account without any checks, for states that transactions cannot produce.
    pub fn set_account(&self, address: &Address, account: Account) {
        let _turn = self.turn();
        self.store(address, account);
    }

    /// Adds new `lamports` to an account; creates the account if necessary.
    pub fn airdrop(&self, address: &Address, lamports: u64) {
        let _turn = self.turn();
        let mut account = self.account(address).unwrap_or_default();
        account.lamports += lamports;
        self.store(address, account);
    }

    /// Creates a new wallet with `lamports`.
    pub fn funded_keypair(&self, lamports: u64) -> Keypair {
        let wallet = Keypair::new();
        self.airdrop(&wallet.pubkey(), lamports);
        wallet
    }

    /// Replaces the code of a program from a file, like an upgrade. Advances by a block, from which on the new code is in force.
    pub fn replace_program(&self, program_id: &Address, path: impl AsRef<Path>) -> Result<(), EmbeddedError> {
        let elf = builder::read_elf(path.as_ref())?;
        for (address, account) in genesis::program_accounts(program_id, &elf, self.slot()) {
            self.set_account(&address, account);
        }
        self.advance_blocks(1);
        Ok(())
    }

    /// The clock sysvar.
    pub fn clock(&self) -> Clock {
        self.bank().clock()
    }

    /// The current epoch.
    pub fn epoch(&self) -> Epoch {
        self.bank().epoch()
    }

    /// The current slot.
    pub fn slot(&self) -> Slot {
        self.bank().slot()
    }

    /// The rent in force.
    pub fn rent(&self) -> Rent {
        self.sysvar(&solana_sdk_ids::sysvar::rent::ID)
    }

    /// The state of reward distribution.
    pub fn epoch_rewards(&self) -> EpochRewards {
        self.sysvar(&solana_sdk_ids::sysvar::epoch_rewards::ID)
    }

    /// The bank of the current slot, for functions without a method here.
    pub fn bank(&self) -> Arc<Bank> {
        self.bank_forks.read().unwrap_or_else(PoisonError::into_inner).working_bank()
    }

    fn store(&self, address: &Address, account: Account) {
        let bank = self.bank();
        // The supply must stay correct, because inflation is a share of it.
        let supply = bank.capitalization() - bank.get_balance(address) + account.lamports;
        bank.set_capitalization_for_tests(supply);
        bank.store_account(address, &AccountSharedData::from(account));
    }

    fn sysvar<T: DeserializeOwned>(&self, address: &Address) -> T {
        let account = self.bank().get_account(address);
        let data = account.as_ref().map_or(&[][..], ReadableAccount::data);
        bincode::deserialize(data).expect("the bank keeps this sysvar")
    }

    /// Locks the cluster for a change.
    fn turn(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A test that panicked with the lock has failed already; other tests can continue.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
