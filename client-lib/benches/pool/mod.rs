//! A large pool.

use {
    bytemuck::Zeroable as _,
    solana_account::Account,
    solana_address::Address,
    solana_clock::Clock,
    solana_stake_interface::state::{Authorized, Meta, StakeStateV2},
    tidepool_client::pool::{Environment, PoolAccounts, PoolSnapshot},
    tidepool_core::MAX_VALIDATORS_IN_POOL,
    tidepool_interface::{
        STAKE_ACCOUNT_SPACE,
        address::{
            STAKE_PROGRAM_ID, TOKEN_PROGRAM_ID, find_deposit_authority, find_transient_stake, find_validator_stake,
            find_withdraw_authority,
        },
        external::token::MINT_LENGTH,
        state::{
            AccountType, EXTENDED_POOL_LENGTH, EntryExtension, POOL_MAX_LENGTH, PoolExtension, PoolHead, PoolTerms,
            RebalancePolicy, StakePool, StakeStatus, ValidatorListHeader, ValidatorStakeInfo, validator_list_length,
        },
    },
};

/// The largest validator list that the program allows.
pub const VALIDATORS: u32 = MAX_VALIDATORS_IN_POOL;

/// Validators of a pool whose rebalance fits a transaction's compute units with any transient stake.
pub const REBALANCED: u32 = 10_000;

const SOL: u64 = 1_000_000_000;
const EPOCH: u64 = 700;
const PROGRAM: Address = Address::new_from_array([101; 32]);
const POOL: Address = Address::new_from_array([102; 32]);

/// Offsets in a mint: its authority, its supply, its initialized flag.
const MINT_AUTHORITY: usize = 4;
const MINT_SUPPLY: usize = 36;
const MINT_INITIALIZED: usize = 45;

/// The accounts of an extended pool with known stake addresses.
pub struct Pool {
    pub accounts: PoolAccounts,
    epoch: u64,
}

impl Pool {
    /// An up-to-date pool of this many validators, with SOL for them in the reserve.
    pub fn of(validators: u32) -> Self {
        let (authority, bump) = find_withdraw_authority(&PROGRAM, &POOL);
        let rent = solana_rent::Rent::default().minimum_balance(STAKE_ACCOUNT_SPACE);
        let stake_lamports = 100 * SOL + rent;
        let reserve = 100_000 * SOL;
        let total = u64::from(validators) * stake_lamports + reserve;
        let mut head = PoolHead::zeroed();
        head.account_type = AccountType::StakePool as u8;
        head.stake_deposit_authority = find_deposit_authority(&PROGRAM, &POOL).0;
        head.stake_withdraw_bump_seed = bump;
        head.validator_list = Address::new_from_array([107; 32]);
        head.reserve_stake = Address::new_from_array([108; 32]);
        head.pool_mint = Address::new_from_array([106; 32]);
        head.token_program_id = TOKEN_PROGRAM_ID;
        (head.total_lamports, head.pool_token_supply) = (total.into(), (total / 10 * 9).into());
        head.last_update_epoch = EPOCH.into();
        let mut data = vec![0; EXTENDED_POOL_LENGTH];
        StakePool { head, terms: PoolTerms::default() }.encode(&mut data).expect("room for every pool");
        data[POOL_MAX_LENGTH..].copy_from_slice(bytemuck::bytes_of(&PoolExtension::new(RebalancePolicy::DEFAULT)));
        let reserve_state = StakeStateV2::Initialized(reserve_meta(authority, rent));
        let mut reserve_data = vec![0; STAKE_ACCOUNT_SPACE];
        bincode::serialize_into(&mut reserve_data[..], &reserve_state).expect("a stake state fits its account");
        let mut mint = vec![0; MINT_LENGTH];
        mint[0] = 1;
        mint[MINT_AUTHORITY..MINT_AUTHORITY + 32].copy_from_slice(authority.as_ref());
        mint[MINT_SUPPLY..MINT_SUPPLY + 8].copy_from_slice(&(total / 10 * 9).to_le_bytes());
        (mint[MINT_SUPPLY + 8], mint[MINT_INITIALIZED]) = (9, 1);
        let accounts = PoolAccounts {
            pool: account(data, PROGRAM, SOL),
            validator_list: account(list(validators, stake_lamports), PROGRAM, SOL),
            reserve_stake: account(reserve_data, STAKE_PROGRAM_ID, reserve + rent),
            pool_mint: account(mint, TOKEN_PROGRAM_ID, SOL),
            manager_fee_account: None,
        };
        Self { accounts, epoch: EPOCH }
    }

    /// The same pool in the next epoch.
    pub fn stale(self) -> Self {
        Self { epoch: EPOCH + 1, ..self }
    }

    /// The pool as read by the client.
    pub fn snapshot(&self) -> PoolSnapshot {
        let environment = Environment {
            clock: Clock { epoch: self.epoch, ..Clock::default() },
            stake_program_minimum: SOL,
            ..Environment::default()
        };
        PoolSnapshot::from_accounts(POOL, self.accounts.clone(), environment).expect("a pool")
    }
}

#[expect(deprecated, reason = "the stake program still writes the field")]
fn reserve_meta(authority: Address, rent: u64) -> Meta {
    Meta { rent_exempt_reserve: rent, authorized: Authorized::auto(&authority), ..Meta::default() }
}

fn account(data: Vec<u8>, owner: Address, lamports: u64) -> Account {
    Account { lamports, data, owner, ..Account::default() }
}

fn list(validators: u32, stake_lamports: u64) -> Vec<u8> {
    let header = ValidatorListHeader {
        account_type: AccountType::ValidatorList as u8,
        max_validators: validators.into(),
        length: validators.into(),
    };
    let mut data = bytemuck::bytes_of(&header).to_vec();
    for index in 0..validators {
        let vote = solana_sha256_hasher::hash(&index.to_le_bytes()).to_bytes().into();
        let mut extension = EntryExtension::default();
        extension.weight = 1.into();
        extension.set_validator_bump(find_validator_stake(&PROGRAM, &vote, &POOL, 0).1);
        extension.set_transient_bump(find_transient_stake(&PROGRAM, &vote, &POOL, 0).1, false);
        let record = ValidatorStakeInfo {
            active_stake_lamports: stake_lamports.into(),
            transient_stake_lamports: 0.into(),
            last_update_epoch: EPOCH.into(),
            transient_seed_suffix: 0.into(),
            extension,
            validator_seed_suffix: 0.into(),
            status: StakeStatus::Active as u8,
            vote_account_address: vote,
        };
        data.extend_from_slice(bytemuck::bytes_of(&record));
    }
    assert_eq!(data.len(), validator_list_length(validators));
    data
}
