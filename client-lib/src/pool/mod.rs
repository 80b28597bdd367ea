//! A snapshot of a pool: the input of quotes, plans and actions.
//!
//! [`PoolSnapshot::read`] reads one through a [`Cluster`](crate::cluster::Cluster); [`PoolSnapshot::from_accounts`]
//! makes one from given accounts. Everything else is computed without network access.

mod environment;
mod error;
mod extension;
mod growth;
mod history;
mod kind;
mod listing;
mod read;
mod signing;
mod totals;
mod validators;
mod yields;

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;

pub use {
    environment::Environment,
    error::{PoolError, Role},
    extension::{DemotedValidator, is_vote_account, supports_extension},
    growth::{NoYield, UpdateInterval, YieldEstimate},
    kind::AccountKind,
    listing::{ListedPool, Listing, list_pools},
    read::{MinimumDelegation, ReadOptions, StakeSelection, read_pool_account, read_pool_and_tickets},
    signing::NonSigner,
    totals::StakeTotals,
    validators::{StakeAccounts, StakeAddresses, Validator},
    yields::Recorded,
};

use {
    solana_account::Account,
    solana_address::Address,
    std::{collections::HashMap, sync::OnceLock},
    tidepool_core::maths::ExchangeRate,
    tidepool_interface::{
        address::{STAKE_PROGRAM_ID, WITHDRAW_AUTHORITY_SEED, find_deposit_authority},
        external::{
            stake::StakeState,
            token::{Mint, check_manager_fee_account},
        },
        state::{PoolExtension, StakePool, ValidatorStakeInfo, split_validator_list},
    },
};

/// Raw accounts of a pool.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PoolAccounts {
    /// The pool account.
    pub pool: Account,
    /// The validator list.
    pub validator_list: Account,
    /// The reserve stake account.
    pub reserve_stake: Account,
    /// The pool token's mint.
    pub pool_mint: Account,
    /// The manager's token account for fees. A pool works without it, and then charges no withdrawal fee.
    pub manager_fee_account: Option<Account>,
}

/// A snapshot of a pool. See the [module](self).
#[derive(Clone, Debug)]
pub struct PoolSnapshot {
    address: Address,
    pool: StakePool,
    // Boxed: it is longer than the rest.
    extension: Option<Box<PoolExtension>>,
    withdraw_authority: Address,
    max_validators: u32,
    records: Vec<ValidatorStakeInfo>,
    mint_supply: u64,
    freeze_authority: Option<Address>,
    accounts: PoolAccounts,
    environment: Environment,
    /// Derived when first needed: one PDA search per account takes longer than everything else here.
    stake_addresses: OnceLock<Vec<StakeAddresses>>,
    /// One per record.
    stake_accounts: Vec<Option<StakeAccounts>>,
    /// Vote accounts that were read, with whether each exists.
    votes: HashMap<Address, bool>,
}

impl PoolSnapshot {
    /// Makes a snapshot from raw accounts, without stake accounts. The pool's owner is its program.
    ///
    /// # Errors
    /// [`PoolError::NotAPool`], [`PoolError::MalformedPool`], [`PoolError::WrongOwner`], [`PoolError::Malformed`].
    pub fn from_accounts(
        address: Address,
        accounts: PoolAccounts,
        environment: Environment,
    ) -> Result<Self, PoolError> {
        let pool = decode_pool(&address, &accounts.pool)?;
        let program_id = accounts.pool.owner;
        let withdraw_authority = withdraw_authority(&address, &pool, &accounts.pool)?;
        let list = &accounts.validator_list;
        check_owner(Role::ValidatorList, &pool.head.validator_list, list, &program_id)?;
        let malformed =
            |role, address, account: &Account| PoolError::Malformed { role, address, length: account.data.len() };
        let (header, records) = split_validator_list(&list.data)
            .map_err(|_| malformed(Role::ValidatorList, pool.head.validator_list, list))?;
        let (max_validators, records) = (header.max_validators.get(), records.to_vec());
        let reserve = &accounts.reserve_stake;
        check_owner(Role::Reserve, &pool.head.reserve_stake, reserve, &STAKE_PROGRAM_ID)?;
        StakeState::decode(&reserve.data).map_err(|_| malformed(Role::Reserve, pool.head.reserve_stake, reserve))?;
        let mint = &accounts.pool_mint;
        check_owner(Role::Mint, &pool.head.pool_mint, mint, &pool.head.token_program_id)?;
        let decoded = Mint::decode(&mint.data).map_err(|_| malformed(Role::Mint, pool.head.pool_mint, mint))?;
        let (mint_supply, freeze_authority) = (decoded.supply, decoded.freeze_authority.copied());
        Ok(Self {
            address,
            pool,
            extension: PoolExtension::find(&accounts.pool.data).copied().map(Box::new),
            withdraw_authority,
            max_validators,
            stake_accounts: vec![None; records.len()],
            records,
            mint_supply,
            freeze_authority,
            accounts,
            environment,
            stake_addresses: OnceLock::new(),
            votes: HashMap::new(),
        })
    }

