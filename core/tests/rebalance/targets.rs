//! Targets are exact shares by weight, and no more than there is.

use {
    crate::{
        oracle::Plan,
        pools::{Family, pool},
        runner::check,
    },
    proptest::prelude::*,
};

/// Rounds in which the rule distributes lamports above the cap to others.
const ROUNDS: usize = 16;

#[test]
fn targets() {
    check(1_500, pool(Family::ANY), |pool| {
        let (plan, rebalance) = (Plan::of(&pool), pool.survey());
        prop_assert_eq!(u128::from(rebalance.reserve_target()), plan.reserve_target);
        let mut sum = 0;
        for (record, exact) in pool.records.iter().zip(&plan.targets) {
            let target = rebalance.target(record).map(u128::from);
            prop_assert_eq!(target.is_some(), exact.is_some(), "who has a target");
            let (Some(target), Some(exact)) = (target, *exact) else { continue };
            sum += target;
            prop_assert!(plan.cap.is_none_or(|cap| target <= cap), "a target over the cap");
            if plan.rounds <= ROUNDS {
                // The rule rounds the quotient and the remainder's part down one after the other.
                prop_assert!((target..=target + 1).contains(&exact), "{target} instead of {exact}");
            }
        }
        prop_assert!(sum <= plan.distributable, "targets of {sum}, and {} to share out", plan.distributable);
        Ok(())
    });
}
