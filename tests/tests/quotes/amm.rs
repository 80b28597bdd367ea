//! Quotes of the aggregators' crate. A case runs in Tidepool's program, and for a pool without the extension in the SPL stake pool too.

use {
    crate::harness::{Balances, EPOCH, HOLDER_LAMPORTS, Harness, MOST_LAMPORTS, Tally, check_success, machine, run},
    proptest::prelude::*,
    solana_account::Account as StoredAccount,
    solana_address::Address,
    solana_instruction::{Instruction, error::InstructionError},
    std::cell::RefCell,
    tidepool_amm::{Account, ActiveStake, Environment, Pool, PoolAccounts, PoolAddresses, QuoteError},
    tidepool_core::{maths::ExchangeRate, withdrawal::StakeSource},
    tidepool_interface::{
        StakePoolError::ValidatorNotFound,
        address::{CLOCK_ID, RENT_ID, STAKE_HISTORY_ID},
        external::stake_history::StakeHistory,
        state::RebalancePolicy,
    },
    tidepool_tests::{
        SOL,
        accounts::{UserStake, add_empty_stake},
        extension::PoolKind,
        pool::{PoolSpec, ValidatorSpec},
        random::{amount, check, pool},
        snapshot::STAKE_PROGRAM_MINIMUM,
        vm::{Elf, Outcome, Vm, read_elf},
    },
};

/// Cases of each property in a test run. `TIDEPOOL_CASES_FACTOR=34` makes more than 10,000.
const CASES: u32 = 300;

/// What a pool has beside SPL's fields, and the state of the cluster.
#[derive(Clone, Copy, Debug)]
struct Extras {
    is_extended: bool,
    halted_until_epoch: u64,
    supply_floor: u64,
    growth_charge: u16,
    epochs_of_growth: u64,
    reserve_rents: u8,
    had_weights: bool,
    ticket_lamports: u64,
    /// Total lamports before the epoch, in thousandths of the present ones.
    total_before: u64,
    has_deposit_authority: bool,
    has_withdraw_authority: bool,
    rewards_are_active: bool,
}

fn extras() -> impl Strategy<Value = Extras> {
    let rarely = || prop::bool::weighted(0.05);
    let limits = (
        prop_oneof![8 => Just(0), 1 => Just(EPOCH), 1 => EPOCH + 1..EPOCH + 5],
        prop_oneof![3 => Just(0), 1 => amount(1_000_000_000_000)],
        prop_oneof![1 => Just(0), 2 => 0..=1_000u16],
        1..=4u64,
    );
    let reserve = (1..=10u8, any::<bool>(), prop_oneof![1 => Just(0), 1 => amount(MOST_LAMPORTS)], 900..=1_001u64);
    (any::<bool>(), limits, reserve, [rarely(), rarely(), rarely()]).prop_map(
        |(is_extended, limits, reserve, [has_deposit_authority, has_withdraw_authority, rewards_are_active])| {
            let (halted_until_epoch, supply_floor, growth_charge, epochs_of_growth) = limits;
            let (reserve_rents, had_weights, ticket_lamports, total_before) = reserve;
            Extras {
                is_extended,
                halted_until_epoch,
                supply_floor,
                growth_charge,
                epochs_of_growth,
                reserve_rents,
                had_weights,
                ticket_lamports,
                total_before,
                has_deposit_authority,
                has_withdraw_authority,
                rewards_are_active,
            }
        },
    )
}

/// Both programs, under the same id.
struct Machines {
    tidepool: RefCell<Vm>,
    spl: RefCell<Vm>,
}

impl Machines {
    fn new() -> Self {
        let tidepool = machine();
        let mut spl = Vm::new(tidepool.borrow().program_id, &read_elf(Elf::Reference));
        spl.set_epoch(EPOCH);
        Self { tidepool, spl: RefCell::new(spl) }
    }

