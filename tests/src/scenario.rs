//! For each instruction of the contract, pools on which it succeeds.

use {
    crate::{
        pool::{PoolFixture, PoolSpec, ValidatorSpec, add_account, add_empty_stake, add_vote_account, add_wallet},
        vm::Vm,
    },
    solana_address::Address,
    solana_instruction::{AccountMeta, Instruction},
    tidepool_interface::{
        address::{
            CLOCK_ID, RENT_ID, STAKE_CONFIG_ID, STAKE_HISTORY_ID, STAKE_PROGRAM_ID, SYSTEM_PROGRAM_ID,
            find_ephemeral_stake, find_transient_stake, find_validator_stake,
        },
        instruction::{self, StakePoolInstruction as Ix, *},
        maths::Fee,
        state::{POOL_MAX_LENGTH, PoolTerms, StakeStatus, validator_list_length},
    },
};

/// The epoch of all scenarios.
pub const EPOCH: u64 = 500;

const SOL: u64 = 1_000_000_000;

/// Seed of new transient and ephemeral stake accounts.
const SEED: u64 = 7;

/// An instruction, and the pool that it works on.
pub struct Scenario {
    /// The instruction's name, and what is special.
    pub name: &'static str,
    /// The pool.
    pub pool: PoolFixture,
    /// The instruction.
    pub instruction: Instruction,
}

/// A pool with two validators: one quiet, one whose transient stake is being activated.
fn usual_spec(token_program: Address) -> PoolSpec {
    let fee = Fee::new(1, 100);
    PoolSpec {
        token_program,
        total_lamports: 1_000 * SOL,
        supply: 900 * SOL,
        reserve: 500 * SOL,
        epoch_fee: fee,
        terms: PoolTerms {
            stake_deposit_fee: fee,
            stake_withdrawal_fee: fee,
            stake_referral_fee: 50,
            sol_deposit_fee: fee,
            sol_referral_fee: 50,
            sol_withdrawal_fee: fee,
            ..PoolTerms::default()
        },
        validators: vec![
            ValidatorSpec { delegated: 100 * SOL, transient: 0, status: StakeStatus::Active },
            ValidatorSpec { delegated: 100 * SOL, transient: 10 * SOL, status: StakeStatus::Active },
        ],
        last_update_epoch: EPOCH,
        fee_account_frozen: false,
    }
}

/// Builds one scenario on fresh accounts.
struct Builder<'a> {
    vm: &'a mut Vm,
    pool: PoolFixture,
    holder: Address,
    holder_tokens: Address,
    referrer_tokens: Address,
}

impl<'a> Builder<'a> {
    fn new(token_program: Address, vm: &'a mut Vm) -> Self {
        vm.accounts.clear();
        let pool = PoolFixture::install(&usual_spec(token_program), vm);
        let holder = add_wallet(10_000 * SOL, vm);
        let holder_tokens = pool.add_token_account(holder, 900 * SOL, vm);
        let referrer_tokens = pool.add_token_account(Address::new_unique(), 0, vm);
        Self { vm, pool, holder, holder_tokens, referrer_tokens }
    }

    fn build(&self, instruction: Ix, accounts: Vec<AccountMeta>) -> Instruction {
        instruction.with_accounts(&self.vm.program_id, accounts)
    }

    /// A stake account of the pool's deposit authority, with the first validator.
    fn user_stake(&mut self) -> Address {
        let authority = self.pool.state.head.stake_deposit_authority;
        PoolFixture::add_user_stake(authority, self.pool.validators[0].vote, 5 * SOL, SOL / 10, self.vm)
    }

