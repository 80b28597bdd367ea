//! A pool that is left alone comes to rest near its targets.

use {
    crate::{
        callers::{Script, serve_all},
        model::{Pool, SOL, STAKE_RENT},
        oracle::Plan,
        pools::{Family, pool},
        runner::{Outcome, check},
    },
    proptest::prelude::*,
    tidepool_interface::{
        rebalance::{Reason, Verdict},
        state::ValidatorStakeInfo,
    },
};

/// How far a pool is off its targets.
pub struct Distances {
    pub most_lacking: u128,
    /// What those lack, together, to whom the least movement would give more than the cap allows.
    pub out_of_reach: u128,
    /// What all are over their targets, and the most that one is.
    pub over: u128,
    pub most_over: u128,
    /// What the reserve holds above its target, and below it.
    pub above: u128,
    pub short: u128,
}

pub fn distances(pool: &Pool) -> Distances {
    let plan = Plan::of(pool);
    let held = |record: &ValidatorStakeInfo| u128::from(record.active_stake_lamports.get());
    let mut distances = Distances {
        most_lacking: 0,
        out_of_reach: 0,
        over: 0,
        most_over: 0,
        above: u128::from(pool.reserve()).saturating_sub(plan.reserve_target),
        short: plan.reserve_target.saturating_sub(pool.reserve().into()),
    };
    for (record, target) in plan.targeted(pool) {
        let lack = target.saturating_sub(held(record));
        distances.most_lacking = distances.most_lacking.max(lack);
        if !is_in_reach(pool, &plan, record) {
            distances.out_of_reach += lack;
        }
        let over = held(record).saturating_sub(target);
        distances.over += over;
        distances.most_over = distances.most_over.max(over);
    }
    distances
}

/// Whether the least movement leaves a validator under the cap.
fn is_in_reach(pool: &Pool, plan: &Plan, record: &ValidatorStakeInfo) -> bool {
    let least = u128::from(record.active_stake_lamports.get()) + u128::from(pool.inputs.minimum_delegation);
    plan.cap.is_none_or(|cap| least <= cap)
}

/// Pools of which convergence can be asked.
///
/// Somebody has a weight. Every target leaves room for the least that can be taken from an account. The cap lets all stake
/// be placed. The budget allows the least movement. The reserve can lend one rent: an empty one, of a pool that keeps none,
/// waits for the next lamports that come in.
pub fn can_converge(pool: &Pool) -> bool {
    let plan = Plan::of(pool);
    let minimum = u128::from(pool.inputs.minimum_delegation);
    let targets = || plan.targets.iter().flatten();
    let placed = targets().sum::<u128>() + pool.records.len() as u128;
    targets().count() > 0
        && targets().all(|target| *target >= u128::from(pool.required()) + minimum)
        && placed >= plan.distributable
        && plan.budget.is_none_or(|budget| budget >= minimum)
        && pool.reserve() >= STAKE_RENT
}

/// Epochs in which a pool without stake in motion comes to rest.
///
/// An epoch takes what is needed, within the budget, to less than the minimum delegation, and so at least half: twice the
/// epochs that the budget needs for all that is too much anywhere. Rent makes two more delays, where it is more than the
/// minimum delegation. What increases leave for it is short of what validators lack: it comes back with the next epoch, when
/// each movement spends a minimum of it for good and borrows a rent again. A reserve that can lend but one rent has that
/// rent and a minimum to lend with the next epoch. Either way lamports for `n` rents shrink or grow by the factor
/// `1 + minimum / rent` in an epoch, to or from a single one.
pub fn epochs_to_rest(pool: &Pool) -> usize {
    let budget = Plan::of(pool).budget.unwrap_or(u128::MAX);
    let turns = distances(pool).over.div_ceil(budget) as usize;
    let factor = 1.0 + pool.inputs.minimum_delegation as f64 / STAKE_RENT as f64;
    let delay = ((pool.records.len() + 1) as f64).ln() / factor.ln();
    2 * turns + 2 * delay.ceil() as usize + 4
}

/// Calls by good people, epoch after epoch, until nothing moves.
fn come_to_rest(pool: &mut Pool, most_epochs: usize) -> Result<usize, TestCaseError> {
    for epochs in 0..=most_epochs {
        if serve_all(pool)? == 0 {
            return Ok(epochs);
        }
        pool.next_epoch(0);
    }
    Err(TestCaseError::fail(format!("not at rest after {most_epochs} epochs: {pool:?}")))
}