    /// Runs the instruction; a pool without the extension in both programs, which have to agree.
    fn run(&self, h: &mut Harness, instruction: &Instruction) -> Result<(Outcome, Balances), TestCaseError> {
        let before = h.vm.accounts.clone();
        let rewards_are_active = h.vm.mollusk.sysvars.epoch_rewards.active;
        let (outcome, change) = run(h, instruction);
        if h.pool.extension.is_none() {
            let spl = &mut self.spl.borrow_mut();
            spl.accounts = before;
            spl.set_epoch_rewards_active(rewards_are_active);
            let theirs = spl.process(instruction);
            prop_assert_eq!(&theirs.result.raw_result, &outcome.result.raw_result, "{:#?}", theirs.logs);
            for meta in instruction.accounts.iter().filter(|meta| meta.is_writable) {
                prop_assert_eq!(spl.account(&meta.pubkey), h.vm.account(&meta.pubkey));
            }
        }
        Ok((outcome, change))
    }
}

/// A pool of `spec` with these extras.
fn install<'a>(mut spec: PoolSpec, extras: &Extras, vm: &'a mut Vm) -> Harness<'a> {
    if extras.is_extended {
        let policy = RebalancePolicy { reserve_rents: extras.reserve_rents, ..RebalancePolicy::DEFAULT };
        spec.kind = PoolKind::Extended(policy);
    }
    let total = u128::from(spec.total_lamports) * u128::from(extras.total_before) / 1_000;
    spec.terms.last_epoch_total_lamports = u64::try_from(total).unwrap_or(u64::MAX);
    spec.terms.last_epoch_pool_token_supply = spec.supply;
    spec.terms.sol_deposit_authority = extras.has_deposit_authority.then(Address::new_unique);
    spec.terms.sol_withdraw_authority = extras.has_withdraw_authority.then(Address::new_unique);
    vm.set_epoch_rewards_active(extras.rewards_are_active);
    let mut h = Harness::new(&spec, vm);
    if let Some(extension) = &mut h.pool.extension {
        extension.halted_until_epoch = extras.halted_until_epoch.into();
        extension.limits.supply_floor = extras.supply_floor.into();
        extension.limits.growth_charge = extras.growth_charge.into();
        extension.had_weights = extras.had_weights.into();
        extension.tickets.lamports = extras.ticket_lamports.into();
        for epoch in [EPOCH - extras.epochs_of_growth, EPOCH] {
            extension.ledger.record(epoch, 0, &ExchangeRate::default());
        }
        h.pool.write_pool(h.vm);
    }
    h
}

fn view(account: &StoredAccount) -> Account<'_> {
    Account { lamports: account.lamports, owner: &account.owner, data: &account.data }
}

fn environment(vm: &Vm) -> Environment {
    let rewards = vm.mollusk.sysvars.epoch_rewards.active;
    let mut epoch_rewards = [0; 81];
    epoch_rewards[80] = rewards.into();
    let [clock, rent] = [CLOCK_ID, RENT_ID].map(|sysvar| vm.resolve(&sysvar).data);
    Environment::from_sysvars(&clock, &rent, &epoch_rewards, STAKE_PROGRAM_MINIMUM).expect("sysvars")
}

/// The pool as an aggregator reads it.
fn read(h: &Harness) -> Pool {
    let head = &h.pool.state.head;
    let [pool, reserve, fees] =
        [h.pool.pool, head.reserve_stake, head.manager_fee_account].map(|address| h.vm.account(&address));
    let accounts =
        PoolAccounts { pool: view(&pool), reserve_stake: view(&reserve), manager_fee_account: Some(view(&fees)) };
    let addresses = PoolAddresses::find(&h.vm.program_id, &h.pool.pool);
    Pool::read(&addresses, &accounts, &environment(h.vm)).expect("a pool")
}

/// Adds a validator to a pool without one.
fn add_validator(spec: &mut PoolSpec) {
    if spec.validators.is_empty() {
        spec.validators.push(ValidatorSpec::active(10 * SOL, 0));
    }
}

/// Checks that the program refuses, with the error that the quote names if it names one.
fn check_refusal(error: &QuoteError, outcome: &Outcome) -> Result<(), TestCaseError> {
    prop_assert!(!outcome.is_ok(), "refused, but done: {}", error);
    if let Some(expected) = error.program_error() {
        let expected = InstructionError::try_from(u64::from(expected)).expect("a code");
        prop_assert_eq!(Err(expected), outcome.result.raw_result.clone(), "{} {:#?}", error, outcome.logs);
    }
    Ok(())
}