    fn deposit_stake(&mut self, minimum: Option<u64>) -> Instruction {
        let head = self.pool.state.head;
        let accounts = DepositStakeAccounts {
            pool: self.pool.pool,
            validator_list: head.validator_list,
            stake_deposit_authority: head.stake_deposit_authority,
            withdraw_authority: self.pool.withdraw_authority,
            deposit_stake: self.user_stake(),
            validator_stake: self.pool.validators[0].stake,
            reserve_stake: head.reserve_stake,
            pool_tokens_to: self.holder_tokens,
            manager_fee_account: head.manager_fee_account,
            referrer_fee_account: self.referrer_tokens,
            pool_mint: head.pool_mint,
            clock: CLOCK_ID,
            stake_history: STAKE_HISTORY_ID,
            token_program: head.token_program_id,
            stake_program: STAKE_PROGRAM_ID,
        };
        instruction::deposit_stake(&self.vm.program_id, &accounts, false, minimum)
    }

    fn deposit_sol(&mut self, authority: Option<Address>, minimum: Option<u64>) -> Instruction {
        let head = self.pool.state.head;
        let accounts = DepositSolAccounts {
            pool: self.pool.pool,
            withdraw_authority: self.pool.withdraw_authority,
            reserve_stake: head.reserve_stake,
            lamports_from: self.holder,
            pool_tokens_to: self.holder_tokens,
            manager_fee_account: head.manager_fee_account,
            referrer_fee_account: self.referrer_tokens,
            pool_mint: head.pool_mint,
            system_program: SYSTEM_PROGRAM_ID,
            token_program: head.token_program_id,
            sol_deposit_authority: authority,
        };
        instruction::deposit_sol(&self.vm.program_id, &accounts, 10 * SOL, minimum)
    }

    fn withdraw_stake(&mut self, minimum: Option<u64>) -> Instruction {
        let head = self.pool.state.head;
        let accounts = WithdrawStakeAccounts {
            pool: self.pool.pool,
            validator_list: head.validator_list,
            withdraw_authority: self.pool.withdraw_authority,
            split_from: self.pool.validators[0].stake,
            split_to: add_empty_stake(self.vm),
            user_stake_authority: self.holder,
            user_transfer_authority: self.holder,
            pool_tokens_from: self.holder_tokens,
            manager_fee_account: head.manager_fee_account,
            pool_mint: head.pool_mint,
            clock: CLOCK_ID,
            token_program: head.token_program_id,
            stake_program: STAKE_PROGRAM_ID,
        };
        instruction::withdraw_stake(&self.vm.program_id, &accounts, 5 * SOL, minimum)
    }

    fn withdraw_sol(&mut self, authority: Option<Address>, minimum: Option<u64>) -> Instruction {
        let head = self.pool.state.head;
        let accounts = WithdrawSolAccounts {
            pool: self.pool.pool,
            withdraw_authority: self.pool.withdraw_authority,
            user_transfer_authority: self.holder,
            pool_tokens_from: self.holder_tokens,
            reserve_stake: head.reserve_stake,
            lamports_to: self.holder,
            manager_fee_account: head.manager_fee_account,
            pool_mint: head.pool_mint,
            clock: CLOCK_ID,
            stake_history: STAKE_HISTORY_ID,
            stake_program: STAKE_PROGRAM_ID,
            token_program: head.token_program_id,
            sol_withdraw_authority: authority,
        };
        instruction::withdraw_sol(&self.vm.program_id, &accounts, 5 * SOL, minimum)
    }

    fn initialize(&mut self, deposit_authority: Option<Address>) -> Instruction {
        let head = self.pool.state.head;
        // The installed pool's accounts serve again, unused: the reserve with SOL in it, the mint without a supply.
        let program_id = self.vm.program_id;
        let mut pool = self.vm.account(&self.pool.pool);
        pool.data = vec![0; POOL_MAX_LENGTH];
        self.vm.accounts.insert(self.pool.pool, pool);
        let mut mint = self.vm.account(&head.pool_mint);
        mint.data[36..44].fill(0);
        self.vm.accounts.insert(head.pool_mint, mint);
        let list = add_account(vec![0; validator_list_length(3)], program_id, self.vm);
        let accounts = InitializeAccounts {
            pool: self.pool.pool,
            manager: head.manager,
            staker: head.staker,
            withdraw_authority: self.pool.withdraw_authority,
            validator_list: list,
            reserve_stake: head.reserve_stake,
            pool_mint: head.pool_mint,
            manager_fee_account: head.manager_fee_account,
            token_program: head.token_program_id,
            deposit_authority,
        };
        let fee = Fee::new(1, 100);
        let instruction =
            Ix::Initialize { fee, withdrawal_fee: fee, deposit_fee: fee, referral_fee: 10, max_validators: 3 };
        self.build(instruction, accounts.metas())
    }

