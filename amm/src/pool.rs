//! The pool, read from account bytes.

use {
    crate::{Environment, QuoteError},
    tidepool_core::maths::{ExchangeRate, Fee, GrowthCharge, Lamports, PoolTokens},
    tidepool_interface::{
        Address,
        address::{STAKE_PROGRAM_ID, find_deposit_authority, find_withdraw_authority},
        external::token::check_manager_fee_account,
        state::{PoolExtension, PoolHead, PoolTerms, StakePool},
    },
};

/// An account.
#[derive(Clone, Copy, Debug)]
pub struct Account<'a> {
    /// Lamports.
    pub lamports: u64,
    /// The owner program.
    pub owner: &'a Address,
    /// The data.
    pub data: &'a [u8],
}

/// Addresses that never change. Finding them takes some microseconds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PoolAddresses {
    /// The program: Tidepool's or that of the SPL stake pool.
    pub program_id: Address,
    /// The pool.
    pub pool: Address,
    /// The pool's withdraw authority.
    pub withdraw_authority: Address,
    /// The default stake deposit authority. With another one, stake deposits are not permissionless.
    pub deposit_authority: Address,
}

impl PoolAddresses {
    /// Finds the addresses.
    pub fn find(program_id: &Address, pool: &Address) -> Self {
        Self {
            program_id: *program_id,
            pool: *pool,
            withdraw_authority: find_withdraw_authority(program_id, pool).0,
            deposit_authority: find_deposit_authority(program_id, pool).0,
        }
    }
}

/// The accounts that quotes are made of.
#[derive(Clone, Copy, Debug)]
pub struct PoolAccounts<'a> {
    /// The pool.
    pub pool: Account<'a>,
    /// The reserve: `reserve_stake` of the pool's head.
    pub reserve_stake: Account<'a>,
    /// The manager's fee account: `manager_fee_account` of the pool's head; `None` if it does not exist. Withdrawals are free of fees if
    /// it cannot receive them.
    pub manager_fee_account: Option<Account<'a>>,
}

/// What the extension adds, of a pool that has it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extension {
    pub halted_until_epoch: u64,
    pub supply_floor: u64,
    pub growth_charge: GrowthCharge,
    /// Lamports that stay in the reserve above its rent: the rents of decreases, and those of open tickets.
    pub reserved_lamports: u64,
}

/// A pool that can be quoted. It borrows nothing.
#[derive(Clone, Copy, Debug)]
pub struct Pool {
    addresses: PoolAddresses,
    state: StakePool,
    environment: Environment,
    extension: Option<Extension>,
    reserve_lamports: u64,
    can_pay_manager: bool,
}

impl Pool {
    /// Reads a pool.
    ///
    /// # Errors
    /// [`QuoteError::NotAPool`]; [`QuoteError::Malformed`] if the reserve is no stake account.
    pub fn read(
        addresses: &PoolAddresses,
        accounts: &PoolAccounts,
        environment: &Environment,
    ) -> Result<Self, QuoteError> {
        if *accounts.pool.owner != addresses.program_id {
            return Err(QuoteError::NotAPool);
        }
        let state = StakePool::decode_initialized(accounts.pool.data).map_err(|_| QuoteError::NotAPool)?;
        if *accounts.reserve_stake.owner != STAKE_PROGRAM_ID {
            return Err(QuoteError::Malformed);
        }
        let head = &state.head;
        let can_pay_manager = accounts.manager_fee_account.is_some_and(|account| {
            check_manager_fee_account(account.owner, account.data, &head.token_program_id, &head.pool_mint).is_ok()
        });
        let extension = PoolExtension::find(accounts.pool.data).map(|extension| Extension {
            halted_until_epoch: extension.halted_until_epoch.get(),
            supply_floor: extension.limits.supply_floor.get(),
            growth_charge: extension.growth_charge(state.terms.rate_before_epoch()),
            reserved_lamports: extension
                .working_lamports(environment.stake_rent)
                .saturating_add(extension.tickets.lamports.get()),
        });
        Ok(Self {
            addresses: *addresses,
            state,
            environment: *environment,
            extension,
            reserve_lamports: accounts.reserve_stake.lamports,
            can_pay_manager,
        })
    }

