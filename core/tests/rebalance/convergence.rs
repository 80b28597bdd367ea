//! Without deposits and withdrawals, a pool converges to its targets.

use {
    crate::{
        callers::{Script, serve_all},
        model::{Pool, SOL, STAKE_RENT},
        oracle::Plan,
        pools::{Family, pool},
        runner::{Outcome, check},
    },
    proptest::prelude::*,
    tidepool_core::{
        Validator,
        rebalance::{Reason, Verdict},
    },
};

/// Deviations of a pool from its targets, in lamports.
pub struct Distances {
    /// Largest deviation of a validator below target.
    pub most_below: u128,
    /// Sum of the deviations below target of validators that the smallest movement would bring above the cap.
    pub out_of_reach: u128,
    /// Sum of the deviations of validators above target.
    pub over: u128,
    /// Largest deviation of a validator above target.
    pub most_over: u128,
    /// Deviation of the reserve above its target.
    pub above: u128,
    /// Deviation of the reserve below its target.
    pub short: u128,
}

pub fn distances(pool: &Pool) -> Distances {
    let plan = Plan::of(pool);
    let held = |record: &Validator| u128::from(record.active_lamports);
    let mut distances = Distances {
        most_below: 0,
        out_of_reach: 0,
        over: 0,
        most_over: 0,
        above: u128::from(pool.reserve()).saturating_sub(plan.reserve_target),
        short: plan.reserve_target.saturating_sub(pool.reserve().into()),
    };
    for (record, target) in plan.targeted(pool) {
        let below = target.saturating_sub(held(record));
        distances.most_below = distances.most_below.max(below);
        if !is_in_reach(pool, &plan, record) {
            distances.out_of_reach += below;
        }
        let over = held(record).saturating_sub(target);
        distances.over += over;
        distances.most_over = distances.most_over.max(over);
    }
    distances
}

/// Whether the smallest movement keeps a validator within the cap.
fn is_in_reach(pool: &Pool, plan: &Plan, record: &Validator) -> bool {
    let least = u128::from(record.active_lamports) + u128::from(pool.inputs.minimum_delegation);
    plan.cap.is_none_or(|cap| least <= cap)
}

/// Whether a pool can converge. The conditions:
///
/// * At least one validator has a weight.
/// * Every target allows the smallest decrease above it.
/// * The cap allows a target for all lamports.
/// * The budget allows the smallest movement.
/// * The reserve can lend one rent. An empty reserve waits for the next deposit.
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

/// Upper bound of the epochs until a pool without transient stake is at rest.
///
/// In an epoch, decreases reach the needed amount, within the budget, to less than the minimum delegation, so at least half of it. This
/// takes at most twice the epochs that the budget needs for all deviations above target. If rent exceeds the minimum delegation, it
/// causes two more delays:
///
/// * Increases do not cover all deviations, because they also need rents. The rents return in the next epoch. Each new movement then
///   borrows a rent again and stakes at least a minimum delegation.
/// * A reserve with a single rent to lend has that rent and a minimum delegation in the next epoch.
///
/// In both cases the lamports for `n` rents change by the factor `1 + minimum / rent` per epoch, to or from a single rent.
pub fn epochs_to_rest(pool: &Pool) -> usize {
    let budget = Plan::of(pool).budget.unwrap_or(u128::MAX);
    let epochs = distances(pool).over.div_ceil(budget) as usize;
    let factor = 1.0 + pool.inputs.minimum_delegation as f64 / STAKE_RENT as f64;
    let delay = ((pool.records.len() + 1) as f64).ln() / factor.ln();
    2 * epochs + 2 * delay.ceil() as usize + 4
}

/// Calls of an honest crank in each epoch, until nothing moves.
fn come_to_rest(pool: &mut Pool, most_epochs: usize) -> Result<usize, TestCaseError> {
    for epochs in 0..=most_epochs {
        if serve_all(pool)? == 0 {
            return Ok(epochs);
        }
        pool.next_epoch(0);
    }
    Err(TestCaseError::fail(format!("not at rest after {most_epochs} epochs: {pool:?}")))
}

/// Checks the deviations of a pool at rest.
///
/// Validators are below target by at most the tolerance, or by less than two minimum delegations and a rent: the reserve then cannot
/// spend enough for a movement. Validators are above target by at most the tolerance. The reserve deviates by less than the tolerance,
/// or by less than a movement and its rent. It also holds the lamports of validators that the smallest movement would bring above the
/// cap.
pub fn is_near_targets(pool: &Pool) -> Outcome {
    let (distances, tolerance) = (distances(pool), u128::from(pool.tolerance()));
    let movement = u128::from(pool.required());
    let most_below = tolerance.max(movement + u128::from(pool.inputs.minimum_delegation));
    prop_assert!(distances.most_below <= most_below, "{} below target", distances.most_below);
    prop_assert!(distances.most_over <= tolerance, "{} above target", distances.most_over);
    let above = distances.above.saturating_sub(distances.out_of_reach);
    prop_assert!(above < tolerance.max(movement), "{} left in the reserve", distances.above);
    prop_assert!(distances.short < tolerance, "the reserve is {} short", distances.short);
    Ok(())
}

/// Nothing moves, and the reason is never a larger deviation of another validator: that validator would then move.
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
        // The initial transient stake is merged.
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

/// Random calls in earlier epochs do not prevent convergence.
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

/// Deposits of a few SOL are staked within the epoch if a validator is below target. The remainder is less than a movement and its rent.
#[test]
fn small_inflows_are_not_stranded() {
    check(1_000, (pool(FAMILY), prop::collection::vec(SOL..5 * SOL, 1..6)), |(mut pool, inflows)| {
        pool.inputs.policy.threshold = 0;
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
            let can_take = |(record, target): (&Validator, u128)| {
                let is_below = target > record.active_lamports.into();
                is_below && record.transient_lamports == 0 && is_in_reach(&pool, &plan, record)
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