    fn add_validator(&mut self, seed: u32) -> Instruction {
        let head = self.pool.state.head;
        let vote = add_vote_account(self.vm);
        let accounts = AddValidatorToPoolAccounts {
            pool: self.pool.pool,
            staker: head.staker,
            reserve_stake: head.reserve_stake,
            withdraw_authority: self.pool.withdraw_authority,
            validator_list: head.validator_list,
            validator_stake: find_validator_stake(&self.vm.program_id, &vote, &self.pool.pool, seed).0,
            vote,
            rent: RENT_ID,
            clock: CLOCK_ID,
            stake_history: STAKE_HISTORY_ID,
            stake_config: STAKE_CONFIG_ID,
            system_program: SYSTEM_PROGRAM_ID,
            stake_program: STAKE_PROGRAM_ID,
        };
        self.build(Ix::AddValidatorToPool { seed }, accounts.metas())
    }

    fn remove_validator(&mut self, index: usize) -> Instruction {
        let head = self.pool.state.head;
        let validator = self.pool.validators[index];
        let accounts = RemoveValidatorFromPoolAccounts {
            pool: self.pool.pool,
            staker: head.staker,
            withdraw_authority: self.pool.withdraw_authority,
            validator_list: head.validator_list,
            validator_stake: validator.stake,
            transient_stake: validator.transient,
            clock: CLOCK_ID,
            stake_program: STAKE_PROGRAM_ID,
        };
        self.build(Ix::RemoveValidatorFromPool, accounts.metas())
    }

    fn transient(&self, index: usize, seed: u64) -> Address {
        find_transient_stake(&self.vm.program_id, &self.pool.validators[index].vote, &self.pool.pool, seed).0
    }

    fn ephemeral(&self) -> Address {
        find_ephemeral_stake(&self.vm.program_id, &self.pool.pool, SEED).0
    }

    fn decrease(&mut self) -> Instruction {
        let head = self.pool.state.head;
        let transient_stake = self.transient(0, SEED);
        // The deprecated variant expects the account's rent to be there.
        let rent = self.vm.mollusk.sysvars.rent.minimum_balance(tidepool_interface::STAKE_ACCOUNT_SPACE);
        let funded = solana_account::Account { lamports: rent, ..Default::default() };
        self.vm.accounts.insert(transient_stake, funded);
        let accounts = DecreaseValidatorStakeAccounts {
            pool: self.pool.pool,
            staker: head.staker,
            withdraw_authority: self.pool.withdraw_authority,
            validator_list: head.validator_list,
            validator_stake: self.pool.validators[0].stake,
            transient_stake,
            clock: CLOCK_ID,
            rent: RENT_ID,
            system_program: SYSTEM_PROGRAM_ID,
            stake_program: STAKE_PROGRAM_ID,
        };
        self.build(Ix::DecreaseValidatorStake { lamports: 10 * SOL, transient_stake_seed: SEED }, accounts.metas())
    }

    fn decrease_with_reserve(&mut self) -> Instruction {
        let head = self.pool.state.head;
        let accounts = DecreaseValidatorStakeWithReserveAccounts {
            pool: self.pool.pool,
            staker: head.staker,
            withdraw_authority: self.pool.withdraw_authority,
            validator_list: head.validator_list,
            reserve_stake: head.reserve_stake,
            validator_stake: self.pool.validators[0].stake,
            transient_stake: self.transient(0, SEED),
            clock: CLOCK_ID,
            stake_history: STAKE_HISTORY_ID,
            system_program: SYSTEM_PROGRAM_ID,
            stake_program: STAKE_PROGRAM_ID,
        };
        let instruction = Ix::DecreaseValidatorStakeWithReserve { lamports: 10 * SOL, transient_stake_seed: SEED };
        self.build(instruction, accounts.metas())
    }

