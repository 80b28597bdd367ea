//! Validators of a pool, with their stake addresses and accounts.

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

/// With fewer derivations per thread, another thread costs more than it saves.
const DERIVATIONS_PER_THREAD: usize = 64;

/// Addresses of a validator's two stake accounts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StakeAddresses {
    /// The validator stake account.
    pub validator: Address,
    /// The transient stake account, derived with the seed of the record. It exists only with activating or deactivating
    /// stake.
    pub transient: Address,
}

/// A validator's stake accounts; `None` for one that does not exist.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct StakeAccounts {
    /// The validator stake account.
    pub validator: Option<Account>,
    /// The transient stake account.
    pub transient: Option<Account>,
}

/// A validator of a snapshot.
#[derive(Clone, Copy, Debug)]
pub struct Validator<'a> {
    /// Index of its record in the list. A cleanup of earlier entries changes it.
    pub index: usize,
    /// The record.
    pub record: &'a ValidatorStakeInfo,
    /// Its stake addresses.
    pub addresses: StakeAddresses,
    /// Its stake accounts, if they were read.
    pub accounts: Option<&'a StakeAccounts>,
}

impl<'a> Validator<'a> {
    /// Its vote account.
    pub const fn vote(&self) -> Address {
        self.record.vote_account_address
    }

    /// Its status; `None` if the record's byte is invalid.
    pub fn status(&self) -> Option<StakeStatus> {
        self.record.stake_status().ok()
    }

    /// Whether its record was not updated in `epoch` yet.
    pub const fn is_stale(&self, epoch: u64) -> bool {
        self.record.last_update_epoch.get() < epoch
    }

    /// Whether its record has transient stake.
    pub const fn has_transient_stake(&self) -> bool {
        self.record.transient_stake_lamports.get() != 0
    }

    /// Its weight; 0 without one, and in a pool without the extension.
    pub const fn weight(&self) -> u16 {
        self.record.extension.weight()
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

#[derive(Clone, Copy)]
pub(super) struct Derivation {
    program_id: Address,
    pool: Address,
    /// Whether records hold bumps. With a known bump an address takes one hash; a search takes several, each with a
    /// curve check.
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

    /// The addresses of all records, derived on all cores if there are many.
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

/// The addresses of all records; unchanged ones are copied from an earlier snapshot of the pool.
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
