//! What events say: each field, and all of them together.

use {
    crate::harness::{self, UNBALANCED},
    solana_address::Address,
    solana_instruction::Instruction,
    tidepool_core::maths::Fee,
    tidepool_interface::{
        address::{TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID, find_deposit_authority},
        event::{Authority, AuthorityEvent, Event, FeeEvent, FundsEvent, NO_STATUS, PolicyEvent, WeightsEvent},
        instruction::{FeeType, FundingType, SetFeeValue, WeightEntry, tag},
        state::{RebalancePolicy, StakeStatus, WEIGHT_MAX},
    },
    tidepool_tests::{
        SOL,
        accounts::{add_empty_stake, add_vote_account},
        extension::{
            PoolKind,
            events::{self, Balances},
        },
        harness::Harness,
        scenario::{self, EPOCH, Scenario},
        stake,
        vm::Vm,
    },
};

/// The events of an instruction that succeeds.
fn run(h: &mut Harness, instruction: &Instruction) -> Vec<Event> {
    let outcome = if instruction.data[0] >= tag::EXTEND_POOL {
        h.ours(instruction)
    } else {
        h.vm.compare(instruction).expect("no difference")
    };
    assert!(outcome.is_ok(), "{:#?}", outcome.logs);
    events::decode(&outcome.logs)
}

#[test]
fn each_spl_instruction_is_explained_in_extended_pools_and_silent_elsewhere() {
    let mut vm = Vm::beside_reference();
    vm.set_epoch(EPOCH);
    for token_program in [TOKEN_PROGRAM_ID, TOKEN_2022_PROGRAM_ID] {
        for (name, kind) in scenario::names().flat_map(|name| PoolKind::ALL.map(|kind| (name, kind))) {
            let Scenario { pool, instruction, .. } = scenario::make(name, token_program, kind, &mut vm);
            if name.starts_with("Initialize") {
                let outcome = vm.compare(&instruction).expect("no difference");
                assert!(events::decode(&outcome.logs).is_empty(), "{name}: the pool has no extension yet");
                continue;
            }
            let before = Balances::read(&pool, &vm);
            let outcome = vm.compare(&instruction).expect("no difference");
            let after = Balances::read(&pool, &vm);
            let explained = before.explain(&after, instruction.data[0], &outcome.logs);
            assert_eq!(explained, Ok(()), "{name}, {kind:?}");
        }
    }
}

#[test]
fn a_fee_event_names_the_fee_in_force_and_the_one_that_was_set() {
    let (old, new) = (Fee::new(1, 100), Fee::new(12, 1_000));
    let fees = [
        (FeeType::SolReferral(20), 0, false),
        (FeeType::StakeReferral(30), 1, false),
        (FeeType::Epoch(new), 2, true),
        (FeeType::StakeWithdrawal(new), 3, true),
        (FeeType::SolDeposit(new), 4, false),
        (FeeType::StakeDeposit(new), 5, false),
        (FeeType::SolWithdrawal(new), 6, true),
    ];
    let mut h = harness::fresh(Vm::beside_reference(), UNBALANCED);
    for (fee, kind, is_delayed) in fees {
        let Scenario { pool, .. } = scenario::make("SetFee epoch", TOKEN_PROGRAM_ID, PoolKind::EXTENDED, &mut h.vm);
        h.pool = pool;
        let (old, new) = match fee.value() {
            SetFeeValue::Percent(percent) => (Fee::new(50, 100), Fee::new(u64::from(percent), 100)),
            SetFeeValue::Ratio(_) => (old, new),
        };
        let expected = FeeEvent {
            pool: h.pool.pool,
            epoch: EPOCH.into(),
            kind,
            is_delayed: u8::from(is_delayed),
            reserved: [0; 6],
            old: old.into(),
            new: new.into(),
        };
        let instruction = h.pool.set_fee(fee);
        assert_eq!(run(&mut h, &instruction), [Event::Fee(expected)]);
    }
}

