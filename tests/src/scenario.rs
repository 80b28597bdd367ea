//! For each instruction of SPL, pools on which it succeeds.

use {
    crate::{
        SOL,
        accounts::{UserStake, add_account, add_empty_stake, add_wallet},
        extension::PoolKind,
        instructions::{Holder, Receiver},
        pool::{NEW_SEED as SEED, PoolFixture, PoolSpec, ValidatorSpec},
        vm::Vm,
    },
    solana_account::Account,
    solana_address::Address,
    solana_instruction::Instruction,
    tidepool_core::maths::Fee,
    tidepool_interface::{
        instruction::{FeeType, FundingType, PreferredValidatorType, StakePoolInstruction as Ix},
        state::{POOL_MAX_LENGTH, PoolTerms, validator_list_length},
    },
};

/// The epoch of all scenarios.
pub const EPOCH: u64 = 500;

/// An instruction, and the pool that it works on.
pub struct Scenario {
    /// The instruction's name, and its special case.
    pub name: &'static str,
    pub pool: PoolFixture,
    pub instruction: Instruction,
}

/// A pool with two validators: one quiet, one whose transient stake is being activated.
fn usual_spec(token_program: Address, kind: PoolKind) -> PoolSpec {
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
        validators: vec![ValidatorSpec::active(100 * SOL, 0), ValidatorSpec::active(100 * SOL, 10 * SOL)],
        last_update_epoch: EPOCH,
        fee_account_frozen: false,
        pool_length: POOL_MAX_LENGTH,
        kind,
    }
}

/// Builds one scenario on fresh accounts.
struct Builder<'a> {
    vm: &'a mut Vm,
    pool: PoolFixture,
    holder: Holder,
    to: Receiver,
}

impl<'a> Builder<'a> {
    fn new(spec: &PoolSpec, vm: &'a mut Vm) -> Self {
        vm.accounts.clear();
        let pool = PoolFixture::install(spec, vm);
        let wallet = add_wallet(10_000 * SOL, vm);
        let tokens = pool.add_token_account(wallet, 900 * SOL, vm);
        let owner = vm.new_address();
        let referrer = pool.add_token_account(owner, 0, vm);
        Self { vm, pool, holder: Holder { wallet, tokens }, to: Receiver { tokens, referrer } }
    }

    fn vote(&self, index: usize) -> Address {
        self.pool.validators[index].vote
    }

    fn stake(&self, index: usize) -> Address {
        self.pool.validators[index].stake
    }

    fn deposit_stake(&mut self, minimum: Option<u64>) -> Instruction {
        let authority = self.pool.state.head.stake_deposit_authority;
        let (delegated, idle) = (5 * SOL, SOL / 10);
        let user = UserStake { authority, vote: self.vote(0), delegated, idle, activation_epoch: 0 };
        let deposit = user.add(self.vm);
        self.pool.deposit_stake(authority, deposit, self.stake(0), self.to, minimum)
    }

    fn deposit_sol(&mut self, authority: Option<Address>, minimum: Option<u64>) -> Instruction {
        self.pool.deposit_sol(self.holder.wallet, self.to, authority, 10 * SOL, minimum)
    }

    fn withdraw_stake(&mut self, pool_tokens: u64, minimum: Option<u64>) -> Instruction {
        let split_to = add_empty_stake(self.vm);
        self.pool.withdraw_stake(self.holder, self.stake(0), split_to, pool_tokens, minimum)
    }

    fn withdraw_sol(&mut self, authority: Option<Address>, minimum: Option<u64>) -> Instruction {
        self.pool.withdraw_sol(self.holder, authority, 5 * SOL, minimum)
    }

