//! Below the threshold nothing moves; what counts is how far things were off before anybody was served.

use {
    crate::{
        callers::serve_until_quiet,
        convergence::distances,
        model::SOL,
        oracle::Plan,
        pools::{pool_of_a_new_epoch, pool_of_three},
        runner::check,
    },
    proptest::prelude::*,
    tidepool_interface::state::ValidatorStakeInfo,
};

#[test]
fn within_the_threshold_nothing_moves() {
    check(300, pool_of_a_new_epoch(), |mut pool| {
        let (plan, distances) = (Plan::of(&pool), distances(&pool));
        let off =
            |(record, target): (&ValidatorStakeInfo, u128)| target.abs_diff(record.active_stake_lamports.get().into());
        let furthest = plan.targeted(&pool).map(off).max().unwrap_or(0);
        let threshold = furthest.max(distances.above + 1).max(distances.short + 1);
        // A floor beyond all lamports there are has no threshold above it.
        if let Ok(threshold) = u64::try_from(threshold) {
            pool.inputs.policy.threshold.set(threshold);
            let everybody: Vec<usize> = (0..pool.records.len()).collect();
            prop_assert!(!pool.call(&everybody)?);
        }
        Ok(())
    });
}

/// The reserve is short of 60 SOL, more than the threshold of 40. When one gave its part, the other still gives its own.
#[test]
fn the_last_to_give_is_not_let_off() {
    for order in [[0, 1, 2], [2, 1, 0]] {
        let mut pool = pool_of_three([145, 145, 70].map(|stake| stake * SOL), 40 * SOL, 40 * SOL);
        assert!(serve_until_quiet(&mut pool, &order).is_ok());
        let left = pool.records.iter().map(|record| record.active_stake_lamports.get() / SOL).collect::<Vec<_>>();
        assert_eq!(left, [100, 100, 70]);
    }
}

/// The first lacks 15 SOL, and the second has as much too much. The reserve can give 6, and the second gives its own whoever
/// is asked first, although what is then lacking is less than the threshold.
#[test]
fn who_asked_goes_on_asking() {
    for order in [[0, 1, 2], [2, 1, 0]] {
        let mut pool = pool_of_three([85, 115, 94].map(|stake| stake * SOL), 106 * SOL, 10 * SOL);
        // A call for each, so that each has to find out anew what is lacked.
        assert!(order.iter().all(|index| pool.call(&[*index]).is_ok()));
        assert_eq!(pool.leaving_stake(), u128::from(15 * SOL));
    }
}

/// The first is over its target by twice the threshold, and the others lack no more than the threshold each: together they lack
/// what it has.
#[test]
fn who_has_too_much_gives_it_although_nobody_lacks_much() {
    let mut pool = pool_of_three([120, 90, 90].map(|stake| stake * SOL), 100 * SOL, 10 * SOL);
    assert!(serve_until_quiet(&mut pool, &[0, 1, 2]).is_ok());
    assert_eq!(pool.leaving_stake(), u128::from(20 * SOL));
}
