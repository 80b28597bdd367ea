//! The pool's validators, with the addresses and accounts of their stake.

use {
    super::PoolSnapshot,
    solana_account::Account,
    solana_address::Address,
    std::{collections::HashMap, num::NonZero, thread},
    tidepool_interface::{
        address::{TRANSIENT_STAKE_SEED, ValidatorStakeSeeds, find_transient_stake, find_validator_stake},
        external::stake::{Delegation, StakeMeta, StakeState},
        state::{EntryExtension, StakeStatus, ValidatorStakeInfo},
    },
};

/// Below this many searches a second thread costs more than it saves.
const DERIVATIONS_PER_THREAD: usize = 64;

/// The addresses of a validator's two stake accounts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StakeAddresses {
    /// The validator stake account.
    pub validator: Address,
    /// The transient stake account, under the seed of the record. There is an account only while stake is in motion.
    pub transient: Address,
}

/// A validator's stake accounts as they were read; `None` where there is none.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct StakeAccounts {
    /// The validator stake account.
    pub validator: Option<Account>,
    /// The transient stake account.
    pub transient: Option<Account>,
}

/// One validator of a snapshot.
#[derive(Clone, Copy, Debug)]
pub struct Validator<'a> {
    /// Index of the record in the list. It changes when entries before it are cleaned up.
    pub index: usize,
    /// The record.
    pub record: &'a ValidatorStakeInfo,
    /// Where its stake is.
    pub addresses: StakeAddresses,
    /// Its stake accounts, where the snapshot holds them.
    pub accounts: Option<&'a StakeAccounts>,
}

impl<'a> Validator<'a> {
    /// The vote account.
    pub const fn vote(&self) -> Address {
        self.record.vote_account_address
    }

    /// The status; `None` where the byte in the record is no status.
    pub fn status(&self) -> Option<StakeStatus> {
        self.record.stake_status().ok()
    }

    /// Whether the record has not been updated in `epoch` yet.
    pub const fn is_stale(&self, epoch: u64) -> bool {
        self.record.last_update_epoch.get() < epoch
    }

    /// Whether the record says that stake is in motion.
    pub const fn has_transient_stake(&self) -> bool {
        self.record.transient_stake_lamports.get() != 0
    }

    /// The validator's weight in a rebalance; 0 for none, and in a pool without the extension.
    pub const fn weight(&self) -> u16 {
        self.record.extension.weight.get()
    }

    /// The validator stake account, if it was read and exists.
    pub fn validator_stake(&self) -> Option<&'a Account> {
        self.accounts?.validator.as_ref()
    }

    /// The transient stake account, if it was read and exists.
    pub fn transient_stake(&self) -> Option<&'a Account> {
        self.accounts?.transient.as_ref()
    }

    /// The delegation of the validator stake account, if it was read and is delegated.
    pub fn delegation(&self) -> Option<(&'a StakeMeta, &'a Delegation)> {
        delegated(self.validator_stake()?)
    }

    /// The delegation of the transient stake account, if it was read and is delegated.
    pub fn transient_delegation(&self) -> Option<(&'a StakeMeta, &'a Delegation)> {
        delegated(self.transient_stake()?)
    }
}

fn delegated(account: &Account) -> Option<(&StakeMeta, &Delegation)> {
    StakeState::decode_delegated(&account.data).ok()
}

type AddressKey = (Address, u32, u64);

fn key(record: &ValidatorStakeInfo) -> AddressKey {
    (record.vote_account_address, record.validator_seed_suffix.get(), record.transient_seed_suffix.get())
}

/// How the addresses of a pool's validators are derived.
#[derive(Clone, Copy)]
pub(super) struct Derivation {
    program_id: Address,
    pool: Address,
    /// Whether the program keeps bumps in the records. Under a known bump an address takes one hash, where the search takes a
    /// few, each with a look whether it is a point of the curve.
    has_bumps: bool,
}

impl Derivation {
    pub(super) const fn of(snapshot: &PoolSnapshot) -> Self {
        Self { program_id: snapshot.program_id(), pool: snapshot.address(), has_bumps: snapshot.is_extended() }
    }

    fn one(&self, record: &ValidatorStakeInfo) -> StakeAddresses {
        let (vote, validator_seed, transient_seed) = key(record);
        let bumps = self.has_bumps.then_some(&record.extension);
        StakeAddresses {
            validator: match bumps.and_then(EntryExtension::validator_bump) {
                Some(bump) => {
                    let suffix = ValidatorStakeSeeds::new(validator_seed);
                    let seeds = [vote.as_ref(), self.pool.as_ref(), suffix.suffix()];
                    Address::derive_address(&seeds, Some(bump), &self.program_id)
                }
                None => find_validator_stake(&self.program_id, &vote, &self.pool, validator_seed).0,
            },
            transient: match bumps.and_then(EntryExtension::transient_bump) {
                Some(bump) => {
                    let suffix = transient_seed.to_le_bytes();
                    let seeds = [TRANSIENT_STAKE_SEED, vote.as_ref(), self.pool.as_ref(), &suffix];
                    Address::derive_address(&seeds, Some(bump), &self.program_id)
                }
                None => find_transient_stake(&self.program_id, &vote, &self.pool, transient_seed).0,
            },
        }
    }

    /// The addresses of all records, searched on all cores where there are many.
    pub(super) fn all(&self, records: &[ValidatorStakeInfo]) -> Vec<StakeAddresses> {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let threads = cores.min(records.len().div_ceil(DERIVATIONS_PER_THREAD)).max(1);
        let chunk = records.len().div_ceil(threads).max(1);
        let one_by_one = |records: &[ValidatorStakeInfo]| -> Vec<StakeAddresses> {
            records.iter().map(|record| self.one(record)).collect()
        };
        if threads == 1 {
            return one_by_one(records);
        }
        thread::scope(|scope| {
            let workers: Vec<_> =
                records.chunks(chunk).map(|records| scope.spawn(move || one_by_one(records))).collect();
            workers.into_iter().flat_map(|worker| worker.join().expect("an address search does not panic")).collect()
        })
    }
}

/// The addresses of all records, taking over what an earlier snapshot of the same pool has found.
pub(super) fn derive_changed(snapshot: &PoolSnapshot, earlier: &PoolSnapshot) -> Vec<StakeAddresses> {
    let known: HashMap<AddressKey, StakeAddresses> = earlier
        .records()
        .iter()
        .zip(earlier.stake_addresses())
        .map(|(record, addresses)| (key(record), *addresses))
        .collect();
    let derivation = Derivation::of(snapshot);
    let find = |record| known.get(&key(record)).copied().unwrap_or_else(|| derivation.one(record));
    snapshot.records().iter().map(find).collect()
}
