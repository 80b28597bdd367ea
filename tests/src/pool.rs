//! Pools made of raw accounts: any state at all, whether or not a history leads there.

use {
    crate::{
        SOL,
        accounts::{delegated_stake, owned_account, stake_account, stake_meta, token_account, write_vote_account},
        extension::PoolKind,
        vm::Vm,
    },
    bytemuck::Zeroable as _,
    solana_address::Address,
    solana_program_option::COption,
    solana_program_pack::Pack as _,
    solana_stake_interface::state::StakeStateV2,
    spl_token_interface::state::{AccountState, Mint},
    tidepool_core::maths::Fee,
    tidepool_interface::{
        POOL_MINT_DECIMALS,
        address::{
            TOKEN_PROGRAM_ID, find_deposit_authority, find_ephemeral_stake, find_transient_stake, find_validator_stake,
            find_withdraw_authority,
        },
        state::{
            AccountType, EXTENDED_POOL_LENGTH, EntryExtension, POOL_MAX_LENGTH, PodLockup, PoolExtension, PoolHead,
            PoolTerms, StakePool, StakeStatus, ValidatorListHeader, ValidatorStakeInfo, split_validator_list,
            validator_list_length,
        },
    },
};

/// Lamports that validators delegate which are in a list only to be looked through.
const OTHERS_DELEGATE: u64 = SOL;

/// Seed of new transient and ephemeral stake accounts.
pub const NEW_SEED: u64 = 7;

/// A validator of the pool.
#[derive(Clone, Copy, Debug)]
pub struct ValidatorSpec {
    /// Lamports that are delegated in its stake account, beside the rent.
    pub delegated: u64,
    /// Lamports that are delegated in its transient account, beside the rent; 0 for no account.
    pub transient: u64,
    /// Its record's status.
    pub status: StakeStatus,
}

impl ValidatorSpec {
    /// An active validator, with these lamports in its stake account and its transient account.
    pub const fn active(delegated: u64, transient: u64) -> Self {
        Self { delegated, transient, status: StakeStatus::Active }
    }
}

/// A pool's state.
#[derive(Clone, Debug)]
pub struct PoolSpec {
    /// The mint's program.
    pub token_program: Address,
    /// Total lamports that the pool states.
    pub total_lamports: u64,
    /// Supply that the pool states, and the mint's.
    pub supply: u64,
    /// Lamports in the reserve beyond its rent.
    pub reserve: u64,
    /// Fee on rewards.
    pub epoch_fee: Fee,
    /// Other fees and authorities.
    pub terms: PoolTerms,
    pub validators: Vec<ValidatorSpec>,
    /// Epoch of the pool's and the records' last update.
    pub last_update_epoch: u64,
    /// Whether the manager's fee account is frozen, so that it cannot take fees.
    pub fee_account_frozen: bool,
    /// Length of the pool's account in bytes. One with the extension is as long as that needs.
    pub pool_length: usize,
    /// The bytes that SPL leaves unused.
    pub kind: PoolKind,
}

impl Default for PoolSpec {
    /// An empty pool of the SPL Token program, without fees.
    fn default() -> Self {
        Self {
            token_program: TOKEN_PROGRAM_ID,
            total_lamports: 0,
            supply: 0,
            reserve: 0,
            epoch_fee: Fee::default(),
            terms: PoolTerms::default(),
            validators: vec![],
            last_update_epoch: 0,
            fee_account_frozen: false,
            pool_length: POOL_MAX_LENGTH,
            kind: PoolKind::Plain,
        }
    }
}

/// A validator's addresses.
#[derive(Clone, Copy, Debug)]
pub struct ValidatorAddresses {
    /// Vote account.
    pub vote: Address,
    /// Validator stake account.
    pub stake: Address,
    /// Transient stake account.
    pub transient: Address,
}

/// A pool's addresses, and its state as it was when it was made.
#[derive(Clone, Debug)]
pub struct PoolFixture {
    pub program_id: Address,
    pub pool: Address,
    pub withdraw_authority: Address,
    /// Length of the pool's account in bytes.
    pub pool_length: usize,
    /// The extension, which is written where the account is long enough for it.
    pub extension: Option<PoolExtension>,
    pub state: StakePool,
    /// The validators, in the list's order.
    pub validators: Vec<ValidatorAddresses>,
}

