//! A reserve that SOL withdrawals emptied is refilled by fee payers alone.

use crate::{
    callers::serve_all,
    history::{Step, steps},
    model::{Pool, STAKE_RENT},
    oracle::Plan,
    pools::{Family, pool},
    runner::check,
};

/// Lamports that the reserve is below its target, and lamports above target that validators with a weight can give.
fn short_and_takeable(pool: &Pool) -> (u128, u128) {
    let plan = Plan::of(pool);
    let minimum = pool.inputs.minimum_delegation;
    let takeable = |index: usize| {
        let Some(target) = plan.targets[index] else { return 0 };
        let excess = u128::from(pool.records[index].active_lamports).saturating_sub(target);
        let most = excess.min(pool.spare(index).into());
        if most < u128::from(minimum) { 0 } else { most }
    };
    let short = plan.reserve_target.saturating_sub(pool.reserve().into());
    (short, (0..pool.records.len()).map(takeable).sum())
}

/// Epochs of updates and rebalances in which a reserve reaches its target.
///
/// Each takes what the reserve needs, within the turnover budget, to less than the minimum delegation: half of it at least. Before
/// that there may be fewer rents than decreases. A lent rent comes back with a minimum delegation, so the rents grow by the factor
/// `1 + minimum / (2 * rent)` at least in an epoch, from one rent to one for each validator.
fn epochs_to_refill(pool: &Pool) -> usize {
    let (short, _) = short_and_takeable(pool);
    let budget = Plan::of(pool).budget.unwrap_or(u128::MAX);
    let factor = 1.0 + pool.inputs.minimum_delegation as f64 / (2 * STAKE_RENT) as f64;
    let delay = ((pool.records.len() + 1) as f64).ln() / factor.ln();
    2 * short.div_ceil(budget) as usize + delay.ceil() as usize + 3
}

/// From every state that a history leads to, with all SOL withdrawn that can be.
#[test]
fn a_reserve_is_refilled_in_a_bounded_number_of_epochs() {
    let family = Family { validators: 60, ..Family::ANY };
    check(1_000, (pool(family), steps(20)), |(pool, steps)| {
        let mut pool = pool.with_working_lamports();
        for step in &steps {
            pool.live(step)?;
        }
        pool.live(&Step::WithdrawSol(1_000))?;
        let minimum = u128::from(pool.inputs.minimum_delegation);
        if Plan::of(&pool).budget.is_some_and(|budget| budget < 2 * minimum) {
            // The policy lets no stake move.
            return Ok(());
        }
        let most = epochs_to_refill(&pool);
        for _ in 0..most {
            serve_all(&mut pool)?;
            pool.next_epoch(0);
        }
        let (short, takeable) = short_and_takeable(&pool);
        let is_refilled = short < u128::from(pool.tolerance()) || takeable < minimum;
        proptest::prop_assert!(
            is_refilled,
            "{short} lamports short after {most} epochs, {takeable} takeable: {pool:?}"
        );
        Ok(())
    });
}