    fn decrease_additional(&mut self) -> Instruction {
        let head = self.pool.state.head;
        let accounts = DecreaseAdditionalValidatorStakeAccounts {
            pool: self.pool.pool,
            staker: head.staker,
            withdraw_authority: self.pool.withdraw_authority,
            validator_list: head.validator_list,
            reserve_stake: head.reserve_stake,
            validator_stake: self.pool.validators[0].stake,
            ephemeral_stake: self.ephemeral(),
            transient_stake: self.transient(0, SEED),
            clock: CLOCK_ID,
            stake_history: STAKE_HISTORY_ID,
            system_program: SYSTEM_PROGRAM_ID,
            stake_program: STAKE_PROGRAM_ID,
        };
        let instruction = Ix::DecreaseAdditionalValidatorStake {
            lamports: 10 * SOL,
            transient_stake_seed: SEED,
            ephemeral_stake_seed: SEED,
        };
        self.build(instruction, accounts.metas())
    }

    fn increase(&mut self) -> Instruction {
        let head = self.pool.state.head;
        let accounts = IncreaseValidatorStakeAccounts {
            pool: self.pool.pool,
            staker: head.staker,
            withdraw_authority: self.pool.withdraw_authority,
            validator_list: head.validator_list,
            reserve_stake: head.reserve_stake,
            transient_stake: self.transient(0, SEED),
            validator_stake: self.pool.validators[0].stake,
            vote: self.pool.validators[0].vote,
            clock: CLOCK_ID,
            rent: RENT_ID,
            stake_history: STAKE_HISTORY_ID,
            stake_config: STAKE_CONFIG_ID,
            system_program: SYSTEM_PROGRAM_ID,
            stake_program: STAKE_PROGRAM_ID,
        };
        self.build(Ix::IncreaseValidatorStake { lamports: 10 * SOL, transient_stake_seed: SEED }, accounts.metas())
    }

    /// Validator 1 has transient stake under seed 0, validator 0 has none.
    fn increase_additional(&mut self, index: usize, seed: u64) -> Instruction {
        let head = self.pool.state.head;
        let accounts = IncreaseAdditionalValidatorStakeAccounts {
            pool: self.pool.pool,
            staker: head.staker,
            withdraw_authority: self.pool.withdraw_authority,
            validator_list: head.validator_list,
            reserve_stake: head.reserve_stake,
            ephemeral_stake: self.ephemeral(),
            transient_stake: self.transient(index, seed),
            validator_stake: self.pool.validators[index].stake,
            vote: self.pool.validators[index].vote,
            clock: CLOCK_ID,
            stake_history: STAKE_HISTORY_ID,
            stake_config: STAKE_CONFIG_ID,
            system_program: SYSTEM_PROGRAM_ID,
            stake_program: STAKE_PROGRAM_ID,
        };
        let instruction = Ix::IncreaseAdditionalValidatorStake {
            lamports: 10 * SOL,
            transient_stake_seed: seed,
            ephemeral_stake_seed: SEED,
        };
        self.build(instruction, accounts.metas())
    }

    fn set_preferred(&mut self, validator_type: PreferredValidatorType, vote: Option<Address>) -> Instruction {
        let head = self.pool.state.head;
        let accounts = SetPreferredValidatorAccounts {
            pool: self.pool.pool,
            staker: head.staker,
            validator_list: head.validator_list,
        };
        self.build(Ix::SetPreferredValidator { validator_type, vote_account: vote }, accounts.metas())
    }