impl PoolFixture {
    /// Makes a pool's accounts in the machine. Stake is delegated since epoch 0, and transient stake is being activated in
    /// the epoch of the last update.
    pub fn install(spec: &PoolSpec, vm: &mut Vm) -> Self {
        let program_id = vm.program_id;
        let pool = vm.new_address_for(|pool| {
            [
                find_withdraw_authority(&program_id, pool).1,
                find_deposit_authority(&program_id, pool).1,
                find_ephemeral_stake(&program_id, pool, NEW_SEED).1,
            ]
        });
        let (withdraw_authority, bump) = find_withdraw_authority(&vm.program_id, &pool);
        let head = PoolHead {
            account_type: AccountType::StakePool as u8,
            manager: vm.new_address(),
            staker: vm.new_address(),
            stake_deposit_authority: find_deposit_authority(&vm.program_id, &pool).0,
            stake_withdraw_bump_seed: bump,
            validator_list: vm.new_address(),
            reserve_stake: vm.new_address(),
            pool_mint: vm.new_address(),
            manager_fee_account: vm.new_address(),
            token_program_id: spec.token_program,
            total_lamports: spec.total_lamports.into(),
            pool_token_supply: spec.supply.into(),
            last_update_epoch: spec.last_update_epoch.into(),
            lockup: PodLockup::zeroed(),
            epoch_fee: spec.epoch_fee.into(),
        };
        let mut fixture = Self {
            program_id: vm.program_id,
            pool_length: match spec.kind.policy() {
                Some(_) => spec.pool_length.max(EXTENDED_POOL_LENGTH),
                None => spec.pool_length,
            },
            extension: spec.kind.policy().map(PoolExtension::new),
            pool,
            withdraw_authority,
            state: StakePool { head, terms: spec.terms },
            validators: vec![],
        };
        let records = spec.validators.iter().map(|validator| fixture.install_validator(spec, validator, vm)).collect();
        fixture.write_pool(vm);
        fixture.write_list(records, vm);
        fixture.write_mint(spec, vm);
        let rent = vm.stake_rent();
        let reserve = StakeStateV2::Initialized(stake_meta(&fixture.withdraw_authority, rent));
        vm.accounts.insert(head.reserve_stake, stake_account(rent.saturating_add(spec.reserve), &reserve));
        fixture
    }

    fn install_validator(&mut self, spec: &PoolSpec, validator: &ValidatorSpec, vm: &mut Vm) -> ValidatorStakeInfo {
        let (program_id, pool) = (vm.program_id, self.pool);
        let vote = vm.new_address_for(|vote| {
            [
                find_validator_stake(&program_id, vote, &pool, 0).1,
                find_transient_stake(&program_id, vote, &pool, 0).1,
                find_transient_stake(&program_id, vote, &pool, NEW_SEED).1,
            ]
        });
        write_vote_account(vote, vm);
        let addresses = ValidatorAddresses {
            vote,
            stake: find_validator_stake(&vm.program_id, &vote, &self.pool, 0).0,
            transient: find_transient_stake(&vm.program_id, &vote, &self.pool, 0).0,
        };
        let rent = vm.stake_rent();
        let mut add_stake = |address, delegated: u64, activation_epoch| {
            let lamports = delegated.saturating_add(rent);
            let state = delegated_stake(stake_meta(&self.withdraw_authority, rent), vote, delegated, activation_epoch);
            vm.accounts.insert(address, stake_account(lamports, &state));
            lamports
        };
        let active = add_stake(addresses.stake, validator.delegated, 0);
        let transient = if validator.transient > 0 {
            add_stake(addresses.transient, validator.transient, spec.last_update_epoch)
        } else {
            0
        };
        let index = self.validators.len();
        self.validators.push(addresses);
        ValidatorStakeInfo {
            active_stake_lamports: active.into(),
            transient_stake_lamports: transient.into(),
            last_update_epoch: spec.last_update_epoch.into(),
            transient_seed_suffix: 0.into(),
            extension: self.entry(spec.kind, index),
            validator_seed_suffix: 0.into(),
            status: validator.status as u8,
            vote_account_address: vote,
        }
    }

    /// The unused bytes of the record at `index`, whose addresses are known.
    fn entry(&self, kind: PoolKind, index: usize) -> EntryExtension {
        kind.entry(index, self.bumps(index))
    }

    /// The bumps of the stake account and the transient stake account of the validator at `index`.
    pub fn bumps(&self, index: usize) -> [u8; 2] {
        let ValidatorAddresses { vote, .. } = self.validators[index];
        [
            find_validator_stake(&self.program_id, &vote, &self.pool, 0).1,
            find_transient_stake(&self.program_id, &vote, &self.pool, 0).1,
        ]
    }

    /// Writes the pool's account anew from [`Self::state`].
    pub fn write_pool(&self, vm: &mut Vm) {
        let mut data = vec![0; self.pool_length];
        if let (Some(extension), Some(tail)) = (&self.extension, data.get_mut(POOL_MAX_LENGTH..EXTENDED_POOL_LENGTH)) {
            tail.copy_from_slice(bytemuck::bytes_of(extension));
        }
        self.state.encode(&mut data).expect("room for every pool");
        let account = owned_account(data, vm.program_id, vm);
        vm.accounts.insert(self.pool, account);
    }

