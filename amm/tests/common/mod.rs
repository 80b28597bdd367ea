//! A pool made of bytes.
#![allow(dead_code, reason = "each test binary uses a part")]

pub mod jupiter;

use {
    tidepool_amm::{Account, Environment, Pool, PoolAccounts, PoolAddresses},
    tidepool_core::maths::Fee,
    tidepool_interface::{
        Address,
        address::{STAKE_PROGRAM_ID, TOKEN_PROGRAM_ID},
        state::{
            AccountType, EXTENDED_POOL_LENGTH, POOL_MAX_LENGTH, PoolExtension, PoolHead, PoolTerms, RebalancePolicy,
            StakePool, StakeStatus, ValidatorListHeader, ValidatorStakeInfo,
        },
    },
};

pub const EPOCH: u64 = 700;
pub const SOL: u64 = 1_000_000_000;

const POOL: Address = Address::new_from_array([2; 32]);
/// The vote account of the pool's validator.
pub const VOTE: Address = Address::new_from_array([9; 32]);

/// The bytes of a pool's accounts.
pub struct PoolBytes {
    pub addresses: PoolAddresses,
    pub state: StakePool,
    pub pool: Vec<u8>,
    pub list: Vec<u8>,
    pub fee_account: Vec<u8>,
    pub reserve_lamports: u64,
}

impl PoolBytes {
    /// An extended pool with a growth charge, at 1.1 SOL per pool token, with 50 SOL in its reserve.
    pub fn new(program_id: Address) -> Self {
        let fee = Fee::new(1, 1_000);
        let mut head: PoolHead = bytemuck::Zeroable::zeroed();
        head.account_type = AccountType::StakePool as u8;
        head.total_lamports = (1_100 * SOL).into();
        head.pool_token_supply = (1_000 * SOL).into();
        head.last_update_epoch = EPOCH.into();
        head.token_program_id = TOKEN_PROGRAM_ID;
        head.reserve_stake = Address::new_from_array([3; 32]);
        head.pool_mint = Address::new_from_array([4; 32]);
        head.manager_fee_account = Address::new_from_array([5; 32]);
        let addresses = PoolAddresses::find(&program_id, &POOL);
        head.stake_deposit_authority = addresses.deposit_authority;
        let terms = PoolTerms {
            sol_deposit_fee: fee,
            sol_withdrawal_fee: fee,
            stake_deposit_fee: fee,
            stake_withdrawal_fee: fee,
            sol_referral_fee: 50,
            last_epoch_total_lamports: 1_099 * SOL,
            last_epoch_pool_token_supply: 1_000 * SOL,
            ..PoolTerms::default()
        };
        let mut extension = PoolExtension::new(RebalancePolicy::DEFAULT);
        extension.had_weights = 1;
        extension.limits.growth_charge = 100.into();
        let state = StakePool { head, terms };
        let mut pool = vec![0; EXTENDED_POOL_LENGTH];
        pool[POOL_MAX_LENGTH..].copy_from_slice(bytemuck::bytes_of(&extension));
        state.encode(&mut pool).unwrap();
        let mut fee_account = vec![0; 165];
        fee_account[..32].copy_from_slice(head.pool_mint.as_ref());
        fee_account[108] = 1;
        Self { addresses, state, pool, list: list(), fee_account, reserve_lamports: 50 * SOL }
    }

    pub fn read(&self) -> Pool {
        let accounts = PoolAccounts {
            pool: Account { lamports: SOL, owner: &self.addresses.program_id, data: &self.pool },
            reserve_stake: Account { lamports: self.reserve_lamports, owner: &STAKE_PROGRAM_ID, data: &[0; 200] },
            manager_fee_account: Some(Account { lamports: SOL, owner: &TOKEN_PROGRAM_ID, data: &self.fee_account }),
        };
        Pool::read(&self.addresses, &accounts, &Environment { epoch: EPOCH, ..Environment::default() }).unwrap()
    }
}

fn list() -> Vec<u8> {
    let mut record: ValidatorStakeInfo = bytemuck::Zeroable::zeroed();
    record.active_stake_lamports = (500 * SOL).into();
    record.last_update_epoch = EPOCH.into();
    record.status = StakeStatus::Active as u8;
    record.vote_account_address = VOTE;
    let header = ValidatorListHeader {
        account_type: AccountType::ValidatorList as u8,
        max_validators: 1.into(),
        length: 1.into(),
    };
    [bytemuck::bytes_of(&header), bytemuck::bytes_of(&record)].concat()
}
