//! Demoted validators: their stake leaves first, within the turnover budget, in whatever order the calls come.

use {
    crate::{
        model::{Pool, SOL, STAKE_RENT},
        pools::{Family, pool, pool_of_three},
        runner::{Outcome, check},
    },
    proptest::prelude::*,
    tidepool_core::rebalance::Verdict,
};

/// A pool and a mask of the validators that are demoted in it.
fn demoted_pool() -> impl Strategy<Value = Pool> {
    (pool(Family { validators: 12, ..Family::ANY }), any::<u16>(), any::<u16>()).prop_map(|(mut pool, one, other)| {
        for (index, record) in pool.records.iter_mut().enumerate() {
            if one & other & (1 << index) > 0 {
                (record.weight, record.is_demoted) = (0, true);
            }
        }
        pool
    })
}

/// Serves all validators in an order, one call each, until nothing moves.
fn settle(pool: &mut Pool, order: &[usize]) -> Outcome {
    for _ in 0..20 {
        let mut moved = false;
        for &index in order {
            let mut rebalance = pool.survey();
            let verdict = rebalance.verdict(&pool.records, index);
            check_verdict(pool, index, verdict)?;
            pool.apply(index, verdict);
            moved |= verdict.is_movement();
        }
        if !moved {
            return Ok(());
        }
    }
    Err(TestCaseError::fail("calls go on moving stake"))
}

fn check_verdict(pool: &Pool, index: usize, verdict: Verdict) -> Outcome {
    let (record, minimum) = (&pool.records[index], pool.inputs.minimum_delegation);
    let moving = record.transient_lamports.saturating_sub(STAKE_RENT);
    match verdict {
        Verdict::Increase(_) => prop_assert!(!record.is_demoted, "stake for a demoted validator"),
        Verdict::Decrease(lamports) => {
            let leaving = pool.leaving_stake() + u128::from(lamports)
                - u128::from(if record.is_deactivating { moving } else { 0 });
            let budget = u128::from(pool.survey().turnover_left()) + pool.leaving_stake();
            prop_assert!(lamports >= minimum && (leaving <= budget || lamports < moving), "beyond the budget");
            let base = record.active_lamports + if record.is_deactivating { moving } else { 0 };
            prop_assert!(base - lamports >= pool.required(), "too little is left");
        }
        Verdict::Recall | Verdict::Nothing(_) => {}
    }
    Ok(())
}

/// Lamports of a demoted validator that could leave.
fn surplus(pool: &Pool, index: usize) -> u64 {
    let record = &pool.records[index];
    let surplus = record.active_lamports.saturating_sub(pool.required());
    if record.is_active && record.is_demoted && surplus >= pool.inputs.minimum_delegation { surplus } else { 0 }
}

#[test]
fn the_order_of_calls_does_not_matter() {
    check(500, (demoted_pool(), Just((0..12usize).collect::<Vec<_>>()).prop_shuffle()), |(mut pool, order)| {
        // Only movements of this epoch's calls.
        pool.records.iter_mut().for_each(|record| record.transient_lamports = 0);
        let order: Vec<_> = order.into_iter().filter(|index| *index < pool.records.len()).collect();
        let in_order: Vec<_> = (0..pool.records.len()).collect();
        let (mut one, mut other) = (pool.clone(), pool);
        settle(&mut one, &in_order)?;
        settle(&mut other, &order)?;
        for (index, (one, other)) in one.records.iter().zip(&other.records).enumerate() {
            if one.is_demoted {
                prop_assert_eq!(one, other, "validator {}", index);
            }
        }
        Ok(())
    });
}

/// As long as a demoted validator has stake that the budget allows to leave, no other validator is decreased.
#[test]
fn their_stake_leaves_before_that_of_others() {
    check(500, demoted_pool(), |mut pool| {
        // Only movements of this epoch's calls.
        pool.records.iter_mut().for_each(|record| record.transient_lamports = 0);
        let indices: Vec<_> = (0..pool.records.len()).collect();
        settle(&mut pool, &indices)?;
        let (left, rents) = (pool.survey().turnover_left(), pool.reserve() / STAKE_RENT);
        let stays =
            indices.iter().any(|index| surplus(&pool, *index) > 0 && pool.records[*index].transient_lamports == 0);
        let others = pool
            .records
            .iter()
            .any(|record| !record.is_demoted && record.is_deactivating && record.transient_lamports > 0);
        prop_assert!(
            !stays || !others || left < pool.inputs.minimum_delegation || rents == 0,
            "others were decreased first"
        );
        Ok(())
    });
}

/// Within a bounded number of epochs a demoted validator has the minimum, also if the others are where they should be.
#[test]
fn a_demoted_validator_ends_at_the_minimum() {
    check(300, (demoted_pool(), 1u16..=10_000), |(mut pool, budget)| {
        pool.inputs.policy.turnover_budget = budget.max(500);
        let mut pool = pool.with_working_lamports();
        let indices: Vec<_> = (0..pool.records.len()).collect();
        for _ in 0..200 {
            settle(&mut pool, &indices)?;
            pool.next_epoch(0);
            if indices.iter().all(|index| surplus(&pool, *index) == 0) {
                return Ok(());
            }
        }
        let most = u64::try_from(pool.total()).unwrap_or(u64::MAX) / 10_000 * u64::from(budget.max(500));
        prop_assert!(most < pool.inputs.minimum_delegation, "stake stays with demoted validators: {pool:?}");
        Ok(())
    });
}

#[test]
fn one_that_is_stuck_does_not_hold_up_another() {
    let mut pool = pool_of_three([1_000 * SOL, 1_000 * SOL, 1_000 * SOL], 100 * SOL, 0).with_working_lamports();
    pool.inputs.policy.turnover_budget = 1_000;
    pool.inputs.last_epoch_total_lamports = 3_100 * SOL;
    for index in [0, 1] {
        (pool.records[index].weight, pool.records[index].is_demoted) = (0, true);
    }
    let mut rebalance = pool.survey();
    let Verdict::Decrease(first) = rebalance.verdict(&pool.records, 0) else { panic!("a decrease") };
    assert!(first.abs_diff(310 * SOL) < SOL);
    assert!(!rebalance.verdict(&pool.records, 1).is_movement(), "the budget is the first one's");
    rebalance.pass_over(&pool.records, 0);
    assert_eq!(rebalance.verdict(&pool.records, 1), Verdict::Decrease(first));
}

#[test]
fn activating_stake_of_a_demoted_validator_is_recalled() {
    let mut pool = pool_of_three([100 * SOL, 1_000 * SOL, 1_000 * SOL], 500 * SOL, 0).with_working_lamports();
    let verdict = pool.survey().verdict(&pool.records, 0);
    assert!(matches!(verdict, Verdict::Increase(_)), "{verdict:?}");
    pool.apply(0, verdict);
    (pool.records[0].weight, pool.records[0].is_demoted) = (0, true);
    let verdict = pool.survey().verdict(&pool.records, 0);
    assert_eq!(verdict, Verdict::Recall);
    pool.apply(0, verdict);
    let verdict = pool.survey().verdict(&pool.records, 0);
    assert_eq!(verdict, Verdict::Decrease(100 * SOL - pool.required()));
}
