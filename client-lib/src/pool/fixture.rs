//! Synthetic pools for tests, made of raw accounts.

use {
    super::{Environment, PoolAccounts, PoolSnapshot},
    crate::announcement::AnnouncedChange,
    solana_account::Account,
    solana_address::Address,
    solana_clock::Clock,
    solana_stake_interface::{
        stake_flags::StakeFlags,
        state::{Authorized, Delegation, Lockup, Meta, Stake, StakeStateV2},
    },
    tidepool_core::maths::{ExchangeRate, Fee},
    tidepool_interface::{
        STAKE_ACCOUNT_SPACE,
        address::{
            STAKE_PROGRAM_ID, TOKEN_PROGRAM_ID, find_deposit_authority, find_transient_stake, find_validator_stake,
            find_withdraw_authority,
        },
        external::stake::NOT_DEACTIVATED,
        state::{
            AccountType, Announcement, Announcements, DemotionPolicy, EXTENDED_POOL_LENGTH, EntryExtension, Limits,
            POOL_MAX_LENGTH, PoolExtension, PoolHead, PoolTerms, RebalancePolicy, StakePool, StakeStatus, TicketTotals,
            ValidatorListHeader, ValidatorStakeInfo, validator_list_length,
        },
    },
};

pub(crate) const SOL: u64 = 1_000_000_000;
pub(crate) const EPOCH: u64 = 700;
pub(crate) const PROGRAM: Address = Address::new_from_array([101; 32]);
pub(crate) const POOL: Address = Address::new_from_array([102; 32]);
pub(crate) const MANAGER: Address = Address::new_from_array([103; 32]);
pub(crate) const STAKER: Address = Address::new_from_array([104; 32]);
pub(crate) const FEE_ACCOUNT: Address = Address::new_from_array([105; 32]);
pub(crate) const MINT: Address = Address::new_from_array([106; 32]);
pub(crate) const LIST: Address = Address::new_from_array([107; 32]);
pub(crate) const RESERVE: Address = Address::new_from_array([108; 32]);

/// A stake account of a fixture, in both representations.
pub(crate) fn stake_account(
    withdrawer: Address,
    vote: Address,
    stake: u64,
    activation_epoch: u64,
    deactivation_epoch: u64,
) -> Account {
    let rent = rent();
    let state = StakeStateV2::Stake(
        meta(withdrawer),
        Stake {
            delegation: Delegation { deactivation_epoch, ..Delegation::new(&vote, stake, activation_epoch) },
            credits_observed: 0,
        },
        StakeFlags::empty(),
    );
    stake_program_account(&state, stake + rent)
}

#[expect(deprecated, reason = "the stake program still writes the field")]
pub(crate) fn meta(withdrawer: Address) -> Meta {
    Meta { rent_exempt_reserve: rent(), authorized: Authorized::auto(&withdrawer), lockup: Lockup::default() }
}

pub(crate) fn stake_program_account(state: &StakeStateV2, lamports: u64) -> Account {
    let mut data = bincode::serialize(state).unwrap();
    data.resize(STAKE_ACCOUNT_SPACE, 0);
    Account { lamports, data, owner: STAKE_PROGRAM_ID, ..Account::default() }
}

