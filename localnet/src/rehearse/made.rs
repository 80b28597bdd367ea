//! Generated accounts in place of accounts that were not saved.
//!
//! A record has the lamports of its stake accounts and the status of the validator. The other fields are assumptions. The cluster starts
//! in the epoch in which the accounts were read, or, if that is unknown, of the pool's latest update:
//!
//! * Validator stake has been active for three epochs. Stake of a removed validator is deactivated in the start epoch: an earlier
//!   deactivation would be complete, and the stake in the reserve.
//! * Transient stake of a removed validator is also deactivated in the start epoch. For other validators, the record does not have the
//!   direction. The default is an increase, because most pools grow. An increase is activated in the start epoch.
//! * All lamports above the account's rent are delegated. An account with less than its rent has a delegation of one lamport: without a
//!   delegation, an update would remove the stake from the record.
//! * A vote account has a commission of 5 % and maximum vote credits.

use {
    super::input::SavedPool,
    solana_account::Account,
    solana_address::Address,
    solana_rent::Rent,
    solana_stake_interface::{
        stake_flags::StakeFlags,
        state::{Authorized, Delegation, Lockup, Meta, Stake, StakeStateV2},
    },
    solana_vote_interface::state::VoteStateV4,
    std::collections::BTreeMap,
    tidepool_client::pool::{Environment, PoolError, PoolSnapshot, Validator},
    tidepool_embedded::vote_account,
    tidepool_interface::{
        STAKE_ACCOUNT_SPACE,
        address::STAKE_PROGRAM_ID,
        external::token::TOKEN_ACCOUNT_LENGTH,
        state::{PoolHead, StakeStatus, ValidatorStakeInfo},
    },
};

/// Commission of a generated vote account, in basis points.
const COMMISSION_BPS: u16 = 500;

/// Epochs between the activation of active stake and the first epoch of the cluster. The bank has records from the epoch before the
/// first one on; stake with an earlier activation has warmed up.
const ACTIVE_SINCE: u64 = 3;

/// Earliest first epoch of a cluster with active stake.
const FIRST_EPOCH: u64 = ACTIVE_SINCE + 1;

/// Direction of the transient stake of active validators.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
pub enum Moving {
    /// From the reserve to the validator.
    #[default]
    Increasing,
    /// From the validator to the reserve.
    Decreasing,
}

/// Generated accounts.
#[derive(Clone, Debug, Default)]
pub struct Made {
    pub accounts: BTreeMap<Address, Account>,
    /// Number of validator stake accounts.
    pub validator_stakes: usize,
    /// Number of transient stake accounts.
    pub transient_stakes: usize,
    /// Number of vote accounts.
    pub votes: usize,
    /// Number of vote accounts that do not exist on the pool's cluster; none is generated in their place.
    pub missing_votes: usize,
    /// Whether the manager fee account is generated.
    pub fee_account: bool,
}

/// The start epoch of a cluster for `saved`: the epoch in which it was read, or of the latest update.
pub fn start_epoch(saved: &SavedPool, snapshot: &PoolSnapshot) -> u64 {
    let records = snapshot.records().iter();
    let updated = records.map(|record| record.last_update_epoch.get()).max().unwrap_or(0);
    let updated = updated.max(snapshot.pool().head.last_update_epoch.get());
    updated.max(saved.clock.as_ref().map_or(0, |clock| clock.epoch)).max(FIRST_EPOCH)
}

/// A snapshot of a saved pool, without cluster data except the rent.
pub fn snapshot(saved: &SavedPool, rent: &Rent) -> Result<PoolSnapshot, PoolError> {
    let environment = Environment { rent: rent.clone(), ..Environment::default() };
    PoolSnapshot::from_accounts(saved.address, saved.accounts.clone(), environment)
}

/// Generates the accounts that the pool needs and the folder does not have, and vote accounts in place of those of `added`.
pub fn make(saved: &SavedPool, snapshot: &PoolSnapshot, moving: Moving, added: &[Address]) -> Made {
    let start = start_epoch(saved, snapshot);
    let mut maker = Maker {
        saved,
        snapshot,
        rent: &snapshot.environment().rent,
        start,
        active_since: start - ACTIVE_SINCE,
        moving,
        made: Made::default(),
    };
    for validator in snapshot.validators() {
        maker.make_stakes(&validator);
    }
    for vote in added {
        maker.vote_credits(vote);
    }
    if saved.accounts.manager_fee_account.is_none() {
        maker.make_fee_account();
    }
    maker.made
}

struct Maker<'a> {
    saved: &'a SavedPool,
    snapshot: &'a PoolSnapshot,
    rent: &'a Rent,
    /// The first epoch of the cluster.
    start: u64,
    /// The activation epoch of active stake.
    active_since: u64,
    moving: Moving,
    made: Made,
}

