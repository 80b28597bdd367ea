//! The order and the grouping of calls do not change the result.

use {
    crate::{
        callers::{Script, serve_all, serve_until_stable},
        oracle::Plan,
        pools::{Family, pool, pool_of_a_new_epoch},
        runner::check,
    },
    proptest::prelude::*,
};

/// Random calls before calls for all validators do not change the resulting pool.
#[test]
fn random_calls_before_do_not_change_the_result() {
    check(3_000, (pool_of_a_new_epoch(), Script::strategy(6, 40)), |(pool, script)| {
        let (mut in_order, mut at_will) = (pool.clone(), pool.clone());
        serve_all(&mut in_order)?;
        script.run(&mut at_will)?;
        let backwards: Vec<usize> = (0..pool.records.len()).rev().collect();
        serve_until_stable(&mut at_will, &backwards)?;
        prop_assert_eq!(in_order, at_will);
        Ok(())
    });
}

/// One call for all validators has the same result as a call per validator.
#[test]
fn grouping_does_not_change_the_result() {
    check(1_000, pool_of_a_new_epoch(), |pool| {
        let (mut together, mut apart) = (pool.clone(), pool.clone());
        let calls = serve_all(&mut together)?;
        prop_assert!(calls <= 1, "one call for all validators is enough");
        for index in 0..apart.records.len() {
            apart.call(&[index])?;
        }
        prop_assert_eq!(together, apart, "one call and separate calls differ");
        Ok(())
    });
}

/// Increases before decreases, and decreases before increases, have the same result.
#[test]
fn one_side_first_does_not_change_the_result() {
    check(2_000, pool_of_a_new_epoch(), |pool| {
        let (mut up_first, mut down_first) = (pool.clone(), pool.clone());
        let plan = Plan::of(&pool);
        let (up, down): (Vec<usize>, Vec<usize>) =
            (0..pool.records.len()).partition(|index| plan.below(&pool, *index) > 0);
        for (pool, first, second) in [(&mut up_first, &up, &down), (&mut down_first, &down, &up)] {
            serve_until_stable(pool, first)?;
            serve_until_stable(pool, second)?;
        }
        prop_assert_eq!(up_first, down_first);
        Ok(())
    });
}

/// After each movement, a call has the same verdicts as a new survey.
#[test]
fn a_call_agrees_with_a_fresh_survey() {
    check(1_000, (pool(Family { validators: 60, ..Family::ANY }), Script::strategy(4, 30)), |(mut pool, script)| {
        let validators = pool.records.len();
        let mut rebalance = pool.survey();
        for index in script.indices(validators) {
            pool.serve(&mut rebalance, index)?;
            let (mut continued, mut fresh) = (rebalance.clone(), pool.survey());
            prop_assert_eq!(continued.turnover_left(), fresh.turnover_left());
            for index in 0..validators {
                let verdicts = (continued.verdict(&pool.records, index), fresh.verdict(&pool.records, index));
                prop_assert_eq!(verdicts.0, verdicts.1, "validator {} after a movement", index);
            }
        }
        Ok(())
    });
}

/// After the weight of a validator is cleared within a call, the call has the same verdicts as a new survey.
#[test]
fn a_renewed_call_agrees_with_a_fresh_survey() {
    let family = Family { validators: 60, ..Family::ANY };
    check(100, (pool(family), Script::strategy(2, 20), any::<u16>(), any::<u16>()), |case| {
        let (mut pool, script, cleared, passed) = case;
        let validators = pool.records.len();
        let (cleared, passed) = (usize::from(cleared) % validators, usize::from(passed) % validators);
        let mut rebalance = pool.survey();
        rebalance.pass_over(&pool.records, passed);
        for index in script.indices(validators) {
            pool.serve(&mut rebalance, index)?;
        }
        pool.records[cleared].weight = 0;
        rebalance.renew(&pool.records);
        let mut fresh = pool.survey();
        fresh.pass_over(&pool.records, passed);
        for index in 0..validators {
            prop_assert_eq!(rebalance.verdict(&pool.records, index), fresh.verdict(&pool.records, index));
        }
        Ok(())
    });
}
