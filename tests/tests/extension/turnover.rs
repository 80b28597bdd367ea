//! The turnover budget binds the staker's own decreases; and what a rebalance says where it has nothing to do.

use {
    crate::bed::{Bed, UNBALANCED},
    tidepool_core::rebalance::Reason,
    tidepool_interface::{
        ExtensionError::{TurnoverBudgetExceeded, WeightOfRemovedValidator},
        instruction::WeightEntry,
        state::{RebalancePolicy, ValidatorStakeInfo},
    },
    tidepool_tests::{SOL, extension::events, vm::Vm},
};

/// A pool of 1,000 SOL of which 5 % may leave the validators in an epoch.
fn bounded() -> Bed {
    let mut bed = Bed::fresh(Vm::beside_reference(), UNBALANCED);
    let policy = RebalancePolicy { turnover_budget: 500.into(), ..RebalancePolicy::DEFAULT };
    bed.succeed(&bed.pool.set_policy(policy));
    bed
}

fn decrease(bed: &mut Bed, index: usize, lamports: u64, variant: u8) -> Option<u32> {
    let (vote, stake) = (bed.records()[index].vote_account_address, bed.stake(index));
    let instruction = match variant {
        0 => {
            let rent = bed.vm.stake_rent();
            let transient = bed.pool.transient(&vote, 7);
            bed.vm.accounts.entry(transient).or_default().lamports = rent;
            bed.pool.decrease(&vote, stake, lamports, 7)
        }
        1 => bed.pool.decrease_with_reserve(&vote, stake, lamports, 7),
        _ => bed.pool.decrease_additional(&vote, stake, lamports, 7, 7),
    };
    let outcome = bed.vm.compare(&instruction).expect("no difference but the budget");
    bed.purge();
    if !outcome.is_ok() {
        let message = TurnoverBudgetExceeded.message();
        assert!(outcome.logs.iter().any(|line| line.ends_with(message)), "{:#?}", outcome.logs);
    }
    outcome.custom_error()
}

#[test]
fn a_decrease_of_the_stakers_over_the_turnover_budget_is_refused_and_one_within_it_is_not() {
    for variant in 0..3 {
        let mut bed = bounded();
        assert_eq!(decrease(&mut bed, 0, 50 * SOL + 1, variant), Some(TurnoverBudgetExceeded as u32));
        assert_eq!(decrease(&mut bed, 0, 30 * SOL, variant), None, "variant {variant}");
        assert_eq!(decrease(&mut bed, 3, 20 * SOL + 1, variant), Some(TurnoverBudgetExceeded as u32));
        assert_eq!(decrease(&mut bed, 3, 20 * SOL, variant), None, "to the lamport");
        assert_eq!(decrease(&mut bed, 1, SOL, variant), Some(TurnoverBudgetExceeded as u32));
        // With the next epoch the stake is in the reserve, and the budget is whole.
        bed.next_epoch();
        assert_eq!(decrease(&mut bed, 0, 49 * SOL, variant), None, "variant {variant}");
    }
}

#[test]
fn a_removal_over_the_turnover_budget_is_refused_and_one_within_it_counts_towards_it() {
    let mut bed = bounded();
    let refused = bed.ours(&bed.pool.remove_validator(bed.stake(0), bed.transient(0)));
    assert_eq!(refused.custom_error(), Some(TurnoverBudgetExceeded as u32), "40 % of the pool");
    bed.both(&bed.pool.remove_validator(bed.stake(1), bed.transient(1))).expect("a removal of 5 %");
    assert_eq!(decrease(&mut bed, 3, SOL, 1), Some(TurnoverBudgetExceeded as u32));
}

#[test]
fn a_rebalance_and_the_staker_draw_on_the_same_budget() {
    let mut bed = bounded();
    bed.succeed(&bed.rebalance(&[0, 3]));
    let leaving: u64 = bed.records().iter().map(|record| record.transient_stake_lamports.get()).sum();
    let rent = bed.vm.stake_rent();
    assert_eq!(leaving, 50 * SOL + 2 * rent, "all of the budget");
    assert_eq!(decrease(&mut bed, 1, SOL, 1), Some(TurnoverBudgetExceeded as u32));

    let mut bed = bounded();
    assert_eq!(decrease(&mut bed, 0, 50 * SOL, 1), None);
    says(&mut bed, &[3], Reason::BudgetSpent.message());
}

