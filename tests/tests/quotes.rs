//! A quote of the client crate is what the program does, to the lamport: over random pools, in the real VM with the real
//! stake and token programs. Where the quote refuses, the program refuses with the same error.

use {
    proptest::prelude::*,
    solana_address::Address,
    solana_instruction::{Instruction, error::InstructionError},
    std::cell::{Cell, RefCell},
    tidepool_client::{
        error::{Cause, PlanError},
        pool::{Environment, PoolAccounts, PoolSnapshot},
        quote::{
            WithdrawFrom, quote_deposit_sol, quote_deposit_stake, quote_update, quote_withdraw_sol,
            quote_withdraw_stake, recorded_total,
        },
    },
    tidepool_interface::{
        address::{CLOCK_ID, STAKE_HISTORY_ID, STAKE_PROGRAM_ID, SYSTEM_PROGRAM_ID},
        instruction::{self, *},
        withdrawal::StakeSource,
    },
    tidepool_tests::{
        pool::{PoolFixture, PoolSpec, add_empty_stake, add_wallet, token_balance},
        random::{amount, check, pool},
        vm::{Outcome, Vm, read_program_elf},
    },
};

/// Cases of each property: five of them make more than 10,000 states.
const CASES: u32 = 2_400;

const EPOCH: u64 = 500;
const MOST_LAMPORTS: u64 = 700_000_000_000_000_000;

/// Stake program 5's `GetMinimumDelegation`.
const STAKE_PROGRAM_MINIMUM: u64 = 1_000_000_000;

/// A machine that is built once; each case has fresh accounts in it.
fn machine() -> RefCell<Vm> {
    let mut vm = Vm::new(Address::new_unique(), &read_program_elf());
    vm.set_epoch(EPOCH);
    RefCell::new(vm)
}

/// A pool in the machine, and a holder with all of its tokens.
struct Scene<'a> {
    vm: &'a mut Vm,
    pool: PoolFixture,
    holder: Address,
    holder_tokens: Address,
    referrer_tokens: Address,
}

impl<'a> Scene<'a> {
    fn new(spec: &PoolSpec, vm: &'a mut Vm) -> Self {
        vm.accounts.clear();
        let pool = PoolFixture::install(spec, vm);
        let holder = add_wallet(u64::MAX / 2, vm);
        let holder_tokens = pool.add_token_account(holder, spec.supply, vm);
        let referrer_tokens = pool.add_token_account(Address::new_unique(), 0, vm);
        Self {
            vm,
            pool,
            holder,
            holder_tokens,
            referrer_tokens,
        }
    }

    fn snapshot(&self) -> PoolSnapshot {
        let head = &self.pool.state.head;
        let sysvars = &self.vm.mollusk.sysvars;
        let mut environment = Environment {
            clock: sysvars.clock.clone(),
            rent: sysvars.rent.clone(),
            stake_program_minimum: STAKE_PROGRAM_MINIMUM,
            ..Environment::default()
        };
        for (epoch, entry) in sysvars.stake_history.iter() {
            let entry = solana_stake_interface::stake_history::StakeHistoryEntry {
                effective: entry.effective,
                activating: entry.activating,
                deactivating: entry.deactivating,
            };
            environment.stake_history.add(*epoch, entry);
        }
        let accounts = PoolAccounts {
            pool: self.vm.account(&self.pool.pool),
            validator_list: self.vm.account(&head.validator_list),
            reserve_stake: self.vm.account(&head.reserve_stake),
            pool_mint: self.vm.account(&head.pool_mint),
            manager_fee_account: Some(self.vm.account(&head.manager_fee_account)),
        };
        let mut snapshot = PoolSnapshot::from_accounts(self.pool.pool, accounts, environment).expect("a pool");
        snapshot.set_stake_accounts(|_| true, |address| self.vm.accounts.get(address).cloned());
        snapshot
    }

    /// Pool tokens of holder, manager and referrer; lamports of the reserve; total and supply of the pool; the mint's supply.
    fn balances(&self) -> Balances {
        let head = &self.pool.state.head;
        let state = self.pool.read_state(self.vm).head;
        Balances {
            holder: token_balance(&self.holder_tokens, self.vm).into(),
            manager: token_balance(&head.manager_fee_account, self.vm).into(),
            referrer: token_balance(&self.referrer_tokens, self.vm).into(),
            reserve: self.vm.account(&head.reserve_stake).lamports.into(),
            total: state.total_lamports.get().into(),
            supply: state.pool_token_supply.get().into(),
        }
    }
}