impl Maker<'_> {
    fn make_stakes(&mut self, validator: &Validator) {
        let credits = self.vote_credits(&validator.vote());
        let record = validator.record;
        let epochs = self.validator_epochs(record);
        let active = record.active_stake_lamports.get();
        if self.make_stake(validator.addresses.validator, record, active, epochs, credits) {
            self.made.validator_stakes += 1;
        }
        let epochs = self.transient_epochs(record);
        let transient = record.transient_stake_lamports.get();
        if self.make_stake(validator.addresses.transient, record, transient, epochs, credits) {
            self.made.transient_stakes += 1;
        }
    }

    /// Credits of a vote account, which is generated if it was not saved. Generated stake has observed these credits.
    fn vote_credits(&mut self, vote: &Address) -> u64 {
        match self.saved.others.get(vote) {
            Some(account) => VoteStateV4::deserialize(&account.data, vote).map_or(0, |state| state.credits()),
            None if self.saved.is_complete => {
                self.made.missing_votes += 1;
                0
            }
            None => {
                let account = vote_account(vote, vote, COMMISSION_BPS, self.rent);
                if self.made.accounts.insert(*vote, account).is_none() {
                    self.made.votes += 1;
                }
                0
            }
        }
    }

    /// Epochs of activation and of deactivation of a validator's stake.
    fn validator_epochs(&self, record: &ValidatorStakeInfo) -> (u64, u64) {
        match record.stake_status() {
            Ok(StakeStatus::DeactivatingValidator | StakeStatus::DeactivatingAll) => (self.active_since, self.start),
            _ => (self.active_since, u64::MAX),
        }
    }

    /// Epochs of activation and of deactivation of a validator's transient stake.
    fn transient_epochs(&self, record: &ValidatorStakeInfo) -> (u64, u64) {
        if record.is_active() && self.moving == Moving::Increasing {
            (self.start, u64::MAX)
        } else {
            (self.active_since, self.start)
        }
    }

    /// Generates a stake account with `lamports`, unless they are 0, or the account was saved or does not exist.
    fn make_stake(
        &mut self,
        address: Address,
        record: &ValidatorStakeInfo,
        lamports: u64,
        (activation_epoch, deactivation_epoch): (u64, u64),
        credits_observed: u64,
    ) -> bool {
        if lamports == 0 || self.saved.is_complete || self.saved.others.contains_key(&address) {
            return false;
        }
        let rent = self.rent.minimum_balance(STAKE_ACCOUNT_SPACE);
        let delegation = Delegation {
            voter_pubkey: record.vote_account_address,
            stake: lamports.saturating_sub(rent).max(1),
            activation_epoch,
            deactivation_epoch,
            ..Delegation::default()
        };
        let stake = Stake { delegation, credits_observed };
        let state = StakeStateV2::Stake(self.meta(rent), stake, StakeFlags::empty());
        let mut data = vec![0; STAKE_ACCOUNT_SPACE];
        bincode::serialize_into(data.as_mut_slice(), &state).expect("a stake account has room for a stake");
        self.made.accounts.insert(address, Account { lamports, data, owner: STAKE_PROGRAM_ID, ..Account::default() });
        true
    }

    #[expect(deprecated, reason = "the stake program writes the rent of the day into new accounts")]
    fn meta(&self, rent: u64) -> Meta {
        let lockup = self.snapshot.pool().head.lockup;
        Meta {
            rent_exempt_reserve: rent,
            authorized: Authorized::auto(&self.snapshot.withdraw_authority()),
            lockup: Lockup {
                unix_timestamp: lockup.unix_timestamp.get().cast_signed(),
                epoch: lockup.epoch.get(),
                custodian: lockup.custodian,
            },
        }
    }

    /// An empty token account of the manager.
    fn make_fee_account(&mut self) {
        let head = &self.snapshot.pool().head;
        let account = Account {
            lamports: self.rent.minimum_balance(TOKEN_ACCOUNT_LENGTH),
            data: token_account_data(head),
            owner: head.token_program_id,
            ..Account::default()
        };
        self.made.accounts.insert(head.manager_fee_account, account);
        self.made.fee_account = true;
    }
}

fn token_account_data(head: &PoolHead) -> Vec<u8> {
    /// Where the state stands, and its value for an account in use.
    const STATE: (usize, u8) = (108, 1);
    let mut data = vec![0; TOKEN_ACCOUNT_LENGTH];
    data[..32].copy_from_slice(head.pool_mint.as_ref());
    data[32..64].copy_from_slice(head.manager.as_ref());
    data[STATE.0] = STATE.1;
    data
}
