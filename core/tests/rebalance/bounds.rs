//! What no call can do, in any history of any pool. `Pool::call` checks it at every step; the tests here look for the
//! histories that would do it.

use {
    crate::{
        callers::{Script, serve_all},
        history::steps,
        model::{Pool, STAKE_RENT},
        oracle::Plan,
        pools::{Family, pool},
        runner::check,
    },
    proptest::prelude::*,
    tidepool_core::{
        Validator,
        rebalance::{Reason, Verdict},
    },
};

/// Increases do not reduce the reserve below its target. Decreases borrow at most one rent per decreased validator.
#[test]
fn reserve_target() {
    let family = Family { validators: 60, ..Family::ANY };
    check(300, (pool(family), Script::strategy(6, 40)), |(mut pool, script)| {
        let before = pool.reserve();
        let target = u64::try_from(Plan::of(&pool).reserve_target).expect("a reserve's target");
        let is_moving =
            |pool: &Pool| -> Vec<bool> { pool.records.iter().map(|record| record.transient_lamports > 0).collect() };
        let (moved, total) = (is_moving(&pool), pool.total());
        script.run(&mut pool)?;
        serve_all(&mut pool)?;
        prop_assert_eq!(pool.total(), total, "a rebalance must keep the pool's total");
        let is_decreased = |record: &Validator| record.transient_lamports > 0 && record.is_deactivating;
        let is_new = |(record, moved): &(&Validator, &bool)| is_decreased(record) && !**moved;
        let lent = pool.records.iter().zip(&moved).filter(is_new).count() as u64 * STAKE_RENT;
        prop_assert!(pool.reserve() >= before.min(target).saturating_sub(lent), "the reserve fell below its target");
        Ok(())
    });
}

/// The budget holds for any number of calls in an epoch, beside the staker's decreases and removals.
#[test]
fn turnover_budget() {
    let family = Family { validators: 30, ..Family::ANY };
    check(400, (pool(family), steps(30)), |(mut pool, steps)| {
        let budget = &mut pool.inputs.policy.turnover_budget;
        *budget = (*budget).min(3_000);
        for step in &steps {
            pool.live(step)?;
        }
        Ok(())
    });
}

/// Accounts keep their minimum balance, targets stay within the cap, and movements are at least the minimum delegation. Validators
/// without a weight and removed validators do not change.
#[test]
fn validators_keep_their_minimum_and_caps() {
    check(300, (pool(Family::ANY), steps(20)), |(mut pool, steps)| {
        for step in &steps {
            pool.live(step)?;
        }
        serve_all(&mut pool)?;
        Ok(())
    });
}

#[test]
fn rejects_an_index_beyond_the_list() {
    check(20, (pool(Family { validators: 5, ..Family::ANY }), any::<usize>()), |(pool, index)| {
        let index = index.max(pool.records.len());
        let verdict = pool.survey().verdict(&pool.records, index);
        prop_assert_eq!(verdict, Verdict::Nothing(Reason::NotActive));
        Ok(())
    });
}