    fn initialize(&mut self, authority: Option<Address>) -> Instruction {
        let head = self.pool.state.head;
        // The installed pool's accounts serve again, unused: the reserve with SOL in it, the mint without a supply.
        let program_id = self.vm.program_id;
        let mut pool = self.vm.account(&self.pool.pool);
        pool.data.fill(0);
        self.vm.accounts.insert(self.pool.pool, pool);
        let mut mint = self.vm.account(&head.pool_mint);
        mint.data[36..44].fill(0);
        self.vm.accounts.insert(head.pool_mint, mint);
        let list = add_account(vec![0; validator_list_length(3)], program_id, self.vm);
        let fee = Fee::new(1, 100);
        let instruction =
            Ix::Initialize { fee, withdrawal_fee: fee, deposit_fee: fee, referral_fee: 10, max_validators: 3 };
        self.pool.initialize(list, instruction, authority)
    }

    fn add_validator(&mut self, seed: u32) -> Instruction {
        let vote = self.pool.add_vote_account(seed, self.vm);
        self.pool.add_validator(vote, seed)
    }

    fn remove_validator(&mut self, index: usize) -> Instruction {
        self.pool.remove_validator(self.stake(index), self.pool.validators[index].transient)
    }

    fn decrease(&mut self) -> Instruction {
        // The deprecated variant expects the account's rent to be there.
        let lamports = self.vm.stake_rent();
        let transient = self.pool.transient(&self.vote(0), SEED);
        self.vm.accounts.insert(transient, Account { lamports, ..Account::default() });
        self.pool.decrease(&self.vote(0), self.stake(0), 10 * SOL, SEED)
    }

    /// Validator 1 has transient stake under seed 0, validator 0 has none.
    fn increase_additional(&mut self, index: usize, seed: u64) -> Instruction {
        self.pool.increase_additional(self.vote(index), self.stake(index), 10 * SOL, seed, SEED)
    }

    fn update_list(&mut self, no_merge: bool) -> Instruction {
        self.pool.update_whole_list(no_merge)
    }

    fn set_manager(&mut self) -> Instruction {
        let new_manager = self.vm.new_address();
        let fee_account = self.pool.add_token_account(new_manager, 0, self.vm);
        self.pool.set_manager(new_manager, fee_account)
    }

    fn set_funding(&mut self, funding_type: FundingType, set: bool) -> Instruction {
        let authority = self.vm.new_address();
        self.pool.set_funding(funding_type, set.then_some(authority))
    }

