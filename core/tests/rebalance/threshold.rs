//! Deviations within the threshold cause no movement. The deviations before the epoch's movements count.

use {
    crate::{
        callers::serve_until_stable,
        convergence::distances,
        model::SOL,
        oracle::Plan,
        pools::{pool_of_a_new_epoch, pool_of_three},
        runner::check,
    },
    proptest::prelude::*,
    tidepool_core::Validator,
};

#[test]
fn within_the_threshold_nothing_moves() {
    check(300, pool_of_a_new_epoch(), |mut pool| {
        let (plan, distances) = (Plan::of(&pool), distances(&pool));
        let deviation = |(record, target): (&Validator, u128)| target.abs_diff(record.active_lamports.into());
        let furthest = plan.targeted(&pool).map(deviation).max().unwrap_or(0);
        let threshold = furthest.max(distances.above + 1).max(distances.short + 1);
        // A floor above all existing lamports can exceed every threshold of 64 bits.
        if let Ok(threshold) = u64::try_from(threshold) {
            pool.inputs.policy.threshold = threshold;
            let all: Vec<usize> = (0..pool.records.len()).collect();
            prop_assert!(!pool.call(&all)?);
        }
        Ok(())
    });
}

/// The reserve is 60 SOL below target, more than the threshold of 40. After the first decrease, the second is still made.
#[test]
fn the_second_decrease_follows_the_first() {
    for order in [[0, 1, 2], [2, 1, 0]] {
        let mut pool = pool_of_three([145, 145, 70].map(|stake| stake * SOL), 40 * SOL, 40 * SOL);
        assert!(serve_until_stable(&mut pool, &order).is_ok());
        let left = pool.records.iter().map(|record| record.active_lamports / SOL).collect::<Vec<_>>();
        assert_eq!(left, [100, 100, 70]);
    }
}

/// The first validator is 15 SOL below target, the second 15 SOL above. The reserve can increase by 6 SOL, after which the deviation is
/// below the threshold. The second is decreased by 15 SOL in either order of calls.
#[test]
fn an_increase_does_not_reduce_a_decrease() {
    for order in [[0, 1, 2], [2, 1, 0]] {
        let mut pool = pool_of_three([85, 115, 94].map(|stake| stake * SOL), 106 * SOL, 10 * SOL);
        // One call per validator: each has a new survey.
        assert!(order.iter().all(|index| pool.call(&[*index]).is_ok()));
        assert_eq!(pool.leaving_stake(), u128::from(15 * SOL));
    }
}

/// The first validator is above target by twice the threshold. The others are below target by the threshold each, so together they need
/// all of it.
#[test]
fn deviations_within_the_threshold_add_up() {
    let mut pool = pool_of_three([120, 90, 90].map(|stake| stake * SOL), 100 * SOL, 10 * SOL);
    assert!(serve_until_stable(&mut pool, &[0, 1, 2]).is_ok());
    assert_eq!(pool.leaving_stake(), u128::from(20 * SOL));
}