/// Runs a rebalance that succeeds without moving anything, and says why in two lines.
fn says(bed: &mut Bed, indices: &[usize], reason: &str) {
    let before = (bed.records(), bed.lamports(&bed.reserve()));
    let outcome = bed.succeed(&bed.rebalance(indices));
    let said: Vec<_> = outcome.logs.iter().filter_map(|line| line.strip_prefix("Program log: ")).collect();
    assert!(said.ends_with(&["Nothing to move:", reason]), "{said:?}, not {reason}");
    assert!(events::decode(&outcome.logs).is_empty());
    let balances = |records: Vec<ValidatorStakeInfo>| -> Vec<_> {
        records.iter().map(|record| (record.active_stake_lamports, record.transient_stake_lamports)).collect()
    };
    assert_eq!((balances(bed.records()), bed.lamports(&bed.reserve())), (balances(before.0), before.1));
}

#[test]
fn a_rebalance_with_nothing_to_move_says_why() {
    let mut bed = Bed::fresh(Vm::beside_reference(), UNBALANCED);
    bed.set_weights(&[0; 4]);
    says(&mut bed, &[0, 1, 2, 3], "no validator has a weight");
    bed.set_weights(&[0, 1, 0, 0]);
    says(&mut bed, &[0, 2], Reason::NoWeight.message());

    let mut bed = Bed::fresh(bed.vm, &[(250, 0); 4]);
    says(&mut bed, &[0, 1, 2, 3], Reason::Balanced.message());

    let mut bed = Bed::fresh(bed.vm, UNBALANCED);
    bed.succeed(&bed.rebalance(&[0, 1, 2, 3]));
    says(&mut bed, &[0, 1, 2, 3], Reason::TransientStake.message());

    let mut bed = Bed::fresh(bed.vm, UNBALANCED);
    bed.both(&bed.pool.remove_validator(bed.stake(1), bed.transient(1))).expect("a removal");
    says(&mut bed, &[1], Reason::NotActive.message());

    let mut bed = Bed::fresh(bed.vm, &[(500, 0), (500, 0)]);
    bed.set_weights(&[1, 3]);
    says(&mut bed, &[1], Reason::ReserveSpent.message());
}

#[test]
fn a_validator_named_twice_is_served_once() {
    let mut bed = Bed::fresh(Vm::beside_reference(), UNBALANCED);
    bed.succeed(&bed.rebalance(&[0, 1, 2, 3]));
    let once = bed.records();
    let mut bed = Bed::fresh(bed.vm, UNBALANCED);
    let first = bed.triple(0);
    let triples = [0, 0, 1, 1, 2, 3, 0].map(|index| bed.triple(index));
    bed.succeed(&bed.pool.rebalance(&triples));
    let balances = |records: &[ValidatorStakeInfo]| -> Vec<_> {
        records.iter().map(|record| (record.active_stake_lamports, record.transient_stake_lamports)).collect()
    };
    assert_eq!(balances(&once), balances(&bed.records()));
    assert!(bed.lamports(&first.transient) > 0);
}

#[test]
fn a_validator_that_is_being_removed_may_be_given_the_weight_0() {
    let mut bed = Bed::fresh(Vm::beside_reference(), UNBALANCED);
    let vote = bed.records()[1].vote_account_address;
    bed.both(&bed.pool.remove_validator(bed.stake(1), bed.transient(1))).expect("a removal");
    let set =
        |bed: &mut Bed, weight| bed.ours(&bed.pool.set_weights(&[WeightEntry::new(1, &vote, weight)])).custom_error();
    assert_eq!(set(&mut bed, 1), Some(WeightOfRemovedValidator as u32));
    assert_eq!(set(&mut bed, 0), None);
}