    /// Gives the pool authorities of its own for SOL.
    fn with_sol_authorities(&mut self) -> Address {
        let authority = self.vm.new_address();
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
    ("Initialize with a deposit authority", |b| {
        let authority = b.vm.new_address();
        b.initialize(Some(authority))
    }),
    ("AddValidatorToPool", |b| b.add_validator(0)),
    ("AddValidatorToPool with a seed", |b| b.add_validator(9)),
    ("RemoveValidatorFromPool", |b| b.remove_validator(0)),
    ("RemoveValidatorFromPool with transient stake", |b| b.remove_validator(1)),
    ("DecreaseValidatorStake", |b| b.decrease()),
    ("IncreaseValidatorStake", |b| b.pool.increase(b.vote(0), b.stake(0), 10 * SOL, SEED)),
    ("SetPreferredValidator deposit", |b| {
        b.pool.set_preferred(PreferredValidatorType::Deposit, Some(b.pool.validators[1].vote))
    }),
    ("SetPreferredValidator withdraw", |b| {
        b.pool.set_preferred(PreferredValidatorType::Withdraw, Some(b.pool.validators[0].vote))
    }),
    ("SetPreferredValidator none", |b| b.pool.set_preferred(PreferredValidatorType::Deposit, None)),
    ("UpdateValidatorListBalance", |b| b.update_list(false)),
    ("UpdateValidatorListBalance without merging", |b| b.update_list(true)),
    ("UpdateStakePoolBalance", |b| b.pool.update_pool()),
    ("CleanupRemovedValidatorEntries", |b| b.pool.cleanup()),
    ("DepositStake", |b| b.deposit_stake(None)),
    ("DepositStakeWithSlippage", |b| b.deposit_stake(Some(1))),
    ("WithdrawStake", |b| b.withdraw_stake(5 * SOL, None)),
    // The rest is less than the part: what the stake program demands decides whether there can be one.
    ("WithdrawStake of more than half", |b| b.withdraw_stake(60 * SOL, None)),
    ("WithdrawStakeWithSlippage", |b| b.withdraw_stake(5 * SOL, Some(1))),
    ("SetManager", |b| b.set_manager()),
    ("SetFee epoch", |b| b.pool.set_fee(FeeType::Epoch(Fee::new(2, 100)))),
    ("SetFee stake withdrawal", |b| b.pool.set_fee(FeeType::StakeWithdrawal(Fee::new(12, 1_000)))),
    ("SetFee SOL withdrawal", |b| b.pool.set_fee(FeeType::SolWithdrawal(Fee::new(12, 1_000)))),
    ("SetFee SOL deposit", |b| b.pool.set_fee(FeeType::SolDeposit(Fee::new(2, 100)))),
    ("SetFee stake deposit", |b| b.pool.set_fee(FeeType::StakeDeposit(Fee::new(2, 100)))),
    ("SetFee SOL referral", |b| b.pool.set_fee(FeeType::SolReferral(20))),
    ("SetFee stake referral", |b| b.pool.set_fee(FeeType::StakeReferral(20))),
    ("SetStaker by the staker", |b| b.pool.set_staker(b.pool.state.head.staker, b.vm.new_address())),
    ("SetStaker by the manager", |b| b.pool.set_staker(b.pool.state.head.manager, b.vm.new_address())),
    ("DepositSol", |b| b.deposit_sol(None, None)),
    ("DepositSolWithSlippage", |b| b.deposit_sol(None, Some(1))),
    ("DepositSol with an authority", |b| {
        let authority = b.with_sol_authorities();
        b.deposit_sol(Some(authority), None)
    }),
    ("SetFundingAuthority stake deposit", |b| b.set_funding(FundingType::StakeDeposit, true)),
    ("SetFundingAuthority stake deposit none", |b| b.set_funding(FundingType::StakeDeposit, false)),
    ("SetFundingAuthority SOL deposit", |b| b.set_funding(FundingType::SolDeposit, true)),
    ("SetFundingAuthority SOL withdraw", |b| b.set_funding(FundingType::SolWithdraw, true)),
    ("WithdrawSol", |b| b.withdraw_sol(None, None)),
    ("WithdrawSolWithSlippage", |b| b.withdraw_sol(None, Some(1))),
    ("WithdrawSol with an authority", |b| {
        let authority = b.with_sol_authorities();
        b.withdraw_sol(Some(authority), None)
    }),
    ("IncreaseAdditionalValidatorStake", |b| b.increase_additional(0, SEED)),
    ("IncreaseAdditionalValidatorStake, more", |b| b.increase_additional(1, 0)),
    ("DecreaseAdditionalValidatorStake", |b| b.pool.decrease_additional(&b.vote(0), b.stake(0), 10 * SOL, SEED, SEED)),
    ("DecreaseValidatorStakeWithReserve", |b| b.pool.decrease_with_reserve(&b.vote(0), b.stake(0), 10 * SOL, SEED)),
];

/// The names of all scenarios.
pub fn names() -> impl Iterator<Item = &'static str> {
    SCENARIOS.iter().map(|(name, _)| *name)
}

/// Makes the scenario's accounts in the machine, whose clock is put at [`EPOCH`].
pub fn make(name: &str, token_program: Address, kind: PoolKind, vm: &mut Vm) -> Scenario {
    make_in(&usual_spec(token_program, kind), name, vm)
}

/// As [`make`], in a pool of one validator. There are scenarios that need two.
pub fn make_with_one_validator(name: &str, token_program: Address, kind: PoolKind, vm: &mut Vm) -> Scenario {
    let mut spec = usual_spec(token_program, kind);
    spec.validators.truncate(1);
    make_in(&spec, name, vm)
}

fn make_in(spec: &PoolSpec, name: &str, vm: &mut Vm) -> Scenario {
    let (name, make) = SCENARIOS.iter().find(|(each, _)| *each == name).expect("a scenario's name");
    let mut builder = Builder::new(spec, vm);
    let instruction = make(&mut builder);
    Scenario { name, pool: builder.pool, instruction }
}