    fn update_list(&mut self, no_merge: bool) -> Instruction {
        let head = self.pool.state.head;
        let accounts = UpdateValidatorListBalanceAccounts {
            pool: self.pool.pool,
            withdraw_authority: self.pool.withdraw_authority,
            validator_list: head.validator_list,
            reserve_stake: head.reserve_stake,
            clock: CLOCK_ID,
            stake_history: STAKE_HISTORY_ID,
            stake_program: STAKE_PROGRAM_ID,
        };
        let stakes: Vec<_> = self.pool.validators.iter().map(|each| (each.stake, each.transient)).collect();
        update_validator_list_balance(&self.vm.program_id, &accounts, 0, no_merge, &stakes)
    }

    fn update_pool(&mut self) -> Instruction {
        let head = self.pool.state.head;
        let accounts = UpdateStakePoolBalanceAccounts {
            pool: self.pool.pool,
            withdraw_authority: self.pool.withdraw_authority,
            validator_list: head.validator_list,
            reserve_stake: head.reserve_stake,
            manager_fee_account: head.manager_fee_account,
            pool_mint: head.pool_mint,
            token_program: head.token_program_id,
        };
        self.build(Ix::UpdateStakePoolBalance, accounts.metas())
    }

    fn cleanup(&mut self) -> Instruction {
        let accounts = CleanupRemovedValidatorEntriesAccounts {
            pool: self.pool.pool,
            validator_list: self.pool.state.head.validator_list,
        };
        self.build(Ix::CleanupRemovedValidatorEntries, accounts.metas())
    }

    fn set_manager(&mut self) -> Instruction {
        let new_manager = Address::new_unique();
        let accounts = SetManagerAccounts {
            pool: self.pool.pool,
            manager: self.pool.state.head.manager,
            new_manager,
            new_manager_fee_account: self.pool.add_token_account(new_manager, 0, self.vm),
        };
        self.build(Ix::SetManager, accounts.metas())
    }

    fn set_fee(&mut self, fee: FeeType) -> Instruction {
        let accounts = SetFeeAccounts { pool: self.pool.pool, manager: self.pool.state.head.manager };
        self.build(Ix::SetFee { fee }, accounts.metas())
    }

    fn set_staker(&mut self, staker_or_manager: Address) -> Instruction {
        let accounts = SetStakerAccounts { pool: self.pool.pool, staker_or_manager, new_staker: Address::new_unique() };
        self.build(Ix::SetStaker, accounts.metas())
    }

    fn set_funding(&mut self, funding_type: FundingType, new_authority: Option<Address>) -> Instruction {
        let manager = self.pool.state.head.manager;
        let accounts = SetFundingAuthorityAccounts { pool: self.pool.pool, manager, new_authority };
        self.build(Ix::SetFundingAuthority { funding_type }, accounts.metas())
    }

    /// A pool with authorities of its own for SOL.
    fn with_sol_authorities(&mut self) -> Address {
        let authority = Address::new_unique();
        self.pool.state.terms.sol_deposit_authority = Some(authority);
        self.pool.state.terms.sol_withdraw_authority = Some(authority);
        self.pool.write_pool(self.vm);
        authority
    }
}

type Make = fn(&mut Builder) -> Instruction;