#[test]
fn an_authority_event_names_the_old_one_and_the_new_one() {
    let mut h = harness::fresh(Vm::beside_reference(), UNBALANCED);
    let pool = h.pool.pool;
    let event = |authority: Authority, old: Address, new: Address| {
        let (epoch, authority, reserved) = (EPOCH.into(), authority as u8, [0; 7]);
        Event::Authority(AuthorityEvent { pool, epoch, authority, reserved, old, new })
    };
    let (head, none) = (h.pool.state.head, Address::default());
    let default = find_deposit_authority(&h.pool.program_id, &pool).0;
    let [first, second] = [Address::new_unique(), Address::new_unique()];
    use FundingType::{SolDeposit, SolWithdraw, StakeDeposit};
    let funding = [
        (StakeDeposit, Authority::StakeDeposit, Some(first), default, first),
        (StakeDeposit, Authority::StakeDeposit, None, first, default),
        (SolDeposit, Authority::SolDeposit, Some(first), none, first),
        (SolDeposit, Authority::SolDeposit, Some(second), first, second),
        (SolDeposit, Authority::SolDeposit, None, second, none),
        (SolWithdraw, Authority::SolWithdraw, Some(second), none, second),
    ];
    for (funding_type, authority, set, old, new) in funding {
        let instruction = h.pool.set_funding(funding_type, set);
        assert_eq!(run(&mut h, &instruction), [event(authority, old, new)]);
    }
    let instruction = h.pool.set_staker(head.staker, first);
    assert_eq!(run(&mut h, &instruction), [event(Authority::Staker, head.staker, first)]);
    let fee_account = h.pool.add_token_account(second, 0, &mut h.vm);
    let instruction = h.pool.set_manager(second, fee_account);
    let expected = [
        event(Authority::Manager, head.manager, second),
        event(Authority::ManagerFeeAccount, head.manager_fee_account, fee_account),
    ];
    assert_eq!(run(&mut h, &instruction), expected);
}

#[test]
fn a_weights_event_sums_up_what_was_set() {
    let mut h = harness::fresh(Vm::beside_reference(), UNBALANCED);
    h.set_weights(&[5, 6, 7, WEIGHT_MAX]);
    let votes: Vec<_> = h.records().iter().map(|record| record.vote_account_address).collect();
    let entries = [WeightEntry::new(3, &votes[3], 1), WeightEntry::new(1, &votes[1], 0)];
    let instruction = h.pool.set_weights(&entries);
    let [Event::Weights(WeightsEvent { pool, epoch, records, weights })] = run(&mut h, &instruction)[..] else {
        panic!("one event");
    };
    assert_eq!((pool, epoch.get(), records.get()), (h.pool.pool, EPOCH, 2));
    assert_eq!((weights.old.get(), weights.new.get()), (6 + u64::from(WEIGHT_MAX), 1));
    let set: Vec<_> = h.records().iter().map(|record| record.extension.weight()).collect();
    assert_eq!(set, [5, 0, 7, 1]);
}

#[test]
fn a_policy_event_has_the_old_policy_and_the_new_one() {
    let mut h = harness::install(Vm::beside_reference(), PoolKind::Plain, UNBALANCED, EPOCH);
    let policy = RebalancePolicy {
        reserve_share: 1.into(),
        turnover_budget: 2.into(),
        validator_cap: 3.into(),
        reserve_floor: 4.into(),
        threshold: 5.into(),
        reserve_rents: 6,
    };
    let event = |old, new| Event::Policy(PolicyEvent { pool: h.pool.pool, epoch: EPOCH.into(), old, new });
    let none = bytemuck::Zeroable::zeroed();
    let expected = [event(none, RebalancePolicy::DEFAULT), event(RebalancePolicy::DEFAULT, policy)];
    let instructions = [h.pool.extend(h.holder.wallet), h.pool.set_policy(policy)];
    for (instruction, expected) in instructions.iter().zip(expected) {
        assert_eq!(run(&mut h, instruction), [expected]);
    }
}

#[test]
fn an_event_of_one_validator_names_it_and_its_status() {
    let mut h = harness::fresh(Vm::beside_reference(), UNBALANCED);
    let funds = |h: &mut Harness, instruction: &Instruction| -> FundsEvent {
        let [Event::Funds(event)] = run(h, instruction)[..] else { panic!("one event") };
        event
    };
    let active = StakeStatus::Active as u8;
    let vote = add_vote_account(&mut h.vm);
    let add = h.pool.add_validator(vote, 3);
    let event = funds(&mut h, &add);
    assert_eq!((event.vote, event.old_status, event.new_status, event.records.get()), (vote, NO_STATUS, active, 1));
    assert_eq!((event.pool, event.epoch.get(), event.reserved), (h.pool.pool, EPOCH, 0));
    let remove = h.pool.remove_validator(h.stake(4), h.transient(4));
    let event = funds(&mut h, &remove);
    let deactivating = StakeStatus::DeactivatingValidator as u8;
    assert_eq!((event.vote, event.old_status, event.new_status), (vote, active, deactivating));
    let rebalance = h.rebalance(&[0, 1, 2, 3]);
    let event = funds(&mut h, &rebalance);
    assert_eq!((event.vote, event.old_status, event.new_status), (Address::default(), NO_STATUS, NO_STATUS));
    assert_eq!((event.instruction, event.records.get()), (tag::REBALANCE, 4));
    // Nothing is left to be moved, and nothing is said of balances.
    let idle = h.rebalance(&[1]);
    assert_eq!(run(&mut h, &idle), []);
}

