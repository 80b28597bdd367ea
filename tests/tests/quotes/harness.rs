//! A pool in the machine, and what each property compares.

use {
    proptest::prelude::*,
    solana_address::Address,
    solana_instruction::{Instruction, error::InstructionError},
    std::cell::{Cell, RefCell},
    tidepool_client::{
        error::{Cause, PlanError},
        pool::PoolSnapshot,
    },
    tidepool_tests::{
        accounts::{add_wallet, token_balance},
        instructions::{Holder, Receiver},
        pool::{PoolFixture, PoolSpec},
        random::amount,
        vm::{Outcome, Vm},
    },
};

/// Cases of each property: five of them make more than 10,000 states.
pub const CASES: u32 = 2_400;

pub const EPOCH: u64 = 500;
pub const MOST_LAMPORTS: u64 = 700_000_000_000_000_000;

/// Lamports that the holder begins with.
pub const HOLDER_LAMPORTS: u64 = u64::MAX / 2;

/// A machine that is built once; each case has fresh accounts in it.
pub fn machine() -> RefCell<Vm> {
    let mut vm = Vm::of_tidepool();
    vm.set_epoch(EPOCH);
    RefCell::new(vm)
}

/// A pool in the machine, and a holder with all of its tokens.
pub struct Harness<'a> {
    pub vm: &'a mut Vm,
    pub pool: PoolFixture,
    pub holder: Holder,
    pub to: Receiver,
}

impl<'a> Harness<'a> {
    pub fn new(spec: &PoolSpec, vm: &'a mut Vm) -> Self {
        vm.accounts.clear();
        let pool = PoolFixture::install(spec, vm);
        let wallet = add_wallet(HOLDER_LAMPORTS, vm);
        let tokens = pool.add_token_account(wallet, spec.supply, vm);
        let referrer = pool.add_token_account(Address::new_unique(), 0, vm);
        Self { vm, pool, holder: Holder { wallet, tokens }, to: Receiver { tokens, referrer } }
    }

    pub fn snapshot(&self) -> PoolSnapshot {
        self.pool.snapshot(self.vm)
    }

    /// Pool tokens of holder, manager and referrer; lamports of the reserve; total and supply of the pool; the mint's supply.
    pub fn balances(&self) -> Balances {
        let head = &self.pool.state.head;
        let state = self.pool.read_state(self.vm).head;
        Balances {
            holder: token_balance(&self.holder.tokens, self.vm).into(),
            manager: token_balance(&head.manager_fee_account, self.vm).into(),
            referrer: token_balance(&self.to.referrer, self.vm).into(),
            reserve: self.vm.account(&head.reserve_stake).lamports.into(),
            total: state.total_lamports.get().into(),
            supply: state.pool_token_supply.get().into(),
        }
    }
}

/// Balances, or changes of them. Wide, so that every difference of two lamport sums fits.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Balances {
    pub holder: i128,
    pub manager: i128,
    pub referrer: i128,
    pub reserve: i128,
    pub total: i128,
    pub supply: i128,
}

impl Balances {
    pub fn change_to(self, after: Self) -> Self {
        Self {
            holder: after.holder - self.holder,
            manager: after.manager - self.manager,
            referrer: after.referrer - self.referrer,
            reserve: after.reserve - self.reserve,
            total: after.total - self.total,
            supply: after.supply - self.supply,
        }
    }
}

/// Runs an instruction and returns what it changed.
pub fn run(h: &mut Harness, instruction: &Instruction) -> (Outcome, Balances) {
    let before = h.balances();
    let outcome = h.vm.process(instruction);
    (outcome, before.change_to(h.balances()))
}

/// Checks that the program refused with the error that the quote named.
pub fn check_refusal(error: &PlanError, outcome: &Outcome) -> Result<(), TestCaseError> {
    let PlanError::Refused(refusal) = error else {
        return Err(TestCaseError::fail(format!("{error}, program: {:?}", outcome.result.raw_result)));
    };
    let expected = match &refusal.cause {
        Cause::StakePool(error) => InstructionError::Custom(*error as u32),
        Cause::Extension(error) => InstructionError::Custom(*error as u32),
        Cause::Stake(error) => InstructionError::Custom(error.clone() as u32),
        Cause::Instruction(error) => error.clone(),
    };
    prop_assert_eq!(Err(expected), outcome.result.raw_result.clone(), "{} {:#?}", error, outcome.logs);
    Ok(())
}

pub fn check_success(outcome: &Outcome) -> Result<(), TestCaseError> {
    prop_assert!(outcome.is_ok(), "quoted, but refused: {:?} {:#?}", outcome.result.raw_result, outcome.logs);
    Ok(())
}

/// Counts outcomes: a property over cases that all fail the same way would prove little.
#[derive(Default)]
pub struct Tally {
    quoted: Cell<u32>,
    refused: Cell<u32>,
}

impl Tally {
    pub fn count(&self, is_quoted: bool) {
        let counter = if is_quoted { &self.quoted } else { &self.refused };
        counter.set(counter.get() + 1);
    }

    /// Checks that a tenth of the cases at least went well, and some did not.
    pub fn check(&self) {
        let (quoted, refused) = (self.quoted.get(), self.refused.get());
        println!("{quoted} quoted, {refused} refused");
        assert!(quoted >= (quoted + refused) / 10 && refused > 0, "the cases are too one-sided");
    }
}

/// A bound on the outcome: none, or one of any size.
pub fn bound() -> impl Strategy<Value = Option<u64>> {
    prop_oneof![3 => Just(None), 1 => amount(MOST_LAMPORTS).prop_map(Some)]
}