#[test]
fn sol_trades_of_an_aggregator_yield_what_was_quoted() {
    let (machines, deposits, withdrawals) = (Machines::new(), Tally::default(), Tally::default());
    let case = (pool(EPOCH, 2), extras(), amount(MOST_LAMPORTS), any::<bool>(), any::<bool>());
    check(CASES, case, |(spec, extras, amount, is_deposit, is_exact_out)| {
        let vm = &mut machines.tidepool.borrow_mut();
        let supply = spec.supply;
        let mut h = install(spec, &extras, vm);
        let pool = read(&h);
        if is_deposit {
            let lamports = if is_exact_out { pool.lamports_for_deposit(amount) } else { Ok(amount) };
            let quote = lamports.and_then(|lamports| Ok((lamports, pool.deposit_sol(lamports)?)));
            deposits.count(quote.is_ok());
            let executed = quote.map_or(amount, |(lamports, _)| lamports);
            let instruction = h.pool.deposit_sol(h.holder.wallet, h.to, None, executed, None);
            let (lamports, quote) = match quote {
                // The amount in is unknown, so there is nothing to execute.
                Err(_) if is_exact_out => return Ok(()),
                Err(error) => return check_refusal(&error, &machines.run(&mut h, &instruction)?.0),
                Ok(quote) => quote,
            };
            let tokens = quote.pool_tokens;
            if is_exact_out {
                let yields =
                    |lamports| pool.deposit_sol(lamports).map_or(0, |quote| quote.pool_tokens.to_depositor.get());
                prop_assert!(tokens.to_depositor.get() >= amount);
                prop_assert!(quote.growth_charge.get() > 0 || yields(lamports - 1) < amount);
            }
            // All SOL there is, and a holder with less.
            prop_assume!(lamports <= HOLDER_LAMPORTS);
            let (outcome, change) = machines.run(&mut h, &instruction)?;
            check_success(&outcome)?;
            let expected = Balances {
                holder: tokens.to_depositor.get().into(),
                manager: tokens.to_manager.get().into(),
                referrer: tokens.to_referrer.get().into(),
                reserve: lamports.into(),
                total: lamports.into(),
                supply: tokens.minted.get().into(),
            };
            prop_assert_eq!(change, expected);
            return Ok(());
        }
        let tokens = if is_exact_out { pool.pool_tokens_for_withdrawal(amount) } else { Ok(amount.min(supply)) };
        let quote = tokens.and_then(|tokens| Ok((tokens, pool.withdraw_sol(tokens)?)));
        withdrawals.count(quote.is_ok());
        let executed = quote.map_or(amount.min(supply), |(tokens, _)| tokens);
        let instruction = h.pool.withdraw_sol(h.holder, None, executed, None);
        let (tokens, quote) = match quote {
            Err(_) if is_exact_out => return Ok(()),
            Err(error) => return check_refusal(&error, &machines.run(&mut h, &instruction)?.0),
            Ok(quote) => quote,
        };
        if is_exact_out {
            prop_assert!(quote.lamports.get() >= amount);
            prop_assert!(pool.withdraw_sol(tokens - 1).map_or(0, |quote| quote.lamports.get()) < amount);
        }
        let (outcome, change) = machines.run(&mut h, &instruction)?;
        check_success(&outcome)?;
        let expected = Balances {
            holder: -i128::from(tokens),
            manager: quote.fee.get().into(),
            referrer: 0,
            reserve: -i128::from(quote.lamports.get()),
            total: -i128::from(quote.lamports.get()),
            supply: -i128::from(quote.burnt.get()),
        };
        prop_assert_eq!(change, expected);
        Ok(())
    });
    deposits.check();
    withdrawals.check();
}