/// An epoch ends: stake that was active earns a thousandth of itself. What all of it earned.
fn earn(h: &mut Harness) -> u64 {
    let epoch = h.vm.epoch() + 1;
    h.vm.set_epoch(epoch);
    let mut sum = 0;
    let indices = 0..h.records().len();
    let stakes: Vec<_> = indices.flat_map(|index| [h.stake(index), h.transient(index)]).collect();
    for address in stakes {
        if let Some(account) = h.vm.accounts.get_mut(&address) {
            let reward = stake::reward(&account.data, epoch, 100);
            stake::pay(account, reward);
            sum += reward;
        }
    }
    sum
}

/// Brings the pool up to date by the compact update, and cleans up.
fn crank(h: &Harness) -> [Instruction; 3] {
    [h.update_compactly(), h.pool.update_pool(), h.pool.cleanup()]
}

/// The life of a pool, all of whose instructions' events add up to what became of every balance.
#[test]
fn all_events_together_explain_every_lamport() {
    let mut h = harness::fresh(Vm::beside_reference(), UNBALANCED);
    let before = Balances::read(&h.pool, &h.vm);
    let (mut log, mut rewards) = (Vec::<FundsEvent>::new(), 0);
    let mut act = |h: &mut Harness, instruction: Instruction| {
        let funds = run(h, &instruction).into_iter().filter_map(|event| match event {
            Event::Funds(event) => Some(event),
            _ => None,
        });
        log.extend(funds);
    };
    let policy = RebalancePolicy { reserve_floor: (20 * SOL).into(), ..RebalancePolicy::DEFAULT };
    let set_policy = h.pool.set_policy(policy);
    act(&mut h, set_policy);
    let deposit = h.pool.deposit_sol(h.holder.wallet, h.to, None, 25 * SOL, None);
    act(&mut h, deposit);
    let vote = add_vote_account(&mut h.vm);
    let add = h.pool.add_validator(vote, 0);
    act(&mut h, add);
    let weight = h.pool.set_weights(&[WeightEntry::new(4, &vote, 1)]);
    act(&mut h, weight);
    for round in 0..6 {
        let rebalance = h.rebalance(&(0..h.records().len()).collect::<Vec<_>>());
        act(&mut h, rebalance);
        let split_to = add_empty_stake(&mut h.vm);
        let withdraw = h.pool.withdraw_stake(h.holder, h.stake(0), split_to, 3 * SOL, None);
        act(&mut h, withdraw);
        rewards += earn(&mut h);
        for instruction in crank(&h) {
            act(&mut h, instruction);
        }
        if round == 2 {
            let remove = h.pool.remove_validator(h.stake(1), h.transient(1));
            act(&mut h, remove);
        }
        let withdraw = h.pool.withdraw_sol(h.holder, None, SOL / 100, None);
        act(&mut h, withdraw);
    }
    let after = Balances::read(&h.pool, &h.vm);
    let sum = |value: fn(&FundsEvent) -> i128| log.iter().map(value).sum::<i128>();
    let difference = |old: u64, new: u64| i128::from(new) - i128::from(old);
    assert_eq!(sum(|event| event.total_lamports.difference()), difference(before.total, after.total));
    assert_eq!(sum(|event| event.pool_token_supply.difference()), difference(before.supply, after.supply));
    assert_eq!(sum(|event| event.reserve_lamports.difference()), difference(before.reserve, after.reserve));
    assert_eq!(sum(|event| event.active_stake_lamports.difference()), after.active() - before.active());
    assert_eq!(sum(|event| event.transient_stake_lamports.difference()), after.transient() - before.transient());
    let chain =
        |value: fn(&FundsEvent) -> [u64; 2]| log.windows(2).all(|pair| value(&pair[0])[1] == value(&pair[1])[0]);
    assert!(chain(|event| [event.total_lamports.old.get(), event.total_lamports.new.get()]));
    assert!(chain(|event| [event.pool_token_supply.old.get(), event.pool_token_supply.new.get()]));
    assert!(rewards > 0 && log.iter().any(|event| event.instruction == tag::CLEANUP_REMOVED_VALIDATOR_ENTRIES));
    let moved = log.iter().filter(|event| event.instruction == tag::REBALANCE).count();
    assert!(moved >= 3, "{moved} rebalances moved stake");
}
