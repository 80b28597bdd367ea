//! Nobody gains by the order of calls, or by who is named in which.

use {
    crate::{
        callers::{Script, serve_all, serve_until_quiet},
        oracle::Plan,
        pools::{Family, pool, pool_of_a_new_epoch},
        runner::check,
    },
    proptest::prelude::*,
};

/// Any calls, then calls for all validators: the same pool, to the lamport, as calls for all validators alone.
#[test]
fn no_gain_from_order_or_choice() {
    check(3_000, (pool_of_a_new_epoch(), Script::strategy(6, 40)), |(pool, script)| {
        let (mut in_order, mut at_will) = (pool.clone(), pool.clone());
        serve_all(&mut in_order)?;
        script.run(&mut at_will)?;
        let backwards: Vec<usize> = (0..pool.records.len()).rev().collect();
        serve_until_quiet(&mut at_will, &backwards)?;
        prop_assert_eq!(in_order, at_will);
        Ok(())
    });
}

/// A call per validator, and one call for all: as a crank and as a single caller would do it.
#[test]
fn no_gain_from_grouping() {
    check(1_000, pool_of_a_new_epoch(), |pool| {
        let (mut together, mut apart) = (pool.clone(), pool.clone());
        let calls = serve_all(&mut together)?;
        prop_assert!(calls <= 1, "one call for all validators does all");
        for index in 0..apart.records.len() {
            apart.call(&[index])?;
        }
        prop_assert_eq!(together, apart, "a call that goes on must do as one that begins");
        Ok(())
    });
}

/// Increases first or decreases first: the caller's choice must not decide how much moves.
#[test]
fn no_gain_from_serving_one_side_first() {
    check(2_000, pool_of_a_new_epoch(), |pool| {
        let (mut up_first, mut down_first) = (pool.clone(), pool.clone());
        let plan = Plan::of(&pool);
        let (up, down): (Vec<usize>, Vec<usize>) =
            (0..pool.records.len()).partition(|index| plan.lack(&pool, *index) > 0);
        for (pool, first, second) in [(&mut up_first, &up, &down), (&mut down_first, &down, &up)] {
            serve_until_quiet(pool, first)?;
            serve_until_quiet(pool, second)?;
        }
        prop_assert_eq!(up_first, down_first);
        Ok(())
    });
}

/// What a call remembers of those whom it served is what a new call would find.
#[test]
fn a_call_agrees_with_a_fresh_survey() {
    check(1_000, (pool(Family { validators: 60, ..Family::ANY }), Script::strategy(4, 30)), |(mut pool, script)| {
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