/// Where a pool rests.
///
/// Nobody lacks more than the tolerance; or a little more, if it would take a movement of less than the minimum delegation to
/// give it to them: what they lack together is then less than that and what the reserve cannot spend, which is less than
/// the minimum and a rent. The reserve is within the tolerance of its target; or within what a movement takes. It also keeps
/// what validators lack whom the least movement would bring over the cap.
///
/// Who is over the target by more than the tolerance keeps it only where nobody asks for it.
pub fn is_near_targets(pool: &Pool) -> Outcome {
    let (distances, tolerance) = (distances(pool), u128::from(pool.tolerance()));
    let movement = u128::from(pool.required());
    let lack = tolerance.max(movement + u128::from(pool.inputs.minimum_delegation));
    prop_assert!(distances.most_lacking <= lack, "{} lacking", distances.most_lacking);
    prop_assert!(distances.most_over <= tolerance, "{} over", distances.most_over);
    let above = distances.above.saturating_sub(distances.out_of_reach);
    prop_assert!(above < tolerance.max(movement), "{} left in the reserve", distances.above);
    prop_assert!(distances.short < tolerance, "the reserve is {} short", distances.short);
    Ok(())
}

/// Nothing moves, and everybody is told why: not that it is another's turn, since then it would be his.
pub fn is_at_rest(pool: &Pool) -> Outcome {
    let mut rebalance = pool.survey();
    for index in 0..pool.records.len() {
        let verdict = rebalance.verdict(&pool.records, index);
        let Verdict::Nothing(reason) = verdict else {
            return Err(TestCaseError::fail(format!("{verdict:?} at rest")));
        };
        prop_assert!(!matches!(reason, Reason::OthersFurtherBelow | Reason::OthersFurtherAbove), "{reason:?} at rest");
        prop_assert!(!reason.message().is_empty());
    }
    Ok(())
}

pub const FAMILY: Family = Family { validators: 200, is_unsettled: true, is_any_policy: false };

#[test]
fn convergence() {
    check(500, pool(FAMILY), |mut pool| {
        // What is in motion at first arrives.
        pool.next_epoch(0);
        if !can_converge(&pool) {
            return Ok(());
        }
        let most_epochs = epochs_to_rest(&pool);
        come_to_rest(&mut pool, most_epochs)?;
        is_near_targets(&pool)?;
        is_at_rest(&pool)
    });
}

/// Whoever called before, and however: the pool comes to rest as it would have without.
#[test]
fn convergence_after_any_callers() {
    check(200, (pool(FAMILY), prop::collection::vec(Script::strategy(3, 30), 0..8)), |(mut pool, scripts)| {
        pool.next_epoch(0);
        if !can_converge(&pool) {
            return Ok(());
        }
        let most_epochs = epochs_to_rest(&pool);
        for script in &scripts {
            script.run(&mut pool)?;
            pool.next_epoch(0);
        }
        come_to_rest(&mut pool, most_epochs)?;
        is_near_targets(&pool)?;
        is_at_rest(&pool)
    });
}

#[test]
fn no_op_when_balanced() {
    check(200, (pool(FAMILY), Script::strategy(4, 40)), |(mut pool, script)| {
        pool.next_epoch(0);
        if !can_converge(&pool) {
            return Ok(());
        }
        let most_epochs = epochs_to_rest(&pool);
        come_to_rest(&mut pool, most_epochs)?;
        let before = pool.clone();
        for _ in 0..3 {
            prop_assert!(!script.run(&mut pool)?, "something moved in a pool at rest");
            pool.next_epoch(0);
        }
        prop_assert_eq!(&before.records, &pool.records);
        is_at_rest(&pool)
    });
}

/// Deposits of a few SOL are staked within the epoch, to less than a movement takes, as soon as anybody lacks anything.
#[test]
fn small_inflows_are_not_stranded() {
    check(1_000, (pool(FAMILY), prop::collection::vec(SOL..5 * SOL, 1..6)), |(mut pool, inflows)| {
        pool.inputs.policy.threshold = 0.into();
        pool.next_epoch(0);
        if !can_converge(&pool) {
            return Ok(());
        }
        let most_epochs = epochs_to_rest(&pool);
        come_to_rest(&mut pool, most_epochs)?;
        for lamports in inflows {
            pool.inputs.reserve_lamports += lamports;
            serve_all(&mut pool)?;
            let (plan, distances) = (Plan::of(&pool), distances(&pool));
            let can_take = |(record, target): (&ValidatorStakeInfo, u128)| {
                let lacks = target > record.active_stake_lamports.get().into();
                lacks && record.transient_stake_lamports.get() == 0 && is_in_reach(&pool, &plan, record)
            };
            if plan.targeted(&pool).any(can_take) {
                let left = distances.above.saturating_sub(distances.out_of_reach);
                prop_assert!(left < u128::from(pool.required()), "{left} left in the reserve");
            }
            pool.next_epoch(0);
        }
        Ok(())
    });
}
