//! Validators whose stake cannot be moved, because their vote account is closed.

use {
    crate::{
        convergence::{FAMILY, can_converge, distances, epochs_to_rest},
        model::{Pool, SOL, STAKE_RENT},
        oracle::Plan,
        pools::{Family, pool, record},
        runner::check,
    },
    proptest::{collection::vec, prelude::*},
    std::cmp::Reverse,
    tidepool_core::rebalance::{Inputs, PASSED_OVER_MAX, Policy, Reason, Verdict},
};

/// Calls as the program does, until nothing moves. Validators with closed vote accounts are passed over. The caller names the largest
/// goes on. The caller names validators in the order of the selection, so that those in the way are passed over first: beyond the
/// tolerance the largest deviations, within it the list's order.
fn serve_around(pool: &mut Pool, closed: &[bool]) -> Result<bool, TestCaseError> {
    let plan = Plan::of(pool);
    let mut moved = false;
    loop {
        let mut order: Vec<usize> = (0..pool.records.len()).collect();
        let tolerance = u128::from(pool.tolerance());
        let beyond = |index: usize| Some(plan.below(pool, index)).filter(|lack| *lack > tolerance);
        order.sort_by_key(|index| (Reverse(beyond(*index)), *index));
        let mut rebalance = pool.survey();
        let mut moves = false;
        for index in order {
            let verdict = rebalance.verdict(&pool.records, index);
            if closed[index] && matches!(verdict, Verdict::Increase(_)) {
                rebalance.pass_over(&pool.records, index);
            } else {
                moves |= pool.serve(&mut rebalance, index)?.is_movement();
            }
        }
        moved |= moves;
        if !moves {
            return Ok(moved);
        }
    }
}

/// The other validators converge in the same time as without the closed vote accounts. The lamports for validators with closed vote
/// accounts, and a rent for each of them, stay in the reserve.
#[test]
fn convergence_around_closed_vote_accounts() {
    let closed = vec(prop::bool::weighted(0.2), FAMILY.validators);
    check(1_000, (pool(FAMILY), closed), |(mut pool, mut closed)| {
        pool.next_epoch(0);
        if !can_converge(&pool) {
            return Ok(());
        }
        closed.truncate(pool.records.len());
        let mut left = PASSED_OVER_MAX;
        closed.iter_mut().filter(|is| **is).for_each(|is| {
            *is = left > 0;
            left = left.saturating_sub(1);
        });
        let mut epochs = epochs_to_rest(&pool);
        while serve_around(&mut pool, &closed)? {
            prop_assert!(epochs > 0, "not at rest in time");
            epochs -= 1;
            pool.next_epoch(0);
        }
        let plan = Plan::of(&pool);
        let (tolerance, movement) = (u128::from(pool.tolerance()), u128::from(pool.required()));
        let most = tolerance.max(movement + u128::from(pool.inputs.minimum_delegation));
        let (mut waiting, mut most_below) = (0, 0);
        for (index, is_closed) in closed.iter().enumerate() {
            if *is_closed {
                waiting += plan.below(&pool, index) + u128::from(STAKE_RENT);
            } else {
                most_below = most_below.max(plan.below(&pool, index));
            }
        }
        let distances = distances(&pool);
        prop_assert!(most_below <= most, "{most_below} below target with an open vote account");
        let above = distances.above.saturating_sub(distances.out_of_reach + waiting);
        prop_assert!(above < tolerance.max(movement), "{above} left in the reserve");
        Ok(())
    });
}

/// Pro rata parts do not depend on passed-over validators. Within the tolerance the list's order decides, so later validators can move
/// more of their deviation.
#[test]
fn passed_over_validators_leave_pro_rata_parts_unchanged() {
    check(1_000, (pool(Family { validators: 60, ..Family::ANY }), vec(any::<u16>(), 1..=PASSED_OVER_MAX)), |case| {
        let (pool, passed) = case;
        let passed: Vec<usize> = passed.iter().map(|number| usize::from(*number) % pool.records.len()).collect();
        let (mut without, mut with) = (pool.survey(), pool.survey());
        passed.iter().for_each(|index| with.pass_over(&pool.records, *index));
        // Verdicts on transient stake also depend on its amount.
        let is_unmoved = |index: &usize| pool.records[*index].transient_lamports == 0;
        for index in (0..pool.records.len()).filter(|index| !passed.contains(index)).filter(is_unmoved) {
            let verdicts = (without.verdict(&pool.records, index), with.verdict(&pool.records, index));
            match verdicts {
                (Verdict::Nothing(Reason::OthersFurtherBelow), Verdict::Increase(_))
                | (Verdict::Nothing(Reason::OthersFurtherAbove), Verdict::Decrease(_))
                | (Verdict::Nothing(_), Verdict::Nothing(_)) => {}
                (Verdict::Increase(less), Verdict::Increase(more))
                | (Verdict::Decrease(less), Verdict::Decrease(more))
                    if less < more =>
                {
                    let record = &pool.records[index];
                    let target = without.target(record).expect("a target");
                    let deviation = target.abs_diff(record.active_lamports);
                    prop_assert!(deviation <= pool.tolerance(), "a validator beyond the tolerance moves more");
                    prop_assert!(more <= deviation.max(pool.inputs.minimum_delegation));
                }
                (without, with) => prop_assert_eq!(without, with),
            }
        }
        Ok(())
    });
}

/// A deposit for one of many equal validators goes to the first whose stake can be moved. A call can pass over as many validators as it
/// can name.
#[test]
fn the_next_validator_replaces_a_passed_over_one() {
    let inputs = Inputs {
        reserve_lamports: SOL + STAKE_RENT + Policy::DEFAULT.working_lamports(STAKE_RENT),
        last_epoch_total_lamports: 0,
        stake_rent: STAKE_RENT,
        minimum_delegation: SOL,
        policy: Policy::DEFAULT,
        ticket_lamports: 0,
        is_paused: false,
    };
    let pool = Pool { records: vec![record(1, 2 * SOL); PASSED_OVER_MAX + 2], inputs };
    let mut rebalance = pool.survey();
    let mut verdict = |index: usize, is_passed_over: bool| {
        let verdict = rebalance.verdict(&pool.records, index);
        if is_passed_over {
            rebalance.pass_over(&pool.records, index);
        }
        verdict
    };
    for index in 0..PASSED_OVER_MAX {
        assert_eq!(verdict(index + 1, false), Verdict::Nothing(Reason::OthersFurtherBelow));
        assert_eq!(verdict(index, true), Verdict::Increase(SOL));
    }
    assert_eq!(verdict(PASSED_OVER_MAX, true), Verdict::Increase(SOL));
    assert_eq!(verdict(PASSED_OVER_MAX + 1, false), Verdict::Nothing(Reason::OthersFurtherBelow));
}
