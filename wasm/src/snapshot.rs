//! A decoded snapshot of a pool.

use crate::{
    accounts::{self, Account, Accounts},
    failure::{Failure, Reason},
};
use bytemuck::{Pod, Zeroable};
use tidepool_core::{
    maths::{ExchangeRate, Fee, Lamports, PoolTokens},
    minimum_delegation,
    rebalance::Inputs,
};
use tidepool_interface::{
    ExtensionError, STAKE_ACCOUNT_SPACE, StakePoolError,
    address::STAKE_PROGRAM_ID,
    external::{
        stake::StakeState,
        stake_history::StakeHistory,
        token::{Mint, check_manager_fee_account},
    },
    state::{I64, Limits, PoolExtension, StakePool, U64, ValidatorStakeInfo, split_validator_list},
};

/// The clock sysvar.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct Clock {
    /// The slot.
    pub slot: U64,
    epoch_start_timestamp: I64,
    /// The epoch.
    pub epoch: U64,
    leader_schedule_epoch: U64,
    /// Unix time in seconds.
    pub unix_timestamp: I64,
}

/// The rent sysvar.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
struct Rent {
    lamports_per_byte: U64,
    exemption_threshold: [u8; 8],
}

impl Rent {
    fn minimum_balance(&self, length: usize) -> u64 {
        const OVERHEAD: u64 = 128;
        let lamports = (OVERHEAD + length as u64) * self.lamports_per_byte.get();
        let threshold = f64::from_le_bytes(self.exemption_threshold);
        // Like the runtime: exact for the two thresholds that clusters have.
        if threshold == 1.0 {
            lamports
        } else if threshold == 2.0 {
            2 * lamports
        } else {
            (lamports as f64 * threshold) as u64
        }
    }
}

/// A pool and the state of its cluster.
#[derive(Clone, Copy, Debug)]
pub struct Snapshot<'a> {
    /// The accounts.
    pub accounts: Accounts<'a>,
    /// The pool account.
    pub pool: StakePool,
    /// The extension, if the pool has one of the known version.
    pub extension: Option<&'a PoolExtension>,
    /// The records of the validator list.
    pub records: &'a [ValidatorStakeInfo],
    /// The reserve.
    pub reserve: Account<'a>,
    /// The mint's account.
    pub mint: Account<'a>,
    /// The clock.
    pub clock: &'a Clock,
    rent: &'a Rent,
}

impl<'a> Snapshot<'a> {
    /// Decodes the bytes of a snapshot: see [`crate::accounts`].
    ///
    /// # Errors
    /// [`Reason::MalformedSnapshot`], [`Reason::MissingAccount`], [`Reason::NotAPool`], [`Reason::MalformedAccount`].
    pub fn decode(bytes: &'a [u8]) -> Result<Self, Failure> {
        let accounts = Accounts::split(bytes)?;
        let account = accounts.need(accounts::POOL)?;
        let pool = StakePool::decode_initialized(account.data).map_err(|_| Reason::NotAPool)?;
        let malformed = Reason::MalformedAccount;
        let list = accounts.need(accounts::VALIDATOR_LIST)?;
        let (_, records) = split_validator_list(list.data).map_err(|_| malformed)?;
        let (reserve, mint) = (accounts.need(accounts::RESERVE)?, accounts.need(accounts::MINT)?);
        StakeState::decode(reserve.data).map_err(|_| malformed)?;
        Mint::decode(mint.data).map_err(|_| malformed)?;
        let owners = [
            (list.owner, account.owner),
            (reserve.owner, &STAKE_PROGRAM_ID),
            (mint.owner, &pool.head.token_program_id),
        ];
        if owners.iter().any(|(owner, expected)| owner != expected) {
            return Err(malformed.into());
        }
        Ok(Self {
            pool,
            extension: PoolExtension::find(account.data),
            records,
            reserve,
            mint,
            clock: sysvar(accounts.need(accounts::CLOCK)?.data)?,
            rent: sysvar(accounts.need(accounts::RENT)?.data)?,
            accounts,
        })
    }

    /// The exchange rate.
    pub const fn rate(&self) -> ExchangeRate {
        self.pool.head.exchange_rate()
    }

    /// The current epoch.
    pub const fn epoch(&self) -> u64 {
        self.clock.epoch.get()
    }

    /// Rent-exempt lamports of an account with this data length.
    pub fn minimum_balance(&self, length: usize) -> u64 {
        self.rent.minimum_balance(length)
    }

    /// Rent-exempt lamports of a new stake account.
    pub fn stake_rent(&self) -> u64 {
        self.minimum_balance(STAKE_ACCOUNT_SPACE)
    }