    /// The pool's addresses.
    pub const fn addresses(&self) -> &PoolAddresses {
        &self.addresses
    }

    /// The pool's fields at fixed offsets.
    pub const fn head(&self) -> &PoolHead {
        &self.state.head
    }

    /// The pool's fees, preferred validators and authorities.
    pub const fn terms(&self) -> &PoolTerms {
        &self.state.terms
    }

    /// The environment that it was read in.
    pub const fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The same pool in another epoch, for accounts that are read rarely: it can be stale there.
    #[must_use]
    pub const fn in_epoch(&self, epoch: u64) -> Self {
        Self { environment: Environment { epoch, ..self.environment }, ..*self }
    }

    /// Whether the pool has the extension.
    pub const fn is_extended(&self) -> bool {
        self.extension.is_some()
    }

    /// The exchange rate of deposits and withdrawals.
    pub const fn rate(&self) -> ExchangeRate {
        self.state.head.exchange_rate()
    }

    pub(crate) const fn extension(&self) -> Option<&Extension> {
        self.extension.as_ref()
    }

    /// Lamports that the reserve can pay now: without its rent, the rents of decreases, and the lamports of open tickets.
    pub fn available_lamports(&self) -> u64 {
        let reserved = self.extension.map_or(0, |extension| extension.reserved_lamports);
        self.reserve_lamports.saturating_sub(self.environment.stake_rent.saturating_add(reserved))
    }

    /// Checks that the pool was updated in this epoch. All quotes check it.
    ///
    /// # Errors
    /// [`QuoteError::Stale`].
    pub const fn check_fresh(&self) -> Result<(), QuoteError> {
        let (head, epoch) = (&self.state.head, self.environment.epoch);
        if head.is_stale(epoch) {
            return Err(QuoteError::Stale { updated: head.last_update_epoch.get(), epoch });
        }
        Ok(())
    }

    /// Checks that the rate guard has not halted deposits and SOL withdrawals.
    ///
    /// # Errors
    /// [`QuoteError::Halted`].
    pub const fn check_not_halted(&self) -> Result<(), QuoteError> {
        match &self.extension {
            Some(extension) if self.environment.epoch < extension.halted_until_epoch => {
                Err(QuoteError::Halted { until_epoch: extension.halted_until_epoch })
            }
            _ => Ok(()),
        }
    }

    pub(crate) const fn check_no_rewards(&self) -> Result<(), QuoteError> {
        if self.environment.epoch_rewards_active { Err(QuoteError::EpochRewards) } else { Ok(()) }
    }

    /// Checks what a deposit of `minted` pool tokens leaves, and that the manager's share of it can be paid.
    pub(crate) fn check_deposit(&self, minted: PoolTokens, to_manager: PoolTokens) -> Result<(), QuoteError> {
        let floor = self.extension.map_or(0, |extension| extension.supply_floor);
        if self.rate().pool_token_supply.get().saturating_add(minted.get()) < floor {
            return Err(QuoteError::SupplyBelowFloor { floor });
        }
        if to_manager > PoolTokens::default() && !self.can_pay_manager {
            return Err(QuoteError::FeeAccount);
        }
        let rate = self.rate();
        let fits = rate.pool_token_supply.checked_add(minted).is_some();
        if fits { Ok(()) } else { Err(tidepool_core::Error::CalculationFailure.into()) }
    }

    /// Checks that the pool's total can grow by `lamports`.
    pub(crate) fn check_total(&self, lamports: Lamports) -> Result<(), QuoteError> {
        let fits = self.rate().total_lamports.checked_add(lamports).is_some();
        if fits { Ok(()) } else { Err(tidepool_core::Error::CalculationFailure.into()) }
    }

    /// The fee of a withdrawal: none while the manager's fee account cannot receive it.
    pub(crate) fn charged<'a>(&self, fee: &'a Fee) -> Option<&'a Fee> {
        self.can_pay_manager.then_some(fee)
    }
}