    /// The pool's address.
    pub const fn address(&self) -> Address {
        self.address
    }

    /// The pool's program: the owner of its account.
    pub const fn program_id(&self) -> Address {
        self.accounts.pool.owner
    }

    /// The pool account, decoded.
    pub const fn pool(&self) -> &StakePool {
        &self.pool
    }

    /// The raw accounts.
    pub const fn accounts(&self) -> &PoolAccounts {
        &self.accounts
    }

    /// The cluster's state at the time of the snapshot.
    pub const fn environment(&self) -> &Environment {
        &self.environment
    }

    #[cfg(test)]
    pub(crate) const fn environment_mut(&mut self) -> &mut Environment {
        &mut self.environment
    }

    /// The epoch of the snapshot.
    pub const fn epoch(&self) -> u64 {
        self.environment.epoch()
    }

    /// The pool's withdraw authority: staker and withdrawer of its stake, and mint authority.
    pub const fn withdraw_authority(&self) -> Address {
        self.withdraw_authority
    }

    /// The default deposit authority of stake, a PDA.
    pub fn default_deposit_authority(&self) -> Address {
        find_deposit_authority(&self.program_id(), &self.address).0
    }

    /// Whether another key than the default deposit authority must sign stake deposits.
    pub fn has_custom_deposit_authority(&self) -> bool {
        self.pool.head.stake_deposit_authority != self.default_deposit_authority()
    }

    /// The exchange rate of deposits and withdrawals.
    pub const fn rate(&self) -> ExchangeRate {
        self.pool.head.exchange_rate()
    }

    /// Supply of the mint in the smallest unit. The next update copies it into the pool.
    pub const fn mint_supply(&self) -> u64 {
        self.mint_supply
    }

    /// The mint's freeze authority, if any. A frozen token account can neither send nor receive. The program does not
    /// check it.
    pub const fn freeze_authority(&self) -> Option<Address> {
        self.freeze_authority
    }

    /// Whether the pool must be updated before deposits and withdrawals.
    pub const fn is_stale(&self) -> bool {
        self.pool.head.is_stale(self.environment.clock.epoch)
    }

    /// Capacity of the validator list, in records.
    pub const fn max_validators(&self) -> u32 {
        self.max_validators
    }

    /// The records of the validator list.
    pub fn records(&self) -> &[ValidatorStakeInfo] {
        &self.records
    }

    /// The stake account addresses of each validator, in the list's order. The first call derives all of them.
    pub fn stake_addresses(&self) -> &[StakeAddresses] {
        self.stake_addresses.get_or_init(|| validators::Derivation::of(self).all(&self.records))
    }