    /// The stake history.
    ///
    /// # Errors
    /// [`Reason::MissingAccount`], [`Reason::MalformedAccount`].
    pub fn stake_history(&self) -> Result<StakeHistory<'a>, Failure> {
        let data = self.accounts.need(accounts::STAKE_HISTORY)?.data;
        Ok(StakeHistory::decode(data).map_err(|_| Reason::MalformedAccount)?)
    }

    /// Whether epoch rewards are being paid, and the rewards of the last epoch in lamports.
    pub fn epoch_rewards(&self) -> (bool, u64) {
        const TOTAL: usize = 64;
        const ACTIVE: usize = 80;
        let Some(account) = self.accounts.slot(accounts::EPOCH_REWARDS).account() else { return (false, 0) };
        let total = account.data.get(TOTAL..).and_then(<[u8]>::first_chunk).copied().map_or(0, u64::from_le_bytes);
        (account.data.get(ACTIVE).is_some_and(|active| *active != 0), total)
    }

    /// The limits; none without the extension.
    pub fn limits(&self) -> Limits {
        self.extension.map_or(Limits::NONE, |extension| extension.limits)
    }

    /// The extension.
    ///
    /// # Errors
    /// `NotExtended`.
    pub fn extended(&self) -> Result<&'a PoolExtension, Failure> {
        Ok(self.extension.ok_or(ExtensionError::NotExtended)?)
    }

    /// The first epoch after a halt; 0 without a halt.
    pub fn halted_until_epoch(&self) -> u64 {
        let halted = self.extension.filter(|extension| extension.is_halted(self.epoch()));
        halted.map_or(0, |extension| extension.halted_until_epoch.get())
    }

    /// Lamports that stay in the reserve for the rents of decreases.
    pub fn working_lamports(&self) -> u64 {
        let rent = self.minimum_balance(self.reserve.data.len());
        self.extension.map_or(0, |extension| extension.working_lamports(rent))
    }

    /// Lamports of open exit tickets.
    pub fn ticket_lamports(&self) -> u64 {
        self.extension.map_or(0, |extension| extension.tickets.lamports.get())
    }

    /// Lamports of the reserve above its rent.
    pub fn reserve_lamports_above_rent(&self) -> u64 {
        self.reserve.lamports.saturating_sub(self.minimum_balance(self.reserve.data.len()))
    }

    /// Lamports that can leave the reserve.
    pub fn withdrawable_reserve_lamports(&self) -> u64 {
        let kept = self.working_lamports().saturating_add(self.ticket_lamports());
        self.reserve_lamports_above_rent().saturating_sub(kept)
    }

    /// Whether the manager's fee account can receive fees.
    pub fn manager_fee_account_is_valid(&self) -> bool {
        let head = &self.pool.head;
        self.accounts.slot(accounts::MANAGER_FEE).account().is_some_and(|account| {
            check_manager_fee_account(account.owner, account.data, &head.token_program_id, &head.pool_mint).is_ok()
        })
    }

    /// The fee of a withdrawal, unless it is from the manager's fee account or cannot be paid to it.
    pub fn charged_fee<'b>(&self, is_from_fee_account: bool, fee: &'b Fee) -> Option<&'b Fee> {
        (!is_from_fee_account && self.manager_fee_account_is_valid()).then_some(fee)
    }

    /// Lamports of a SOL deposit for which no pool tokens are minted; `None` on overflow.
    pub fn growth_charge(&self, lamports: u64) -> Option<Lamports> {
        let Some(extension) = self.extension else { return Some(Lamports::default()) };
        extension.growth_charge(self.pool.terms.rate_before_epoch()).of_deposit(&self.rate(), Lamports::new(lamports))
    }

    /// Inputs of a rebalance.
    ///
    /// # Errors
    /// `NotExtended`.
    pub fn rebalance_inputs(&self) -> Result<Inputs, Failure> {
        let extension = self.extended()?;
        Ok(Inputs {
            reserve_lamports: self.reserve_lamports_above_rent(),
            last_epoch_total_lamports: self.pool.terms.last_epoch_total_lamports,
            stake_rent: self.stake_rent(),
            minimum_delegation: minimum_delegation(self.accounts.stake_program_minimum),
            policy: extension.policy.get(),
            ticket_lamports: self.ticket_lamports(),
            is_paused: extension.is_paused(self.clock.slot.get()),
        })
    }

    pub(crate) fn check_no_rewards(&self) -> Result<(), Failure> {
        if self.epoch_rewards().0 { Err(Reason::EpochRewardsActive.into()) } else { Ok(()) }
    }

    pub(crate) fn check_up_to_date(&self) -> Result<(), Failure> {
        if self.pool.head.is_stale(self.epoch()) {
            return Err(StakePoolError::StakeListAndPoolOutOfDate.into());
        }
        Ok(())
    }

    pub(crate) fn check_not_halted(&self) -> Result<(), Failure> {
        if self.halted_until_epoch() > 0 { Err(ExtensionError::RateGuardHalt.into()) } else { Ok(()) }
    }

    pub(crate) fn check_supply_floor(&self, minted: PoolTokens) -> Result<(), Failure> {
        let after = self.rate().pool_token_supply.get().saturating_add(minted.get());
        Ok(self.limits().check_supply(after)?)
    }
}

fn sysvar<T: Pod>(data: &[u8]) -> Result<&T, Failure> {
    Ok(bytemuck::from_bytes(data.get(..size_of::<T>()).ok_or(Reason::MalformedAccount)?))
}
