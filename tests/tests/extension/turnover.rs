//! The turnover budget binds the staker's own decreases; and what a rebalance says where it has nothing to do.

use {
    crate::harness::{self, UNBALANCED},
    tidepool_core::rebalance::Reason,
    tidepool_interface::{
        ExtensionError::{TurnoverBudgetExceeded, WeightOfRemovedValidator},
        instruction::WeightEntry,
        state::{RebalancePolicy, ValidatorStakeInfo},
    },
    tidepool_tests::{SOL, extension::events, harness::Harness, vm::Vm},
};

/// A pool of 1,000 SOL with a turnover budget of 5 %.
fn bounded() -> Harness {
    let mut h = harness::fresh(Vm::beside_reference(), UNBALANCED);
    let policy = RebalancePolicy { turnover_budget: 500.into(), ..RebalancePolicy::DEFAULT };
    h.succeed(&h.pool.set_policy(policy));
    h
}

fn decrease(h: &mut Harness, index: usize, lamports: u64, variant: u8) -> Option<u32> {
    let (vote, stake) = (h.records()[index].vote_account_address, h.stake(index));
    let instruction = match variant {
        0 => {
            let rent = h.vm.stake_rent();
            let transient = h.pool.transient(&vote, 7);
            h.vm.accounts.entry(transient).or_default().lamports = rent;
            h.pool.decrease(&vote, stake, lamports, 7)
        }
        1 => h.pool.decrease_with_reserve(&vote, stake, lamports, 7),
        _ => h.pool.decrease_additional(&vote, stake, lamports, 7, 7),
    };
    let outcome = h.vm.compare(&instruction).expect("no difference but the budget");
    h.purge();
    if !outcome.is_ok() {
        let message = TurnoverBudgetExceeded.message();
        assert!(outcome.logs.iter().any(|line| line.ends_with(message)), "{:#?}", outcome.logs);
    }
    outcome.custom_error()
}

#[test]
fn a_decrease_of_the_stakers_over_the_turnover_budget_is_refused_and_one_within_it_is_not() {
    for variant in 0..3 {
        let mut h = bounded();
        assert_eq!(decrease(&mut h, 0, 50 * SOL + 1, variant), Some(TurnoverBudgetExceeded as u32));
        assert_eq!(decrease(&mut h, 0, 30 * SOL, variant), None, "variant {variant}");
        assert_eq!(decrease(&mut h, 3, 20 * SOL + 1, variant), Some(TurnoverBudgetExceeded as u32));
        assert_eq!(decrease(&mut h, 3, 20 * SOL, variant), None, "to the lamport");
        assert_eq!(decrease(&mut h, 1, SOL, variant), Some(TurnoverBudgetExceeded as u32));
        // With the next epoch the stake is in the reserve, and the budget is whole.
        h.next_epoch_by_spl();
        assert_eq!(decrease(&mut h, 0, 49 * SOL, variant), None, "variant {variant}");
    }
}

#[test]
fn a_removal_over_the_turnover_budget_is_refused_and_one_within_it_counts_towards_it() {
    let mut h = bounded();
    let refused = h.ours(&h.pool.remove_validator(h.stake(0), h.transient(0)));
    assert_eq!(refused.custom_error(), Some(TurnoverBudgetExceeded as u32), "40 % of the pool");
    h.both(&h.pool.remove_validator(h.stake(1), h.transient(1))).expect("a removal of 5 %");
    assert_eq!(decrease(&mut h, 3, SOL, 1), Some(TurnoverBudgetExceeded as u32));
}

#[test]
fn a_rebalance_and_the_staker_draw_on_the_same_budget() {
    let mut h = bounded();
    h.succeed(&h.rebalance(&[0, 3]));
    let leaving: u64 = h.records().iter().map(|record| record.transient_stake_lamports.get()).sum();
    let rent = h.vm.stake_rent();
    assert_eq!(leaving, 50 * SOL + 2 * rent, "all of the budget");
    assert_eq!(decrease(&mut h, 1, SOL, 1), Some(TurnoverBudgetExceeded as u32));

    let mut h = bounded();
    assert_eq!(decrease(&mut h, 0, 50 * SOL, 1), None);
    says(&mut h, &[3], Reason::BudgetSpent.message());
}