    /// The validators, in the list's order.
    pub fn validators(&self) -> impl ExactSizeIterator<Item = Validator<'_>> {
        let addresses = self.stake_addresses();
        self.records.iter().enumerate().map(|(index, record)| Validator {
            index,
            record,
            addresses: addresses[index],
            accounts: self.stake_accounts[index].as_ref(),
        })
    }

    /// The validator of the record `index`.
    pub fn validator_at(&self, index: usize) -> Option<Validator<'_>> {
        Some(Validator {
            index,
            record: self.records.get(index)?,
            addresses: *self.stake_addresses().get(index)?,
            accounts: self.stake_accounts.get(index)?.as_ref(),
        })
    }

    /// The validator with the vote account `vote`, if it is in the list.
    pub fn validator(&self, vote: &Address) -> Option<Validator<'_>> {
        let is_meant = |record: &ValidatorStakeInfo| record.vote_account_address == *vote;
        self.validator_at(self.records.iter().position(is_meant)?)
    }

    /// The record of the validator with the vote account `vote`, if it is in the list. Derives no address.
    pub fn validator_record(&self, vote: &Address) -> Option<&ValidatorStakeInfo> {
        self.records.iter().find(|record| record.vote_account_address == *vote)
    }

    /// Whether the snapshot holds the stake accounts of all validators in `selection`.
    pub fn has_stakes(&self, selection: &StakeSelection) -> bool {
        let mut stakes = self.records.iter().zip(&self.stake_accounts);
        stakes.all(|(record, accounts)| accounts.is_some() || !selection.includes(record))
    }

    /// Sets the stake accounts of the selected validators. `find` returns the account at an address; `None` means that
    /// it does not exist.
    pub fn set_stake_accounts(
        &mut self,
        select: impl Fn(&ValidatorStakeInfo) -> bool,
        mut find: impl FnMut(&Address) -> Option<Account>,
    ) {
        self.stake_addresses();
        let addresses = self.stake_addresses.get().map_or(&[][..], Vec::as_slice);
        for ((record, addresses), slot) in self.records.iter().zip(addresses).zip(&mut self.stake_accounts) {
            if select(record) {
                *slot = Some(StakeAccounts {
                    validator: find(&addresses.validator),
                    transient: find(&addresses.transient),
                });
            }
        }
    }

    /// Lamports of the reserve.
    pub const fn reserve_lamports(&self) -> u64 {
        self.accounts.reserve_stake.lamports
    }

    /// Rent-exempt reserve of the reserve stake account, in lamports. It always stays there.
    pub fn reserve_rent(&self) -> u64 {
        self.environment.rent.minimum_balance(self.accounts.reserve_stake.data.len())
    }

    /// Lamports of the reserve above its rent.
    pub fn reserve_lamports_above_rent(&self) -> u64 {
        self.reserve_lamports().saturating_sub(self.reserve_rent())
    }

    /// Lamports that can leave the reserve: above its rent, minus [`Self::working_lamports`] and [`Self::ticket_lamports`].
    pub fn withdrawable_reserve_lamports(&self) -> u64 {
        let kept = self.working_lamports().saturating_add(self.ticket_lamports());
        self.reserve_lamports_above_rent().saturating_sub(kept)
    }

    /// Lamports that can be withdrawn as SOL: 0 while the rate guard halts SOL withdrawals.
    pub fn sol_withdrawal_lamports(&self) -> u64 {
        if self.halted_until_epoch().is_some() { 0 } else { self.withdrawable_reserve_lamports() }
    }

    /// Whether the manager's fee account can receive fees. If not, withdrawals and updates charge none.
    pub fn manager_fee_account_is_valid(&self) -> bool {
        self.accounts.manager_fee_account.as_ref().is_some_and(|account| {
            check_manager_fee_account(
                &account.owner,
                &account.data,
                &self.pool.head.token_program_id,
                &self.pool.head.pool_mint,
            )
            .is_ok()
        })
    }
}

fn decode_pool(address: &Address, account: &Account) -> Result<StakePool, PoolError> {
    let kind = AccountKind::of(account);
    if kind != AccountKind::StakePool {
        return Err(PoolError::NotAPool { address: *address, found: kind });
    }
    StakePool::decode_initialized(&account.data).map_err(|_| malformed_pool(address, account))
}

fn malformed_pool(address: &Address, account: &Account) -> PoolError {
    PoolError::MalformedPool { address: *address, length: account.data.len() }
}

/// The withdraw authority, derived with the bump that the pool stores, as the program does.
fn withdraw_authority(address: &Address, pool: &StakePool, account: &Account) -> Result<Address, PoolError> {
    let seeds: [&[u8]; 3] = [address.as_ref(), WITHDRAW_AUTHORITY_SEED, &[pool.head.stake_withdraw_bump_seed]];
    Address::create_program_address(&seeds, &account.owner).map_err(|_| malformed_pool(address, account))
}

fn check_owner(role: Role, address: &Address, account: &Account, expected: &Address) -> Result<(), PoolError> {
    if account.owner != *expected {
        return Err(PoolError::WrongOwner { role, address: *address, owner: account.owner, expected: *expected });
    }
    Ok(())
}