/// Balances, or changes of them. Wide, so that every difference of two lamport sums fits.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Balances {
    holder: i128,
    manager: i128,
    referrer: i128,
    reserve: i128,
    total: i128,
    supply: i128,
}

impl Balances {
    fn change_to(self, after: Self) -> Self {
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
fn run(scene: &mut Scene, instruction: &Instruction) -> (Outcome, Balances) {
    let before = scene.balances();
    let outcome = scene.vm.process(instruction);
    (outcome, before.change_to(scene.balances()))
}

/// Checks that the program refused with the error that the quote named.
fn check_refusal(error: &PlanError, outcome: &Outcome) -> Result<(), TestCaseError> {
    let PlanError::Refused(refusal) = error else {
        return Err(TestCaseError::fail(format!(
            "{error}, program: {:?}",
            outcome.result.raw_result
        )));
    };
    let expected = match &refusal.cause {
        Cause::StakePool(error) => InstructionError::Custom(*error as u32),
        Cause::Stake(error) => InstructionError::Custom(error.clone() as u32),
        Cause::Instruction(error) => error.clone(),
    };
    prop_assert_eq!(
        Err(expected),
        outcome.result.raw_result.clone(),
        "{} {:#?}",
        error,
        outcome.logs
    );
    Ok(())
}

fn check_success(outcome: &Outcome) -> Result<(), TestCaseError> {
    prop_assert!(
        outcome.is_ok(),
        "quoted, but refused: {:?} {:#?}",
        outcome.result.raw_result,
        outcome.logs
    );
    Ok(())
}

/// Counts outcomes: a property over cases that all fail the same way would prove little.
#[derive(Default)]
struct Tally {
    quoted: Cell<u32>,
    refused: Cell<u32>,
}

impl Tally {
    fn count(&self, is_quoted: bool) {
        let counter = if is_quoted { &self.quoted } else { &self.refused };
        counter.set(counter.get() + 1);
    }

    /// Checks that a tenth of the cases at least went well, and some did not.
    fn check(&self) {
        let (quoted, refused) = (self.quoted.get(), self.refused.get());
        println!("{quoted} quoted, {refused} refused");
        assert!(quoted >= CASES / 10 && refused > 0, "the cases are too one-sided");
    }
}

/// A bound on the outcome: none, or one of any size.
fn bound() -> impl Strategy<Value = Option<u64>> {
    prop_oneof![3 => Just(None), 1 => amount(MOST_LAMPORTS).prop_map(Some)]
}

#[test]
fn a_sol_deposit_yields_what_was_quoted() {
    let (machine, tally) = (machine(), Tally::default());
    check(
        CASES,
        (pool(EPOCH, 2), amount(MOST_LAMPORTS), bound()),
        |(spec, lamports, minimum)| {
            let vm = &mut machine.borrow_mut();
            let mut scene = Scene::new(&spec, vm);
            let quote = quote_deposit_sol(&scene.snapshot(), lamports, minimum);
            let head = scene.pool.state.head;
            let accounts = DepositSolAccounts {
                pool: scene.pool.pool,
                withdraw_authority: scene.pool.withdraw_authority,
                reserve_stake: head.reserve_stake,
                lamports_from: scene.holder,
                pool_tokens_to: scene.holder_tokens,
                manager_fee_account: head.manager_fee_account,
                referrer_fee_account: scene.referrer_tokens,
                pool_mint: head.pool_mint,
                system_program: SYSTEM_PROGRAM_ID,
                token_program: head.token_program_id,
                sol_deposit_authority: None,
            };
            let instruction = instruction::deposit_sol(&scene.vm.program_id, &accounts, lamports, minimum);
            let (outcome, change) = run(&mut scene, &instruction);
            tally.count(quote.is_ok());
            let quote = match quote {
                Err(error) => return check_refusal(&error, &outcome),
                // A frozen fee account blocks deposits that owe the manager something, in the token program.
                Ok(quote) if spec.fee_account_frozen && quote.to_manager > 0 => {
                    prop_assert!(!outcome.is_ok());
                    return Ok(());
                }
                Ok(quote) => quote,
            };
            check_success(&outcome)?;
            let expected = Balances {
                holder: quote.to_depositor.into(),
                manager: quote.to_manager.into(),
                referrer: quote.to_referrer.into(),
                reserve: lamports.into(),
                total: lamports.into(),
                supply: quote.minted.into(),
            };
            prop_assert_eq!(change, expected);
            Ok(())
        },
    );
    tally.check();
}

#[test]
fn a_stake_deposit_yields_what_was_quoted() {
    let (machine, tally) = (machine(), Tally::default());
    let stake = (
        1_000_000_000..=1_000_000_000_000_000u64,
        amount(5_000_000_000),
        any::<prop::sample::Index>(),
    );
    check(
        CASES,
        (pool(EPOCH, 4), stake, bound()),
        |(spec, (delegated, idle, index), minimum)| {
            prop_assume!(!spec.validators.is_empty());
            let vm = &mut machine.borrow_mut();
            let mut scene = Scene::new(&spec, vm);
            let validator = *index.get(&scene.pool.validators);
            let head = scene.pool.state.head;
            let authority = head.stake_deposit_authority;
            let deposit = PoolFixture::add_user_stake(authority, validator.vote, delegated, idle, scene.vm);
            let quote = quote_deposit_stake(&scene.snapshot(), &scene.vm.account(&deposit), minimum);
            let accounts = DepositStakeAccounts {
                pool: scene.pool.pool,
                validator_list: head.validator_list,
                stake_deposit_authority: authority,
                withdraw_authority: scene.pool.withdraw_authority,
                deposit_stake: deposit,
                validator_stake: validator.stake,
                reserve_stake: head.reserve_stake,
                pool_tokens_to: scene.holder_tokens,
                manager_fee_account: head.manager_fee_account,
                referrer_fee_account: scene.referrer_tokens,
                pool_mint: head.pool_mint,
                clock: CLOCK_ID,
                stake_history: STAKE_HISTORY_ID,
                token_program: head.token_program_id,
                stake_program: STAKE_PROGRAM_ID,
            };
            let instruction = instruction::deposit_stake(&scene.vm.program_id, &accounts, false, minimum);
            let (outcome, change) = run(&mut scene, &instruction);
            tally.count(quote.is_ok());
            let quote = match quote {
                Err(error) => return check_refusal(&error, &outcome),
                Ok(quote) if spec.fee_account_frozen && quote.pool_tokens.to_manager > 0 => {
                    prop_assert!(!outcome.is_ok());
                    return Ok(());
                }
                Ok(quote) => quote,
            };
            check_success(&outcome)?;
            let tokens = quote.pool_tokens;
            let expected = Balances {
                holder: tokens.to_depositor.into(),
                manager: tokens.to_manager.into(),
                referrer: tokens.to_referrer.into(),
                reserve: i128::from(quote.total_lamports) - i128::from(quote.stake_lamports),
                total: quote.total_lamports.into(),
                supply: tokens.minted.into(),
            };
            prop_assert_eq!(change, expected);
            Ok(())
        },
    );
    tally.check();
}

#[test]
fn a_sol_withdrawal_yields_what_was_quoted() {
    let (machine, tally) = (machine(), Tally::default());
    check(
        CASES,
        (pool(EPOCH, 2), amount(MOST_LAMPORTS), bound()),
        |(spec, tokens, minimum)| {
            let vm = &mut machine.borrow_mut();
            let mut scene = Scene::new(&spec, vm);
            let tokens = tokens.min(spec.supply);
            let quote = quote_withdraw_sol(&scene.snapshot(), &scene.holder_tokens, tokens, minimum);
            let head = scene.pool.state.head;
            let destination = add_wallet(1_000_000, scene.vm);
            let accounts = WithdrawSolAccounts {
                pool: scene.pool.pool,
                withdraw_authority: scene.pool.withdraw_authority,
                user_transfer_authority: scene.holder,
                pool_tokens_from: scene.holder_tokens,
                reserve_stake: head.reserve_stake,
                lamports_to: destination,
                manager_fee_account: head.manager_fee_account,
                pool_mint: head.pool_mint,
                clock: CLOCK_ID,
                stake_history: STAKE_HISTORY_ID,
                stake_program: STAKE_PROGRAM_ID,
                token_program: head.token_program_id,
                sol_withdraw_authority: None,
            };
            let instruction = instruction::withdraw_sol(&scene.vm.program_id, &accounts, tokens, minimum);
            let (outcome, change) = run(&mut scene, &instruction);
            tally.count(quote.is_ok());
            let quote = match quote {
                Err(error) => return check_refusal(&error, &outcome),
                Ok(quote) => quote,
            };
            check_success(&outcome)?;
            let expected = Balances {
                holder: -i128::from(tokens),
                manager: quote.fee.into(),
                referrer: 0,
                reserve: -i128::from(quote.lamports),
                total: -i128::from(quote.lamports),
                supply: -i128::from(quote.burnt),
            };
            prop_assert_eq!(change, expected);
            prop_assert_eq!(scene.vm.account(&destination).lamports - 1_000_000, quote.lamports);
            Ok(())
        },
    );
    tally.check();
}

/// How much to withdraw.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Wish {
    /// Any number of pool tokens.
    Any,
    /// All of a validator's stake account, or a pool token or two more.
    Whole,
    /// What the validator may be able to give.
    Part,
}

/// Pool tokens worth about `lamports`.
fn tokens_worth(spec: &PoolSpec, lamports: u64) -> u64 {
    let tokens = u128::from(lamports) * u128::from(spec.supply) / u128::from(spec.total_lamports.max(1));
    u64::try_from(tokens).unwrap_or(u64::MAX)
}

#[test]
fn a_stake_withdrawal_yields_what_was_quoted() {
    let (machine, tally) = (machine(), Tally::default());
    let wish = (
        amount(MOST_LAMPORTS),
        any::<prop::sample::Index>(),
        prop_oneof![2 => Just(Wish::Any), 3 => Just(Wish::Whole), 5 => Just(Wish::Part)],
        0..20u8,
    );
    check(
        CASES,
        (pool(EPOCH, 4), wish, bound()),
        |(mut spec, (tokens, index, wish, reserve), minimum)| {
            let from_reserve = reserve == 0 || spec.validators.is_empty();
            match wish {
                Wish::Any => {}
                Wish::Whole => {
                    // One pool token, one lamport: then the tokens for a whole account can be named.
                    spec.supply = 1_000_000_000_000_000;
                    spec.total_lamports = spec.supply;
                    spec.terms.stake_withdrawal_fee = Default::default();
                }
                Wish::Part => {
                    // The pool must be worth what its validators hold.
                    let stake: u64 = spec.validators.iter().map(|validator| validator.delegated).sum();
                    spec.total_lamports = (2 * stake).max(STAKE_PROGRAM_MINIMUM);
                    spec.supply = spec.total_lamports / 1_000 * (800 + u64::from(reserve));
                }
            }
            let vm = &mut machine.borrow_mut();
            let mut scene = Scene::new(&spec, vm);
            let head = scene.pool.state.head;
            let snapshot = scene.snapshot();
            let (from, tokens) = if from_reserve {
                (WithdrawFrom::Reserve, tokens.min(spec.supply))
            } else {
                let validator = *index.get(&scene.pool.validators);
                let balance = scene.vm.account(&validator.stake).lamports;
                let tokens = match wish {
                    Wish::Any => tokens,
                    Wish::Whole => balance + u64::from(reserve % 3),
                    Wish::Part => tokens_worth(&spec, STAKE_PROGRAM_MINIMUM + tokens % balance),
                };
                (WithdrawFrom::Validator(validator.vote), tokens.min(spec.supply))
            };
            let quote = quote_withdraw_stake(&snapshot, from, &scene.holder_tokens, tokens, minimum);
            let split_from = match (&quote, from) {
                (Ok(quote), _) => quote.split_from,
                (Err(_), WithdrawFrom::Reserve) => head.reserve_stake,
                (Err(_), WithdrawFrom::Validator(vote)) => expected_source(&snapshot, &vote),
            };
            let balance_before = scene.vm.account(&split_from).lamports;
            let split_to = add_empty_stake(scene.vm);
            let rent = scene.vm.account(&split_to).lamports;
            let accounts = WithdrawStakeAccounts {
                pool: scene.pool.pool,
                validator_list: head.validator_list,
                withdraw_authority: scene.pool.withdraw_authority,
                split_from,
                split_to,
                user_stake_authority: scene.holder,
                user_transfer_authority: scene.holder,
                pool_tokens_from: scene.holder_tokens,
                manager_fee_account: head.manager_fee_account,
                pool_mint: head.pool_mint,
                clock: CLOCK_ID,
                token_program: head.token_program_id,
                stake_program: STAKE_PROGRAM_ID,
            };
            let instruction = instruction::withdraw_stake(&scene.vm.program_id, &accounts, tokens, minimum);
            let (outcome, change) = run(&mut scene, &instruction);
            tally.count(quote.is_ok());
            let quote = match quote {
                Err(error) => return check_refusal(&error, &outcome),
                Ok(quote) => quote.yields,
            };
            check_success(&outcome)?;
            let from_reserve = split_from == head.reserve_stake;
            let expected = Balances {
                holder: -i128::from(tokens),
                manager: quote.fee.into(),
                referrer: 0,
                reserve: if from_reserve { -i128::from(quote.lamports) } else { 0 },
                total: -i128::from(quote.lamports),
                supply: -i128::from(quote.burnt),
            };
            prop_assert_eq!(change, expected);
            prop_assert_eq!(scene.vm.account(&split_to).lamports - rent, quote.lamports);
            prop_assert_eq!(balance_before - scene.vm.account(&split_from).lamports, quote.lamports);
            Ok(())
        },
    );
    tally.check();
}

/// The account that the contract's order points to, where the quote refuses for another reason.
fn expected_source(snapshot: &PoolSnapshot, vote: &Address) -> Address {
    use tidepool_interface::withdrawal::{Withdrawable, WithdrawalLimits};
    let validator = snapshot.validator(vote).expect("a validator of the pool");
    let environment = snapshot.environment();
    let Ok(limits) = WithdrawalLimits::new(
        &snapshot.rate(),
        environment.stake_rent(),
        environment.stake_program_minimum,
    ) else {
        return validator.addresses.validator;
    };
    match Withdrawable::scan(snapshot.records(), &limits).source(validator.record) {
        StakeSource::Transient => validator.addresses.transient,
        StakeSource::Active | StakeSource::ValidatorRemoval => validator.addresses.validator,
    }
}

#[test]
fn an_update_mints_the_fee_that_was_quoted() {
    let (machine, tally) = (machine(), Tally::default());
    check(CASES, pool(EPOCH, 4), |mut spec| {
        // The records must be of this epoch; the pool itself may be older.
        spec.last_update_epoch = EPOCH;
        let vm = &mut machine.borrow_mut();
        let mut scene = Scene::new(&spec, vm);
        let head = scene.pool.state.head;
        let snapshot = scene.snapshot();
        let quote = recorded_total(&snapshot).and_then(|total| quote_update(&snapshot, total));
        let accounts = UpdateStakePoolBalanceAccounts {
            pool: scene.pool.pool,
            withdraw_authority: scene.pool.withdraw_authority,
            validator_list: head.validator_list,
            reserve_stake: head.reserve_stake,
            manager_fee_account: head.manager_fee_account,
            pool_mint: head.pool_mint,
            token_program: head.token_program_id,
        };
        let instruction =
            StakePoolInstruction::UpdateStakePoolBalance.with_accounts(&scene.vm.program_id, accounts.metas());
        let (outcome, change) = run(&mut scene, &instruction);
        tally.count(quote.is_ok());
        let quote = match quote {
            Err(error) => return check_refusal(&error, &outcome),
            Ok(quote) => quote,
        };
        check_success(&outcome)?;
        let expected = Balances {
            manager: quote.manager_fee.into(),
            total: i128::from(quote.total_after) - i128::from(spec.total_lamports),
            supply: i128::from(quote.supply_after) - i128::from(spec.supply),
            ..Balances::default()
        };
        prop_assert_eq!(change, expected);
        Ok(())
    });
    tally.check();
}