/// Scenarios by name. Each instruction stands here once at least.
const SCENARIOS: &[(&str, Make)] = &[
    ("Initialize", |b| b.initialize(None)),
    ("Initialize with a deposit authority", |b| b.initialize(Some(Address::new_unique()))),
    ("AddValidatorToPool", |b| b.add_validator(0)),
    ("AddValidatorToPool with a seed", |b| b.add_validator(9)),
    ("RemoveValidatorFromPool", |b| b.remove_validator(0)),
    ("RemoveValidatorFromPool with transient stake", |b| b.remove_validator(1)),
    ("DecreaseValidatorStake", |b| b.decrease()),
    ("IncreaseValidatorStake", |b| b.increase()),
    ("SetPreferredValidator deposit", |b| {
        b.set_preferred(PreferredValidatorType::Deposit, Some(b.pool.validators[1].vote))
    }),
    ("SetPreferredValidator withdraw", |b| {
        b.set_preferred(PreferredValidatorType::Withdraw, Some(b.pool.validators[0].vote))
    }),
    ("SetPreferredValidator none", |b| b.set_preferred(PreferredValidatorType::Deposit, None)),
    ("UpdateValidatorListBalance", |b| b.update_list(false)),
    ("UpdateValidatorListBalance without merging", |b| b.update_list(true)),
    ("UpdateStakePoolBalance", |b| b.update_pool()),
    ("CleanupRemovedValidatorEntries", |b| b.cleanup()),
    ("DepositStake", |b| b.deposit_stake(None)),
    ("DepositStakeWithSlippage", |b| b.deposit_stake(Some(1))),
    ("WithdrawStake", |b| b.withdraw_stake(None)),
    ("WithdrawStakeWithSlippage", |b| b.withdraw_stake(Some(1))),
    ("SetManager", |b| b.set_manager()),
    ("SetFee epoch", |b| b.set_fee(FeeType::Epoch(Fee::new(2, 100)))),
    ("SetFee stake withdrawal", |b| b.set_fee(FeeType::StakeWithdrawal(Fee::new(12, 1_000)))),
    ("SetFee SOL withdrawal", |b| b.set_fee(FeeType::SolWithdrawal(Fee::new(12, 1_000)))),
    ("SetFee SOL deposit", |b| b.set_fee(FeeType::SolDeposit(Fee::new(2, 100)))),
    ("SetFee stake deposit", |b| b.set_fee(FeeType::StakeDeposit(Fee::new(2, 100)))),
    ("SetFee SOL referral", |b| b.set_fee(FeeType::SolReferral(20))),
    ("SetFee stake referral", |b| b.set_fee(FeeType::StakeReferral(20))),
    ("SetStaker by the staker", |b| b.set_staker(b.pool.state.head.staker)),
    ("SetStaker by the manager", |b| b.set_staker(b.pool.state.head.manager)),
    ("DepositSol", |b| b.deposit_sol(None, None)),
    ("DepositSolWithSlippage", |b| b.deposit_sol(None, Some(1))),
    ("DepositSol with an authority", |b| {
        let authority = b.with_sol_authorities();
        b.deposit_sol(Some(authority), None)
    }),
    ("SetFundingAuthority stake deposit", |b| b.set_funding(FundingType::StakeDeposit, Some(Address::new_unique()))),
    ("SetFundingAuthority stake deposit none", |b| b.set_funding(FundingType::StakeDeposit, None)),
    ("SetFundingAuthority SOL deposit", |b| b.set_funding(FundingType::SolDeposit, Some(Address::new_unique()))),
    ("SetFundingAuthority SOL withdraw", |b| b.set_funding(FundingType::SolWithdraw, Some(Address::new_unique()))),
    ("WithdrawSol", |b| b.withdraw_sol(None, None)),
    ("WithdrawSolWithSlippage", |b| b.withdraw_sol(None, Some(1))),
    ("WithdrawSol with an authority", |b| {
        let authority = b.with_sol_authorities();
        b.withdraw_sol(Some(authority), None)
    }),
    ("IncreaseAdditionalValidatorStake", |b| b.increase_additional(0, SEED)),
    ("IncreaseAdditionalValidatorStake, more", |b| b.increase_additional(1, 0)),
    ("DecreaseAdditionalValidatorStake", |b| b.decrease_additional()),
    ("DecreaseValidatorStakeWithReserve", |b| b.decrease_with_reserve()),
];

/// The names of all scenarios.
pub fn names() -> impl Iterator<Item = &'static str> {
    SCENARIOS.iter().map(|(name, _)| *name)
}

/// Makes the scenario's accounts in the machine, whose clock is put at [`EPOCH`].
///
/// # Panics
/// Where there is no scenario of that name.
pub fn make(name: &str, token_program: Address, vm: &mut Vm) -> Scenario {
    let (name, make) = SCENARIOS.iter().find(|(each, _)| *each == name).expect("a scenario's name");
    let mut builder = Builder::new(token_program, vm);
    let instruction = make(&mut builder);
    Scenario { name, pool: builder.pool, instruction }
}
