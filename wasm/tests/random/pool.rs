//! A random pool.

use super::Random;
use solana_account::Account;
use solana_clock::Clock;
use solana_epoch_rewards::EpochRewards;
use solana_rent::Rent;
use solana_stake_interface::{
    stake_flags::StakeFlags,
    stake_history::{StakeHistory, StakeHistoryEntry},
    state::{Authorized, Delegation, Lockup, Meta, Stake, StakeStateV2},
};
use tidepool_client::pool::{Environment, PoolAccounts, PoolSnapshot};
use tidepool_core::{
    maths::{ExchangeRate, Fee, Lamports, PoolTokens},
    rebalance::Policy,
};
use tidepool_interface::{
    Address, STAKE_ACCOUNT_SPACE,
    address::{
        STAKE_PROGRAM_ID, TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID, find_deposit_authority, find_transient_stake,
        find_validator_stake, find_withdraw_authority,
    },
    state::{
        AccountType, DemotionPolicy, EntryExtension, ExitTicket, Limits, POOL_MAX_LENGTH, PoolExtension, PoolHead,
        PoolTerms, RebalancePolicy, StakePool, TicketTotals, ValidatorListHeader, ValidatorStakeInfo,
        validator_list_length,
    },
};

pub const SOL: u64 = 1_000_000_000;
const EPOCH: u64 = 700;

/// A pool, its cluster, stake accounts of its validators, and accounts to deposit.
pub struct RandomPool {
    pub address: Address,
    pub accounts: PoolAccounts,
    pub environment: Environment,
    /// The validator stake account and the transient one of each record, and their addresses.
    pub stakes: Vec<[(Address, Option<Account>); 2]>,
    /// Stake accounts to deposit.
    pub deposits: Vec<Account>,
    /// Exit tickets.
    pub tickets: Vec<Account>,
}

impl RandomPool {
    pub fn new(random: &mut Random) -> Self {
        let [program, address] = std::array::from_fn(|_| Address::new_from_array(random.address()));
        let is_extended = !random.one_in(4);
        let environment = environment(random);
        let rent = environment.stake_rent();
        let mut draft = Draft { random, program, address, is_extended, rent };
        let count = draft.random.below(12) as usize;
        let mut records = Vec::new();
        let mut stakes = Vec::new();
        for _ in 0..count {
            let (record, accounts) = draft.validator();
            records.push(record);
            stakes.push(accounts);
        }
        let reserve = draft.random.amount(1_000 * SOL);
        let total = records.iter().map(|record| record.stake_lamports().unwrap()).sum::<u64>() + reserve;
        let accounts = draft.accounts(&records, reserve, total);
        let votes: Vec<Address> = records.iter().map(|record| record.vote_account_address).collect();
        let deposits = (0..3).map(|_| draft.deposit(&votes)).collect();
        let tickets = (0..2).map(|_| draft.ticket(total)).collect();
        Self { address, accounts, environment, stakes, deposits, tickets }
    }

    /// The client's snapshot, with or without the stake accounts.
    pub fn snapshot(&self, with_stakes: bool) -> PoolSnapshot {
        let (accounts, environment) = (self.accounts.clone(), self.environment.clone());
        let mut snapshot = PoolSnapshot::from_accounts(self.address, accounts, environment).unwrap();
        let find = |address: &Address| {
            self.stakes.iter().flatten().find(|(at, _)| at == address).and_then(|(_, account)| account.clone())
        };
        if with_stakes {
            snapshot.set_stake_accounts(|_| true, find);
        }
        snapshot
    }

    /// The sysvars: clock, rent, epoch rewards, stake history.
    pub fn sysvars(&self) -> [Vec<u8>; 4] {
        let environment = &self.environment;
        [
            bincode::serialize(&environment.clock).unwrap(),
            bincode::serialize(&environment.rent).unwrap(),
            bincode::serialize(&environment.epoch_rewards).unwrap(),
            bincode::serialize(&environment.stake_history).unwrap(),
        ]
    }
}

