//! The longest list that there can be.

use {
    tidepool_client::{
        compute::MAX_PER_TRANSACTION,
        plan::{self, Plan, RebalanceOptions, UpdateOptions},
    },
    tidepool_interface::state::{RebalancePolicy, ValidatorListMut},
    tidepool_tests::{
        SOL,
        accounts::{UserStake, add_empty_stake, add_wallet},
        extension::PoolKind,
        instructions::{Holder, Receiver},
        pool::{PoolFixture, PoolSpec, ValidatorSpec},
        vm::{Outcome, Vm},
    },
};

/// Validators that a pool can have at most.
const VALIDATORS: usize = 20_000;

const EPOCH: u64 = 500;

/// Lamports that a validator delegates.
const STAKE: u64 = 100 * SOL;

/// Validators below target, and the deviation of each.
const BELOW_TARGET: usize = 40;
const DEVIATION: u64 = 20 * SOL;

fn check(outcome: &Outcome) -> u64 {
    assert!(outcome.is_ok(), "{:#?}", outcome.logs);
    let units = outcome.result.compute_units_consumed;
    assert!(units <= u64::from(MAX_PER_TRANSACTION));
    units
}

/// Carries out a plan. Each group has to keep to what was planned for it.
fn carry_out(plan: &Plan, vm: &mut Vm) -> u64 {
    let mut dearest = 0;
    for group in plan.stages.iter().flat_map(|stage| &stage.groups) {
        let units = group.instructions.iter().map(|instruction| check(&vm.process(instruction))).sum();
        assert!(units <= u64::from(group.compute_units), "{}: {units} of {}", group.label, group.compute_units);
        assert!(group.compute_units <= MAX_PER_TRANSACTION, "{}", group.label);
        dearest = dearest.max(units);
    }
    dearest
}

fn install(vm: &mut Vm) -> PoolFixture {
    vm.set_epoch(EPOCH);
    // All have the same, but for a few all over the list.
    let delegated =
        |index: usize| if index.is_multiple_of(VALIDATORS / BELOW_TARGET) { STAKE - DEVIATION } else { STAKE };
    let stake = |index| ValidatorSpec::active(delegated(index), 0);
    let validators: Vec<_> = (0..VALIDATORS).map(stake).collect();
    let total = validators.iter().map(|each| each.delegated).sum();
    let pool = PoolFixture::install(
        &PoolSpec {
            total_lamports: total,
            supply: total,
            validators,
            last_update_epoch: EPOCH - 1,
            kind: PoolKind::Extended(RebalancePolicy::DEFAULT),
            ..PoolSpec::default()
        },
        vm,
    );
    let list = vm.accounts.get_mut(&pool.state.head.validator_list).expect("a list");
    for record in ValidatorListMut::decode(&mut list.data).expect("a list").records() {
        record.extension.set_weight(1);
    }
    pool
}

#[test]
fn a_pool_of_20_000_validators_lives() {
    let vm = &mut Vm::of_tidepool();
    let pool = install(vm);
    let update = plan::update(&pool.snapshot(vm), &UpdateOptions::default()).expect("a pool that can be updated");
    let updated = carry_out(&update, vm);
    assert!(!pool.snapshot(vm).is_stale());

    // Stake for the validator that is last in the list, and SOL for those below target.
    let wallet = add_wallet(10_000 * SOL, vm);
    let holder = Holder { wallet, tokens: pool.add_token_account(wallet, 0, vm) };
    let to = Receiver { tokens: holder.tokens, referrer: holder.tokens };
    let last = pool.validators[VALIDATORS - 1];
    let user = UserStake {
        authority: pool.state.head.stake_deposit_authority,
        vote: last.vote,
        delegated: 50 * SOL,
        idle: 0,
        activation_epoch: 0,
    };
    let stake = user.add(vm);
    let deposited = check(&vm.process(&pool.deposit_stake(user.authority, stake, last.stake, to, None)));
    check(&vm.process(&pool.deposit_sol(wallet, to, None, BELOW_TARGET as u64 * DEVIATION + 2 * SOL, None)));

    let planned = plan::rebalance(&pool.snapshot(vm), &RebalanceOptions::default()).expect("a plan");
    let (movements, transactions) =
        (planned.movements.len(), planned.plan.stages.iter().flat_map(|stage| &stage.groups).count());
    let rebalanced = carry_out(&planned.plan, vm);
    assert!(movements >= BELOW_TARGET && transactions * 3 < movements, "{movements} in {transactions}");
    for movement in &planned.movements {
        let record = pool.record(movement.index, vm);
        assert!(record.transient_stake_lamports.get() > movement.lamports, "{movement:?}");
    }

    let (to, tokens) = (add_empty_stake(vm), 40 * SOL);
    let withdrawn = check(&vm.process(&pool.withdraw_stake(holder, last.stake, to, tokens, None)));
    assert_ne!(vm.account(&to).lamports, 0);
    println!(
        "dearest update {updated}, deposit {deposited}, {movements} movements in {transactions}, of {rebalanced} at most, withdrawal {withdrawn}"
    );
}