/// Runs a rebalance that succeeds without moving anything, and says why in two lines.
fn says(h: &mut Harness, indices: &[usize], reason: &str) {
    let before = (h.records(), h.lamports(&h.reserve()));
    let outcome = h.succeed(&h.rebalance(indices));
    let said: Vec<_> = outcome.logs.iter().filter_map(|line| line.strip_prefix("Program log: ")).collect();
    assert!(said.ends_with(&["Nothing to move:", reason]), "{said:?}, not {reason}");
    assert!(events::decode(&outcome.logs).is_empty());
    let balances = |records: Vec<ValidatorStakeInfo>| -> Vec<_> {
        records.iter().map(|record| (record.active_stake_lamports, record.transient_stake_lamports)).collect()
    };
    assert_eq!((balances(h.records()), h.lamports(&h.reserve())), (balances(before.0), before.1));
}

#[test]
fn a_rebalance_with_nothing_to_move_says_why() {
    let mut h = harness::fresh(Vm::beside_reference(), UNBALANCED);
    h.set_weights(&[0; 4]);
    says(&mut h, &[0, 1, 2, 3], "no validator has a weight");
    h.set_weights(&[0, 1, 0, 0]);
    says(&mut h, &[0, 2], Reason::NoWeight.message());

    let mut h = harness::fresh(h.vm, &[(250, 0); 4]);
    says(&mut h, &[0, 1, 2, 3], Reason::Balanced.message());

    let mut h = harness::fresh(h.vm, UNBALANCED);
    h.succeed(&h.rebalance(&[0, 1, 2, 3]));
    says(&mut h, &[0, 1, 2, 3], Reason::TransientStake.message());

    let mut h = harness::fresh(h.vm, UNBALANCED);
    h.both(&h.pool.remove_validator(h.stake(1), h.transient(1))).expect("a removal");
    says(&mut h, &[1], Reason::NotActive.message());

    let mut h = harness::fresh(h.vm, &[(500, 0), (500, 0)]);
    h.set_weights(&[1, 3]);
    says(&mut h, &[1], Reason::ReserveSpent.message());
}

#[test]
fn a_validator_named_twice_is_served_once() {
    let mut h = harness::fresh(Vm::beside_reference(), UNBALANCED);
    h.succeed(&h.rebalance(&[0, 1, 2, 3]));
    let once = h.records();
    let mut h = harness::fresh(h.vm, UNBALANCED);
    let first = h.triple(0);
    let triples = [0, 0, 1, 1, 2, 3, 0].map(|index| h.triple(index));
    h.succeed(&h.pool.rebalance(&triples));
    let balances = |records: &[ValidatorStakeInfo]| -> Vec<_> {
        records.iter().map(|record| (record.active_stake_lamports, record.transient_stake_lamports)).collect()
    };
    assert_eq!(balances(&once), balances(&h.records()));
    assert!(h.lamports(&first.transient) > 0);
}

#[test]
fn a_validator_that_is_being_removed_may_be_given_the_weight_0() {
    let mut h = harness::fresh(Vm::beside_reference(), UNBALANCED);
    let vote = h.records()[1].vote_account_address;
    h.both(&h.pool.remove_validator(h.stake(1), h.transient(1))).expect("a removal");
    let set =
        |h: &mut Harness, weight| h.ours(&h.pool.set_weights(&[WeightEntry::new(1, &vote, weight)])).custom_error();
    assert_eq!(set(&mut h, 1), Some(WeightOfRemovedValidator as u32));
    assert_eq!(set(&mut h, 0), None);
}
