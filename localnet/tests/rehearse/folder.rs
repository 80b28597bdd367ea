//! Folders with a pool's accounts, as `solana account ADDRESS --output json` would have saved them.

use {
    bytemuck::Zeroable as _,
    serde_json::{Value, json},
    solana_account::Account,
    solana_address::Address,
    solana_rent::Rent,
    solana_stake_interface::{
        stake_flags::StakeFlags,
        state::{Authorized, Delegation, Meta, Stake, StakeStateV2},
    },
    std::{fs, path::PathBuf},
    tempfile::TempDir,
    tidepool_core::maths::Fee,
    tidepool_interface::{
        STAKE_ACCOUNT_SPACE,
        address::{
            STAKE_PROGRAM_ID, TOKEN_PROGRAM_ID, find_deposit_authority, find_validator_stake, find_withdraw_authority,
        },
        external::token::{MINT_LENGTH, TOKEN_ACCOUNT_LENGTH},
        state::{
            AccountType, EntryExtension, PodLockup, PoolHead, PoolTerms, StakePool, StakeStatus, ValidatorListHeader,
            ValidatorStakeInfo, validator_list_length,
        },
    },
};

pub const SOL: u64 = 1_000_000_000;

/// The epoch in which the pools were saved.
pub const EPOCH: u64 = 561;

/// A validator's record.
#[derive(Clone, Copy, Debug)]
pub struct Validator {
    /// Lamports in its stake account.
    pub active: u64,
    /// Lamports in its transient stake account.
    pub transient: u64,
    pub status: StakeStatus,
}

impl Validator {
    pub const fn active(active: u64) -> Self {
        Self { active, transient: 0, status: StakeStatus::Active }
    }
}

/// A pool that can be saved, whole or with something wrong.
#[derive(Clone, Debug)]
pub struct SavedPool {
    pub address: Address,
    pub program: Address,
    pub state: StakePool,
    pub length: usize,
    pub reserve: u64,
    pub records: Vec<ValidatorStakeInfo>,
    pub with_fee_account: bool,
}

impl SavedPool {
    pub fn of(validators: &[Validator]) -> Self {
        let (address, program) = (address_of("pool"), address_of("program"));
        let records: Vec<_> =
            validators.iter().enumerate().map(|(index, validator)| record(index, validator)).collect();
        let reserve = 500 * SOL;
        let stake: u64 = validators.iter().map(|validator| validator.active + validator.transient).sum();
        let total = stake + reserve;
        let terms = PoolTerms {
            stake_withdrawal_fee: Fee::new(1, 1_000),
            sol_withdrawal_fee: Fee::new(3, 1_000),
            sol_deposit_fee: Fee::new(8, 10_000),
            sol_referral_fee: 50,
            last_epoch_total_lamports: total - total / 3_000,
            last_epoch_pool_token_supply: total / 11 * 10,
            ..PoolTerms::default()
        };
        Self {
            address,
            program,
            state: StakePool { head: head(&address, &program, total), terms },
            length: 611,
            reserve,
            records,
            with_fee_account: false,
        }
    }

    /// The stake account of the validator `index`, activated long ago, with some lamports that are not delegated.
    pub fn stake_account(&self, index: usize, idle: u64) -> (Address, Account) {
        let record = &self.records[index];
        let vote = record.vote_account_address;
        let lamports = record.active_stake_lamports.get();
        let rent = rent(STAKE_ACCOUNT_SPACE);
        let delegation = Delegation {
            voter_pubkey: vote,
            stake: lamports - rent - idle,
            activation_epoch: 400,
            ..Delegation::default()
        };
        let state = StakeStateV2::Stake(self.meta(), Stake { delegation, credits_observed: 0 }, StakeFlags::empty());
        let address = find_validator_stake(&self.program, &vote, &self.address, 0).0;
        (address, stake_account(lamports, &state))
    }

    /// Saves the pool.
    pub fn save(&self) -> Folder {
        let folder = Folder::empty();
        for ((address, account), number) in self.accounts().iter().zip(1..) {
            folder.add(&number.to_string(), address, account);
        }
        folder
    }

    /// The pool, its list, reserve, mint and, if there is one, fee account.
    pub fn accounts(&self) -> Vec<(Address, Account)> {
        let head = &self.state.head;
        let reserve = stake_account(self.reserve + rent(STAKE_ACCOUNT_SPACE), &StakeStateV2::Initialized(self.meta()));
        let mut accounts = vec![
            (self.address, self.pool_account()),
            (head.validator_list, self.list_account()),
            (head.reserve_stake, reserve),
            (head.pool_mint, self.mint_account()),
        ];
        if self.with_fee_account {
            accounts.push((head.manager_fee_account, self.fee_account()));
        }
        accounts
    }

    fn pool_account(&self) -> Account {
        let mut data = vec![0; self.length];
        self.state.encode(&mut data).expect("room for the pool");
        owned(self.program, data)
    }

    fn list_account(&self) -> Account {
        let room = self.records.len() as u32 + 10;
        let header = ValidatorListHeader {
            account_type: AccountType::ValidatorList as u8,
            max_validators: room.into(),
            length: (self.records.len() as u32).into(),
        };
        let mut data = bytemuck::bytes_of(&header).to_vec();
        data.extend_from_slice(bytemuck::cast_slice(&self.records));
        data.resize(validator_list_length(room), 0);
        owned(self.program, data)
    }