#[test]
fn stake_deposits_of_an_aggregator_yield_what_was_quoted() {
    let (machines, tally) = (Machines::new(), Tally::default());
    let stake = (1_000_000_000..=1_000_000_000_000_000u64, amount(5_000_000_000), any::<prop::sample::Index>());
    let case = (pool(EPOCH, 4), extras(), stake, prop::bool::weighted(0.1));
    check(CASES, case, |(mut spec, extras, (delegated, idle, index), is_demoted)| {
        add_validator(&mut spec);
        let vm = &mut machines.tidepool.borrow_mut();
        let mut h = install(spec, &extras, vm);
        let index = index.index(h.pool.validators.len());
        if is_demoted && extras.is_extended {
            h.pool.edit_record(index, h.vm, |record| record.extension.demote(EPOCH));
        }
        let validator = h.pool.validators[index];
        let authority = h.pool.state.head.stake_deposit_authority;
        let user = UserStake { authority, vote: validator.vote, delegated, idle, activation_epoch: 0 };
        let deposit = user.add(h.vm);
        let pool = read(&h);
        let list = h.vm.account(&h.pool.state.head.validator_list).data;
        let history = h.vm.resolve(&STAKE_HISTORY_ID).data;
        let history = StakeHistory::decode(&history).expect("a stake history");
        let stake = ActiveStake::read(&view(&h.vm.account(&deposit)), &history, pool.environment()).expect("stake");
        let quote = pool.deposit_stake(&list, &stake);
        let instruction = h.pool.deposit_stake(authority, deposit, validator.stake, h.to, None);
        let (outcome, change) = machines.run(&mut h, &instruction)?;
        tally.count(quote.is_ok());
        let quote = match quote {
            Err(error) => return check_refusal(&error, &outcome),
            Ok(quote) => quote.pool_tokens,
        };
        check_success(&outcome)?;
        let expected = Balances {
            holder: quote.to_depositor.get().into(),
            manager: quote.to_manager.get().into(),
            referrer: quote.to_referrer.get().into(),
            reserve: i128::from(stake.lamports) - i128::from(stake.delegated),
            total: stake.lamports.into(),
            supply: quote.minted.get().into(),
        };
        prop_assert_eq!(change, expected);
        Ok(())
    });
    tally.check();
}

#[test]
fn stake_withdrawals_of_an_aggregator_yield_what_was_quoted() {
    let (machines, tally) = (Machines::new(), Tally::default());
    let wish = (amount(MOST_LAMPORTS), any::<prop::sample::Index>(), 0..3u8);
    check(CASES, (pool(EPOCH, 4), extras(), wish), |(mut spec, extras, (tokens, index, wish))| {
        add_validator(&mut spec);
        if wish > 0 {
            // One pool token, one lamport, so that a part or the whole of an account can be named.
            spec.supply = 4_000_000_000_000_000;
            spec.total_lamports = spec.supply;
            spec.terms.stake_withdrawal_fee = Default::default();
        }
        let vm = &mut machines.tidepool.borrow_mut();
        let supply = spec.supply;
        let mut h = install(spec, &extras, vm);
        let validator = *index.get(&h.pool.validators);
        let pool = read(&h);
        let list = h.vm.account(&h.pool.state.head.validator_list).data;
        let source = pool.stake_source(&list, &validator.vote);
        let split_from = match source {
            Ok(StakeSource::Transient) => validator.transient,
            Ok(StakeSource::Active | StakeSource::ValidatorRemoval) | Err(_) => validator.stake,
        };
        let account = h.vm.account(&split_from);
        let tokens = match wish {
            0 => tokens,
            1 => account.lamports + tokens % 3,
            _ => STAKE_PROGRAM_MINIMUM + tokens % account.lamports.max(1),
        };
        let tokens = tokens.min(supply);
        let quote = pool.withdraw_stake(&list, &validator.vote, &view(&account), tokens);
        let split_to = add_empty_stake(h.vm);
        let rent = h.vm.account(&split_to).lamports;
        let instruction = h.pool.withdraw_stake(h.holder, split_from, split_to, tokens, None);
        let (outcome, change) = machines.run(&mut h, &instruction)?;
        tally.count(quote.is_ok());
        let quote = match quote {
            Err(error) => {
                if error == QuoteError::Pool(ValidatorNotFound) || account.lamports == 0 {
                    // A removed validator has no source here. In some extended pools its stake can be withdrawn.
                    prop_assert!(extras.is_extended || !outcome.is_ok(), "refused, but done: {}", error);
                    return Ok(());
                }
                return check_refusal(&error, &outcome);
            }
            Ok(quote) => quote.yields,
        };
        check_success(&outcome)?;
        let expected = Balances {
            holder: -i128::from(tokens),
            manager: quote.fee.get().into(),
            total: -i128::from(quote.lamports.get()),
            supply: -i128::from(quote.burnt.get()),
            ..Balances::default()
        };
        prop_assert_eq!(change, expected);
        prop_assert_eq!(h.vm.account(&split_to).lamports - rent, quote.lamports.get());
        Ok(())
    });
    tally.check();
}