/// Rent-exempt reserve of a stake account in fixtures.
pub(crate) fn rent() -> u64 {
    Environment::default().stake_rent()
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct FixtureValidator {
    /// Delegated lamports; 0 for no account.
    pub active: u64,
    /// Deactivation epoch, as for a delinquent validator's stake.
    pub deactivated: u64,
    /// Delegated lamports of the transient stake account; 0 for none.
    pub transient: u64,
    /// Activation and deactivation epoch of the transient stake.
    pub transient_epochs: (u64, u64),
    pub status: StakeStatus,
    pub last_update_epoch: u64,
    /// Weight, in extended pools only.
    pub weight: u16,
    /// Epoch of a demotion, in extended pools only.
    pub demoted: Option<u64>,
    /// Whether an extended pool's record holds the bumps of its addresses.
    pub has_bumps: bool,
}

impl FixtureValidator {
    pub(crate) fn new(active: u64) -> Self {
        Self {
            active,
            deactivated: NOT_DEACTIVATED,
            transient: 0,
            transient_epochs: (EPOCH, NOT_DEACTIVATED),
            status: StakeStatus::Active,
            last_update_epoch: EPOCH,
            weight: 0,
            demoted: None,
            has_bumps: true,
        }
    }

    pub(crate) fn deactivated_in(self, deactivated: u64) -> Self {
        Self { deactivated, ..self }
    }

    pub(crate) fn with_weight(self, weight: u16) -> Self {
        Self { weight, ..self }
    }

    pub(crate) fn demoted_in(self, epoch: u64) -> Self {
        Self { demoted: Some(epoch), ..self }
    }

    pub(crate) fn without_bumps(self) -> Self {
        Self { has_bumps: false, ..self }
    }

    pub(crate) fn stale(self) -> Self {
        Self { last_update_epoch: EPOCH - 1, ..self }
    }

    pub(crate) fn with_status(self, status: StakeStatus) -> Self {
        Self { status, ..self }
    }

    pub(crate) fn increasing(self, transient: u64) -> Self {
        Self { transient, ..self }
    }

    pub(crate) fn decreasing(self, transient: u64) -> Self {
        Self { transient, transient_epochs: (EPOCH - 10, EPOCH), ..self }
    }

    fn extension(&self, index: usize) -> EntryExtension {
        let mut extension = EntryExtension::default();
        extension.set_weight(self.weight);
        self.demoted.into_iter().for_each(|epoch| extension.demote(epoch));
        if self.has_bumps {
            let (_, deactivation_epoch) = self.transient_epochs;
            let is_leaving = self.transient > 0 && deactivation_epoch != NOT_DEACTIVATED;
            extension.set_validator_bump(find_validator_stake(&PROGRAM, &vote(index), &POOL, 0).1);
            extension.set_transient_bump(find_transient_stake(&PROGRAM, &vote(index), &POOL, 0).1, is_leaving);
        }
        extension
    }

    fn record(&self, index: usize, is_extended: bool) -> ValidatorStakeInfo {
        let with_rent = |stake: u64| if stake == 0 { 0 } else { stake + rent() };
        ValidatorStakeInfo {
            active_stake_lamports: with_rent(self.active).into(),
            transient_stake_lamports: with_rent(self.transient).into(),
            last_update_epoch: self.last_update_epoch.into(),
            transient_seed_suffix: 0.into(),
            extension: if is_extended { self.extension(index) } else { EntryExtension::default() },
            validator_seed_suffix: 0.into(),
            status: self.status as u8,
            vote_account_address: vote(index),
        }
    }
}

pub(crate) fn vote(index: usize) -> Address {
    let mut bytes = [7; 32];
    bytes[..8].copy_from_slice(&(index as u64).to_le_bytes());
    Address::new_from_array(bytes)
}

#[derive(Clone, Debug)]
pub(crate) struct Fixture {
    pub validators: Vec<FixtureValidator>,
    /// Lamports in the reserve above its rent.
    pub reserve: u64,
    /// Pool token supply. The total lamports are the sum of the records and the reserve.
    pub supply: u64,
    pub terms: PoolTerms,
    pub epoch_fee: Fee,
    pub last_update_epoch: u64,
    pub max_validators: u32,
    pub stake_program_minimum: u64,
    /// Whether the stake accounts are read.
    pub with_stakes: bool,
    /// The rebalance policy of an extended pool.
    pub policy: Option<RebalancePolicy>,
    /// The limits of an extended pool.
    pub limits: Limits,
    pub announcements: Announcements,
    /// Entries of the ledger: epoch, Unix time, exchange rate.
    pub ledger: Vec<(u64, i64, ExchangeRate)>,
    pub halted_until_epoch: u64,
    pub tickets: TicketTotals,
    pub demotion: DemotionPolicy,
    /// Whether an extended pool has had weights.
    pub had_weights: bool,
    /// The slot up to which rebalances of an extended pool are paused.
    pub paused_until_slot: u64,
}

impl Default for Fixture {
    fn default() -> Self {
        Self {
            validators: Vec::new(),
            reserve: 10 * SOL,
            supply: 1_000 * SOL,
            terms: PoolTerms::default(),
            epoch_fee: Fee::new(1, 10),
            last_update_epoch: EPOCH,
            max_validators: 3_000,
            stake_program_minimum: SOL,
            with_stakes: true,
            policy: None,
            limits: Limits::NONE,
            announcements: Announcements::NONE,
            ledger: Vec::new(),
            halted_until_epoch: 0,
            tickets: TicketTotals::NONE,
            demotion: DemotionPolicy::NONE,
            had_weights: false,
            paused_until_slot: 0,
        }
    }
}

impl Fixture {
    pub(crate) fn of(validators: Vec<FixtureValidator>) -> Self {
        Self { validators, ..Self::default() }
    }

    pub(crate) fn extended(validators: Vec<FixtureValidator>) -> Self {
        Self { validators, policy: Some(RebalancePolicy::DEFAULT), ..Self::default() }
    }

    pub(crate) fn announce(&mut self, change: &AnnouncedChange, from_epoch: u64, from_timestamp: i64) {
        let (from_epoch, from_timestamp) = (from_epoch.into(), from_timestamp.into());
        *self.announcements.get_mut(change.kind()) = Announcement { from_epoch, from_timestamp, value: change.value() };
    }

    fn extension(&self, policy: RebalancePolicy) -> PoolExtension {
        let mut extension = PoolExtension::new(policy);
        extension.limits = self.limits;
        extension.announcements = self.announcements;
        extension.halted_until_epoch = self.halted_until_epoch.into();
        extension.tickets = self.tickets;
        extension.demotion = self.demotion;
        extension.had_weights = self.had_weights.into();
        extension.paused_until_slot = self.paused_until_slot.into();
        for (epoch, timestamp, rate) in &self.ledger {
            extension.ledger.record(*epoch, *timestamp, rate);
        }
        extension
    }

    pub(crate) fn environment(&self) -> Environment {
        Environment {
            clock: Clock { epoch: EPOCH, ..Clock::default() },
            stake_program_minimum: self.stake_program_minimum,
            ..Environment::default()
        }
    }

    fn records(&self) -> Vec<ValidatorStakeInfo> {
        let indexed = self.validators.iter().enumerate();
        indexed.map(|(index, validator)| validator.record(index, self.policy.is_some())).collect()
    }

    fn stake_pool(&self) -> StakePool {
        let stakes: u64 = self.records().iter().map(|record| record.stake_lamports().unwrap()).sum();
        StakePool {
            head: PoolHead {
                account_type: AccountType::StakePool as u8,
                manager: MANAGER,
                staker: STAKER,
                stake_deposit_authority: find_deposit_authority(&PROGRAM, &POOL).0,
                stake_withdraw_bump_seed: find_withdraw_authority(&PROGRAM, &POOL).1,
                validator_list: LIST,
                reserve_stake: RESERVE,
                pool_mint: MINT,
                manager_fee_account: FEE_ACCOUNT,
                token_program_id: TOKEN_PROGRAM_ID,
                total_lamports: (self.reserve + stakes).into(),
                pool_token_supply: self.supply.into(),
                last_update_epoch: self.last_update_epoch.into(),
                lockup: Default::default(),
                epoch_fee: self.epoch_fee.into(),
            },
            terms: self.terms,
        }
    }

    pub(crate) fn accounts(&self) -> PoolAccounts {
        let owned = |owner, data: Vec<u8>, lamports| Account { lamports, data, owner, ..Account::default() };
        let mut pool = vec![0; POOL_MAX_LENGTH];
        self.stake_pool().encode(&mut pool).unwrap();
        if let Some(policy) = self.policy {
            pool.extend_from_slice(bytemuck::bytes_of(&self.extension(policy)));
            assert_eq!(pool.len(), EXTENDED_POOL_LENGTH);
        }
        let withdraw_authority = find_withdraw_authority(&PROGRAM, &POOL).0;
        PoolAccounts {
            pool: owned(PROGRAM, pool, 1),
            validator_list: owned(PROGRAM, self.list(), 1),
            reserve_stake: stake_program_account(
                &StakeStateV2::Initialized(meta(withdraw_authority)),
                self.reserve + rent(),
            ),
            pool_mint: owned(TOKEN_PROGRAM_ID, mint_data(&withdraw_authority, self.supply), 1),
            manager_fee_account: Some(owned(TOKEN_PROGRAM_ID, token_account_data(&MINT, &MANAGER), 1)),
        }
    }

    fn list(&self) -> Vec<u8> {
        let mut data = vec![0; validator_list_length(self.max_validators)];
        let header = ValidatorListHeader {
            account_type: AccountType::ValidatorList as u8,
            max_validators: self.max_validators.into(),
            length: (self.validators.len() as u32).into(),
        };
        data[..9].copy_from_slice(bytemuck::bytes_of(&header));
        for (slot, record) in data[9..].chunks_exact_mut(73).zip(self.records()) {
            slot.copy_from_slice(bytemuck::bytes_of(&record));
        }
        data
    }

    /// The stake account at `address`, if it belongs to `snapshot`.
    pub(crate) fn stake_account_at(&self, snapshot: &PoolSnapshot, address: &Address) -> Option<Account> {
        let authority = snapshot.withdraw_authority();
        snapshot.validators().find_map(|validator| {
            let made_up = &self.validators[validator.index];
            let vote = validator.vote();
            if *address == validator.addresses.validator && made_up.active > 0 {
                Some(stake_account(authority, vote, made_up.active, EPOCH - 100, made_up.deactivated))
            } else if *address == validator.addresses.transient && made_up.transient > 0 {
                let (activation, deactivation) = made_up.transient_epochs;
                Some(stake_account(authority, vote, made_up.transient, activation, deactivation))
            } else {
                None
            }
        })
    }

    pub(crate) fn snapshot(&self) -> PoolSnapshot {
        let mut snapshot = PoolSnapshot::from_accounts(POOL, self.accounts(), self.environment()).unwrap();
        if self.with_stakes {
            let addresses = snapshot.clone();
            snapshot.set_stake_accounts(|_| true, |address| self.stake_account_at(&addresses, address));
        }
        snapshot
    }
}

pub(crate) fn mint_data(authority: &Address, supply: u64) -> Vec<u8> {
    let mut data = vec![0; 82];
    data[0] = 1;
    data[4..36].copy_from_slice(authority.as_ref());
    data[36..44].copy_from_slice(&supply.to_le_bytes());
    data[44] = 9;
    data[45] = 1;
    data
}

pub(crate) fn token_account_data(mint: &Address, owner: &Address) -> Vec<u8> {
    let mut data = vec![0; 165];
    data[..32].copy_from_slice(mint.as_ref());
    data[32..64].copy_from_slice(owner.as_ref());
    data[108] = 1;
    data
}