    fn mint_account(&self) -> Account {
        let mut data = vec![0; MINT_LENGTH];
        data[0] = 1;
        data[4..36].copy_from_slice(find_withdraw_authority(&self.program, &self.address).0.as_ref());
        data[36..44].copy_from_slice(&self.state.head.pool_token_supply.get().to_le_bytes());
        data[44] = 9;
        data[45] = 1;
        owned(TOKEN_PROGRAM_ID, data)
    }

    fn fee_account(&self) -> Account {
        let mut data = vec![0; TOKEN_ACCOUNT_LENGTH];
        data[..32].copy_from_slice(self.state.head.pool_mint.as_ref());
        data[32..64].copy_from_slice(self.state.head.manager.as_ref());
        data[64..72].copy_from_slice(&(7 * SOL).to_le_bytes());
        data[108] = 1;
        owned(TOKEN_PROGRAM_ID, data)
    }

    #[expect(deprecated, reason = "the stake program writes the rent of the day into new accounts")]
    fn meta(&self) -> Meta {
        Meta {
            rent_exempt_reserve: rent(STAKE_ACCOUNT_SPACE),
            authorized: Authorized::auto(&find_withdraw_authority(&self.program, &self.address).0),
            ..Meta::default()
        }
    }
}

fn head(pool: &Address, program: &Address, total: u64) -> PoolHead {
    PoolHead {
        account_type: AccountType::StakePool as u8,
        manager: address_of("manager"),
        staker: address_of("staker"),
        stake_deposit_authority: find_deposit_authority(program, pool).0,
        stake_withdraw_bump_seed: find_withdraw_authority(program, pool).1,
        validator_list: address_of("list"),
        reserve_stake: address_of("reserve"),
        pool_mint: address_of("mint"),
        manager_fee_account: address_of("fees"),
        token_program_id: TOKEN_PROGRAM_ID,
        total_lamports: total.into(),
        pool_token_supply: (total / 11 * 10).into(),
        last_update_epoch: EPOCH.into(),
        lockup: PodLockup::zeroed(),
        epoch_fee: Fee::new(5, 100).into(),
    }
}

fn record(index: usize, validator: &Validator) -> ValidatorStakeInfo {
    ValidatorStakeInfo {
        active_stake_lamports: validator.active.into(),
        transient_stake_lamports: validator.transient.into(),
        last_update_epoch: EPOCH.into(),
        transient_seed_suffix: (index as u64).into(),
        extension: EntryExtension::default(),
        validator_seed_suffix: 0.into(),
        status: validator.status as u8,
        vote_account_address: address_of(&format!("vote {index}")),
    }
}

/// An address that follows from a name.
pub fn address_of(name: &str) -> Address {
    let mut bytes = [9; 32];
    bytes[..name.len()].copy_from_slice(name.as_bytes());
    Address::new_from_array(bytes)
}

pub fn rent(length: usize) -> u64 {
    Rent::default().minimum_balance(length)
}

pub fn owned(owner: Address, data: Vec<u8>) -> Account {
    Account { lamports: rent(data.len()), data, owner, ..Account::default() }
}

fn stake_account(lamports: u64, state: &StakeStateV2) -> Account {
    let mut data = vec![0; STAKE_ACCOUNT_SPACE];
    bincode::serialize_into(data.as_mut_slice(), state).expect("room for a stake");
    Account { lamports, data, owner: STAKE_PROGRAM_ID, ..Account::default() }
}

/// A folder that vanishes with its test.
pub struct Folder(TempDir);

impl Folder {
    pub fn empty() -> Self {
        Self(tempfile::tempdir().expect("a folder for the test"))
    }

    pub fn path(&self) -> PathBuf {
        self.0.path().to_owned()
    }

    /// Saves an account as `NAME.json`.
    pub fn add(&self, name: &str, address: &Address, account: &Account) {
        self.write(name, &saved(address, account).to_string());
    }

    /// Writes `NAME.json`.
    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.file(name), text).expect("a file for the test");
    }

    /// Changes what `NAME.json` holds.
    pub fn change(&self, name: &str, change: impl FnOnce(&mut Value)) {
        let text = fs::read_to_string(self.file(name)).expect("the file is there");
        let mut value = serde_json::from_str(&text).expect("it is JSON");
        change(&mut value);
        self.write(name, &value.to_string());
    }

    /// Changes the account that `NAME.json` holds; its length may change, too.
    pub fn change_data(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
        use base64::{Engine as _, prelude::BASE64_STANDARD};
        self.change(name, |value| {
            let text = value["account"]["data"][0].as_str().expect("the data");
            let mut data = BASE64_STANDARD.decode(text).expect("it is base64");
            change(&mut data);
            value["account"]["space"] = data.len().into();
            value["account"]["data"][0] = BASE64_STANDARD.encode(data).into();
        });
    }

    pub fn remove(&self, name: &str) {
        fs::remove_file(self.file(name)).expect("the file is there");
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name).with_extension("json")
    }
}

fn saved(address: &Address, account: &Account) -> Value {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    json!({
        "pubkey": address.to_string(),
        "account": {
            "lamports": account.lamports,
            "data": [BASE64_STANDARD.encode(&account.data), "base64"],
            "owner": account.owner.to_string(),
            "executable": false,
            "rentEpoch": u64::MAX,
            "space": account.data.len(),
        }
    })
}