    fn write_list(&self, records: Vec<ValidatorStakeInfo>, vm: &mut Vm) {
        let max_validators = (records.len() as u32).saturating_add(2);
        let header = ValidatorListHeader {
            account_type: AccountType::ValidatorList as u8,
            max_validators: max_validators.into(),
            length: (records.len() as u32).into(),
        };
        let mut data = bytemuck::bytes_of(&header).to_vec();
        data.extend_from_slice(bytemuck::cast_slice(&records));
        data.resize(validator_list_length(max_validators), 0);
        let account = owned_account(data, vm.program_id, vm);
        vm.accounts.insert(self.state.head.validator_list, account);
    }

    fn write_mint(&self, spec: &PoolSpec, vm: &mut Vm) {
        let mint = Mint {
            mint_authority: COption::Some(self.withdraw_authority),
            supply: spec.supply,
            decimals: POOL_MINT_DECIMALS,
            is_initialized: true,
            freeze_authority: COption::None,
        };
        let mut data = vec![0; Mint::LEN];
        mint.pack_into_slice(&mut data);
        let account = owned_account(data, spec.token_program, vm);
        vm.accounts.insert(self.state.head.pool_mint, account);
        let fee_account = token_account(
            self.state.head.pool_mint,
            self.state.head.manager,
            0,
            if spec.fee_account_frozen { AccountState::Frozen } else { AccountState::Initialized },
        );
        let account = owned_account(fee_account, spec.token_program, vm);
        vm.accounts.insert(self.state.head.manager_fee_account, account);
    }

    /// Makes a vote account whose stake the pool may take up under `seed`.
    pub fn add_vote_account(&self, seed: u32, vm: &mut Vm) -> Address {
        let program_id = vm.program_id;
        let vote = vm.new_address_for(|vote| [find_validator_stake(&program_id, vote, &self.pool, seed).1]);
        write_vote_account(vote, vm);
        vote
    }

    /// Makes a token account of the pool's mint with `amount` pool tokens for `owner`.
    pub fn add_token_account(&self, owner: Address, amount: u64, vm: &mut Vm) -> Address {
        let address = vm.new_address();
        let data = token_account(self.state.head.pool_mint, owner, amount, AccountState::Initialized);
        let account = owned_account(data, self.state.head.token_program_id, vm);
        vm.accounts.insert(address, account);
        address
    }

    /// Puts `before` other records before those of the list, and `after` behind them. They are active and up to date, and have as
    /// little stake as may be; there are no accounts to them.
    pub fn surround(&self, before: u32, after: u32, vm: &mut Vm) {
        let list = self.state.head.validator_list;
        let data = vm.account(&list).data;
        let (_, own) = split_validator_list(&data).expect("a list");
        let rent = vm.stake_rent();
        let template = ValidatorStakeInfo {
            active_stake_lamports: rent.saturating_add(OTHERS_DELEGATE).into(),
            transient_stake_lamports: 0.into(),
            last_update_epoch: self.state.head.last_update_epoch,
            status: StakeStatus::Active as u8,
            ..own[0]
        };
        let mut others = |count| -> Vec<ValidatorStakeInfo> {
            (0..count).map(|_| ValidatorStakeInfo { vote_account_address: vm.new_address(), ..template }).collect()
        };
        let records = [others(before), own.to_vec(), others(after)].concat();
        self.write_list(records, vm);
    }

    /// The list's record at `index` as the machine has it now.
    pub fn record(&self, index: usize, vm: &Vm) -> ValidatorStakeInfo {
        let data = vm.account(&self.state.head.validator_list).data;
        bytemuck::pod_read_unaligned(&data[record_range(index)])
    }

    /// Changes the list's record at `index`.
    pub fn edit_record(&self, index: usize, vm: &mut Vm, edit: impl FnOnce(&mut ValidatorStakeInfo)) {
        let mut record = self.record(index, vm);
        edit(&mut record);
        let list = vm.accounts.get_mut(&self.state.head.validator_list).expect("a list");
        list.data[record_range(index)].copy_from_slice(bytemuck::bytes_of(&record));
    }

    /// The records of the validator list.
    pub fn records(&self, vm: &Vm) -> Vec<ValidatorStakeInfo> {
        let data = vm.account(&self.state.head.validator_list).data;
        split_validator_list(&data).expect("a list").1.to_vec()
    }

    /// The pool's state as the machine has it now.
    pub fn read_state(&self, vm: &Vm) -> StakePool {
        StakePool::decode_initialized(&vm.account(&self.pool).data).expect("a pool")
    }
}

fn record_range(index: usize) -> std::ops::Range<usize> {
    let length = size_of::<ValidatorStakeInfo>();
    let start = size_of::<ValidatorListHeader>() + index * length;
    start..start + length
}