fn environment(random: &mut Random) -> Environment {
    let mut history = StakeHistory::default();
    for epoch in EPOCH - 20..EPOCH {
        let entry = StakeHistoryEntry {
            effective: 400_000_000 * SOL,
            // Now and then more than the cluster warms up in an epoch.
            activating: random.amount(80_000_000 * SOL) + 1,
            deactivating: random.amount(80_000_000 * SOL) + 1,
        };
        history.add(epoch, entry);
    }
    Environment {
        clock: Clock { epoch: EPOCH, slot: EPOCH * 432_000 + 7, unix_timestamp: 1_700_000_000, ..Clock::default() },
        rent: Rent::default(),
        epoch_rewards: EpochRewards {
            active: random.one_in(20),
            total_rewards: if random.one_in(3) { 0 } else { 150_000 * SOL },
            ..EpochRewards::default()
        },
        stake_history: history,
        stake_program_minimum: if random.one_in(2) { 1 } else { SOL },
    }
}

struct Draft<'a> {
    random: &'a mut Random,
    program: Address,
    address: Address,
    is_extended: bool,
    rent: u64,
}

type StakePair = [(Address, Option<Account>); 2];

impl Draft<'_> {
    fn fee(&mut self) -> Fee {
        if self.random.one_in(3) { Fee::default() } else { Fee::new(self.random.below(60), 1_000) }
    }

    fn one_of_two(&mut self, address: Address, n: u64) -> Option<Address> {
        self.random.one_in(n).then_some(address)
    }

    fn any_address(&mut self) -> Address {
        Address::new_from_array(self.random.address())
    }

    fn stake_account(&mut self, vote: Address, stake: u64, epochs: (u64, u64)) -> Account {
        let authority = find_withdraw_authority(&self.program, &self.address).0;
        let (activation_epoch, deactivation_epoch) = epochs;
        let delegation = Delegation { deactivation_epoch, ..Delegation::new(&vote, stake, activation_epoch) };
        let stake_state = Stake { delegation, credits_observed: 0 };
        let state = if self.random.one_in(15) {
            StakeStateV2::Initialized(meta(authority, self.rent))
        } else {
            StakeStateV2::Stake(meta(authority, self.rent), stake_state, StakeFlags::empty())
        };
        // Tips, or rent that has risen.
        let extra = if self.random.one_in(5) { self.random.amount(SOL) } else { 0 };
        let missing = if self.random.one_in(15) { 1 } else { 0 };
        stake_program_account(&state, stake + self.rent + extra - missing)
    }

    fn epochs(&mut self) -> (u64, u64) {
        match self.random.below(8) {
            0 => (EPOCH, u64::MAX),
            1 => (EPOCH - 1, u64::MAX),
            2 => (EPOCH - 60, EPOCH),
            3 => (EPOCH - 60, EPOCH - 1),
            4 => (EPOCH - 60, EPOCH - 30),
            _ => (EPOCH - 60, u64::MAX),
        }
    }

    fn validator(&mut self) -> (ValidatorStakeInfo, StakePair) {
        let (program, pool, vote) = (self.program, self.address, self.any_address());
        let seed = self.random.below(3);
        let (mut accounts, mut lamports) = ([None, None], [None, None]);
        for place in 0..2 {
            if self.random.one_in(if place == 0 { 8 } else { 2 }) {
                continue;
            }
            let stake = self.random.amount(10_000 * SOL) + 1;
            let epochs = self.epochs();
            let account = self.stake_account(vote, stake, epochs);
            lamports[place] = Some(account.lamports - if self.random.one_in(6) { 1.min(account.lamports) } else { 0 });
            accounts[place] = (!self.random.one_in(15)).then_some(account);
        }
        let (validator, validator_bump) = find_validator_stake(&program, &vote, &pool, 0);
        let (transient, transient_bump) = find_transient_stake(&program, &vote, &pool, seed);
        let mut extension = EntryExtension::default();
        if self.is_extended {
            if !self.random.one_in(4) {
                extension.set_validator_bump(validator_bump);
                extension.set_transient_bump(transient_bump, self.random.one_in(2));
            }
            extension.set_weight(self.random.below(200) as u16);
            if self.random.one_in(10) {
                extension.demote(EPOCH - self.random.below(5));
            }
        }
        let record = ValidatorStakeInfo {
            active_stake_lamports: lamports[0].unwrap_or(0).into(),
            transient_stake_lamports: lamports[1].unwrap_or(0).into(),
            last_update_epoch: EPOCH.into(),
            transient_seed_suffix: seed.into(),
            extension,
            validator_seed_suffix: 0.into(),
            status: if self.random.one_in(6) { self.random.below(5) as u8 } else { 0 },
            vote_account_address: vote,
        };
        let [first, second] = accounts;
        (record, [(validator, first), (transient, second)])
    }

    fn terms(&mut self, records: &[ValidatorStakeInfo], supply: u64, total: u64) -> PoolTerms {
        let any = self.any_address();
        let mut vote = |n: u64| {
            let index = self.random.below(records.len() as u64) as usize;
            let vote = records.get(index).map_or(any, |record| record.vote_account_address);
            self.random.one_in(n).then_some(vote)
        };
        let (deposit, withdraw) = (vote(6), vote(6));
        PoolTerms {
            preferred_deposit_validator_vote_address: deposit,
            preferred_withdraw_validator_vote_address: withdraw,
            stake_deposit_fee: self.fee(),
            stake_withdrawal_fee: self.fee(),
            stake_referral_fee: self.random.below(101) as u8,
            sol_deposit_authority: self.one_of_two(any, 10),
            sol_deposit_fee: self.fee(),
            sol_referral_fee: self.random.below(101) as u8,
            sol_withdraw_authority: self.one_of_two(any, 6),
            sol_withdrawal_fee: self.fee(),
            last_epoch_pool_token_supply: supply,
            last_epoch_total_lamports: total - total / 3_000,
            ..PoolTerms::default()
        }
    }

    fn extension(&mut self, supply: u64, total: u64) -> PoolExtension {
        let random = &mut *self.random;
        let mut policy = Policy::DEFAULT;
        policy.turnover_budget = if random.one_in(2) { 10_000 } else { random.below(2_000) as u16 };
        policy.reserve_share = random.below(500) as u16;
        policy.validator_cap = if random.one_in(2) { 10_000 } else { 1 + random.below(9_999) as u16 };
        policy.threshold = random.amount(10 * SOL);
        let mut extension = PoolExtension::new(RebalancePolicy::new(policy));
        extension.had_weights = u8::from(!random.one_in(4));
        extension.halted_until_epoch = if random.one_in(12) { EPOCH + 1 } else { 0 }.into();
        extension.paused_until_slot = if random.one_in(12) { u64::MAX } else { 0 }.into();
        extension.limits = Limits {
            growth_charge: (random.below(4) as u16 * 100).into(),
            supply_floor: if random.one_in(10) { supply + SOL } else { 0 }.into(),
            ..Limits::NONE
        };
        extension.demotion = DemotionPolicy { cooldown_epochs: 5.into(), ..DemotionPolicy::NONE };
        if random.one_in(2) {
            let lamports = random.amount(100 * SOL);
            extension.tickets = TicketTotals { lamports: lamports.into(), ..TicketTotals::NONE };
        }
        let seconds = if random.one_in(4) { 600 } else { 172_800 };
        let (mut epoch, mut lamports) = (EPOCH - 40, total - total / 50);
        while epoch <= EPOCH {
            let growth = random.amount(total / 2_000 + 2);
            lamports = if random.one_in(40) { 0 } else { lamports.max(total / 2) + growth };
            let rate =
                ExchangeRate { total_lamports: Lamports::new(lamports), pool_token_supply: PoolTokens::new(supply) };
            extension.ledger.record(epoch, 1_600_000_000 + epoch as i64 * seconds, &rate);
            epoch += 1 + random.below(2);
        }
        extension
    }

    fn accounts(&mut self, records: &[ValidatorStakeInfo], reserve: u64, total: u64) -> PoolAccounts {
        let supply = if self.random.one_in(20) { 0 } else { total - total / (2 + self.random.below(50)) };
        let terms = self.terms(records, supply, total);
        let token_program = if self.random.one_in(2) { TOKEN_PROGRAM_ID } else { TOKEN_2022_PROGRAM_ID };
        let [manager, staker, list, reserve_address, mint, fees] = std::array::from_fn(|_| self.any_address());
        let head = PoolHead {
            account_type: AccountType::StakePool as u8,
            manager,
            staker,
            stake_deposit_authority: find_deposit_authority(&self.program, &self.address).0,
            stake_withdraw_bump_seed: find_withdraw_authority(&self.program, &self.address).1,
            validator_list: list,
            reserve_stake: reserve_address,
            pool_mint: mint,
            manager_fee_account: fees,
            token_program_id: token_program,
            total_lamports: total.into(),
            pool_token_supply: supply.into(),
            last_update_epoch: (EPOCH - u64::from(self.random.one_in(20))).into(),
            lockup: Default::default(),
            epoch_fee: self.fee().into(),
        };
        let mut pool = vec![0; POOL_MAX_LENGTH];
        StakePool { head, terms }.encode(&mut pool).unwrap();
        if self.is_extended {
            pool.extend_from_slice(bytemuck::bytes_of(&self.extension(supply, total)));
        }
        let authority = find_withdraw_authority(&self.program, &self.address).0;
        let state = StakeStateV2::Initialized(meta(authority, self.rent));
        PoolAccounts {
            pool: account(self.program, pool, SOL),
            validator_list: account(self.program, list_data(records), SOL),
            reserve_stake: stake_program_account(&state, reserve + self.rent),
            pool_mint: account(token_program, self.mint(supply, token_program), SOL),
            manager_fee_account: (!self.random.one_in(6)).then(|| self.fee_account(mint, token_program)),
        }
    }

    fn mint(&mut self, supply: u64, token_program: Address) -> Vec<u8> {
        let mut mint = vec![0; 82];
        mint[36..44].copy_from_slice(&supply.to_le_bytes());
        (mint[44], mint[45]) = (9, 1);
        if token_program == TOKEN_2022_PROGRAM_ID && self.random.one_in(2) {
            mint.resize(165, 0);
            mint.push(1);
            // A transfer fee that changes in an epoch near the present one.
            mint.extend_from_slice(&[1, 0, 108, 0]);
            mint.extend_from_slice(&[0; 72]);
            for epoch in [0, EPOCH - 1 + self.random.below(3)] {
                mint.extend_from_slice(&epoch.to_le_bytes());
                mint.extend_from_slice(&self.random.amount(SOL).to_le_bytes());
                mint.extend_from_slice(&(self.random.below(10_001) as u16).to_le_bytes());
            }
        }
        mint
    }

    fn fee_account(&mut self, mint: Address, token_program: Address) -> Account {
        let mut data = vec![0; 165];
        data[..32].copy_from_slice(mint.as_ref());
        // Frozen now and then.
        data[108] = if self.random.one_in(10) { 2 } else { 1 };
        account(token_program, data, SOL)
    }

    fn deposit(&mut self, votes: &[Address]) -> Account {
        let index = self.random.below(votes.len() as u64 + 1) as usize;
        let vote = votes.get(index).copied().unwrap_or_default();
        let stake = self.random.amount(1_000 * SOL) + 1;
        let epochs = self.epochs();
        let mut account = self.stake_account(vote, stake, epochs);
        if self.random.one_in(12) {
            account.owner = TOKEN_PROGRAM_ID;
        }
        account
    }

    fn ticket(&mut self, total: u64) -> Account {
        let ticket = ExitTicket {
            account_type: if self.random.one_in(20) { 2 } else { 3 },
            bump: 255,
            reserved: [0; 6],
            pool: self.address,
            owner: self.any_address(),
            recipient: self.any_address(),
            id: 3.into(),
            pool_tokens: self.random.amount(total + 1).into(),
            lamports: self.random.amount(total + 1).into(),
            epoch: (EPOCH - self.random.below(3)).into(),
        };
        account(self.program, bytemuck::bytes_of(&ticket).to_vec(), SOL)
    }
}

#[expect(deprecated, reason = "the stake program still writes the field")]
fn meta(authority: Address, rent: u64) -> Meta {
    Meta { rent_exempt_reserve: rent, authorized: Authorized::auto(&authority), lockup: Lockup::default() }
}

fn stake_program_account(state: &StakeStateV2, lamports: u64) -> Account {
    let mut data = bincode::serialize(state).unwrap();
    data.resize(STAKE_ACCOUNT_SPACE, 0);
    account(STAKE_PROGRAM_ID, data, lamports)
}

fn account(owner: Address, data: Vec<u8>, lamports: u64) -> Account {
    Account { lamports, data, owner, ..Account::default() }
}

fn list_data(records: &[ValidatorStakeInfo]) -> Vec<u8> {
    let max_validators = records.len() as u32 + 3;
    let header = ValidatorListHeader {
        account_type: AccountType::ValidatorList as u8,
        max_validators: max_validators.into(),
        length: (records.len() as u32).into(),
    };
    let mut data = bytemuck::bytes_of(&header).to_vec();
    data.extend_from_slice(bytemuck::cast_slice(records));
    data.resize(validator_list_length(max_validators), 0);
    data
}
