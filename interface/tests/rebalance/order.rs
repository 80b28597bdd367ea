//! Nobody gains by the order of calls, or by who is named in which.

use {
    crate::{
        callers::{Script, serve_all, serve_until_quiet},
        model::{Pool, STAKE_RENT},
        oracle::Plan,
        pools::{Family, pool},
        runner::{Outcome, check},
    },
    proptest::prelude::*,
    tidepool_interface::state::ValidatorStakeInfo,
};

/// What an epoch's calls did to each validator: what it was given, and what was taken from it.
fn outcome(before: &Pool, after: &Pool) -> Vec<(u64, u64)> {
    let of = |before: &ValidatorStakeInfo, after: &ValidatorStakeInfo| {
        let taken = before.active_stake_lamports.get() - after.active_stake_lamports.get();
        let is_new = before.transient_stake_lamports.get() == 0 && !after.extension.is_leaving();
        let moved = after.transient_stake_lamports.get().saturating_sub(STAKE_RENT);
        (if is_new { moved } else { 0 }, taken)
    };
    before.records.iter().zip(&after.records).map(|(before, after)| of(before, after)).collect()
}

/// Validators that could be asked to give.
fn over_target(pool: &Pool) -> u64 {
    let is_over = |(record, target): &(&ValidatorStakeInfo, u128)| {
        record.transient_stake_lamports.get() == 0 && *target < record.active_stake_lamports.get().into()
    };
    Plan::of(pool).targeted(pool).filter(is_over).count() as u64
}

/// Two ways of calling, each until nobody is served any more, come to the same.
///
/// What is taken from whom is the same to a few lamports: what is needed does not change when somebody is served, each part
/// is rounded down by less than a lamport, and what that leaves goes to those who are served later: less than a lamport for
/// each before them, so twice the number of validators in all.
///
/// What is given to whom follows likewise from what the reserve can spare. Only the rent that decreases will borrow is not
/// known before they are made: as much is withheld as they could borrow at most. Who is served before them has its part of
/// less, by that much together, and others the same more, hence twice. Where those few lamports bring a part under the
/// minimum, the minimum goes to the next in the given order instead: twice that, too.
fn come_to_the_same(pool: &Pool, one: &Pool, other: &Pool) -> Outcome {
    let (one, other) = (outcome(pool, one), outcome(pool, other));
    let difference = |of: fn(&(u64, u64)) -> u64| -> u64 {
        one.iter().zip(&other).map(|(one, other)| of(one).abs_diff(of(other))).sum()
    };
    let rounding = 2 * pool.records.len() as u64;
    let taken = difference(|(_, taken)| *taken);
    prop_assert!(taken <= rounding, "taken: {taken} lamports apart\n{one:?}\n{other:?}");
    let withheld = over_target(pool) * STAKE_RENT;
    let given = difference(|(given, _)| *given);
    let bound = rounding + 2 * withheld + 2 * pool.inputs.minimum_delegation;
    prop_assert!(given <= bound, "given: {given} lamports apart, more than {bound}\n{one:?}\n{other:?}");
    Ok(())
}

#[test]
fn no_gain_from_order_or_choice() {
    check(600, (pool(Family { validators: 60, ..Family::ANY }), Script::strategy(6, 40)), |(pool, script)| {
        let (mut in_order, mut at_will) = (pool.clone(), pool.clone());
        serve_all(&mut in_order)?;
        script.run(&mut at_will)?;
        let backwards: Vec<usize> = (0..pool.records.len()).rev().collect();
        serve_until_quiet(&mut at_will, &backwards)?;
        come_to_the_same(&pool, &in_order, &at_will)
    });
}

/// A call per validator, and one call for all: as a crank and as a single caller would do it.
#[test]
fn no_gain_from_grouping() {
    check(200, pool(Family { validators: 60, ..Family::ANY }), |pool| {
        let (mut together, mut apart) = (pool.clone(), pool.clone());
        serve_all(&mut together)?;
        let mut moved = true;
        while moved {
            moved = false;
            for index in 0..apart.records.len() {
                moved |= apart.call(&[index])?;
            }
        }
        prop_assert_eq!(together, apart, "a call that goes on must do as one that begins");
        Ok(())
    });
}

/// Increases first or decreases first: the caller's choice must not decide how much is taken.
#[test]
fn no_gain_from_serving_one_side_first() {
    check(400, pool(Family { validators: 60, ..Family::ANY }), |pool| {
        let (mut up_first, mut down_first) = (pool.clone(), pool.clone());
        let plan = Plan::of(&pool);
        let (up, down): (Vec<usize>, Vec<usize>) =
            (0..pool.records.len()).partition(|index| plan.lack(&pool, *index) > 0);
        for (pool, first, second) in [(&mut up_first, &up, &down), (&mut down_first, &down, &up)] {
            serve_until_quiet(pool, first)?;
            serve_until_quiet(pool, second)?;
            serve_all(pool)?;
        }
        come_to_the_same(&pool, &up_first, &down_first)
    });
}

/// What a call remembers of those whom it served is what a new call would find.
#[test]
fn a_call_agrees_with_a_fresh_survey() {
    check(200, (pool(Family { validators: 60, ..Family::ANY }), Script::strategy(4, 30)), |(mut pool, script)| {
        let validators = pool.records.len();
        let mut rebalance = pool.survey();
        for index in script.indices(validators) {
            pool.serve(&mut rebalance, index)?;
            let (mut remembered, mut fresh) = (rebalance.clone(), pool.survey());
            prop_assert_eq!(remembered.turnover_left(), fresh.turnover_left());
            for index in 0..validators {
                let verdicts = (remembered.verdict(&pool.records, index), fresh.verdict(&pool.records, index));
                prop_assert_eq!(verdicts.0, verdicts.1, "validator {} after a movement", index);
            }
        }
        Ok(())
    });
}

/// A validator that cannot be staked with loses its weight in the middle of a call, which then goes on as a new one would.
#[test]
fn a_renewed_call_agrees_with_a_fresh_survey() {
    let family = Family { validators: 60, ..Family::ANY };
    check(100, (pool(family), Script::strategy(2, 20), any::<u16>(), any::<u16>()), |case| {
        let (mut pool, script, cleared, passed) = case;
        let validators = pool.records.len();
        let (cleared, passed) = (usize::from(cleared) % validators, usize::from(passed) % validators);
        let mut rebalance = pool.survey();
        rebalance.pass_over(passed);
        for index in script.indices(validators) {
            pool.serve(&mut rebalance, index)?;
        }
        pool.records[cleared].extension.weight.set(0);
        rebalance.renew(&pool.records);
        let mut fresh = pool.survey();
        fresh.pass_over(passed);
        for index in 0..validators {
            prop_assert_eq!(rebalance.verdict(&pool.records, index), fresh.verdict(&pool.records, index));
        }
        Ok(())
    });
}
