//! Adversaries with capital: they deposit, withdraw and rebalance in any order, with and without fees on withdrawals, and search
//! for their best move. They gain no lamport. An honest crank comes last in each epoch.
//!
//! What holds after it, whatever came before: no validator is above its target by more than the tolerance, none is below it while
//! the reserve has lamports to spare, and the reserve is being refilled. The exceptions are named: the turnover budget is spent, or
//! all rents of the policy are lent.

use {
    crate::{
        callers::serve_all,
        convergence::distances,
        history::{Step, steps},
        holder::{Fees, Holding, fees},
        model::{Pool, SOL, STAKE_RENT},
        oracle::Plan,
        pools::{Family, pool},
        runner::{Outcome, check},
    },
    proptest::{collection::vec, prelude::*},
    tidepool_core::Validator,
};

/// What an adversary wants after the honest crank.
#[derive(Clone, Copy, Debug)]
enum Aim {
    /// Stake at the first validator, above its target.
    OwnValidator,
    /// Stake that is deactivating, and so idles for an epoch.
    Idle,
    /// A last validator that is far below its target.
    Rival,
    /// A reserve far below its target.
    Reserve,
}

/// Activating and deactivating stake of a record.
fn moving(record: &Validator) -> (u128, u128) {
    let lamports = u128::from(record.transient_lamports.saturating_sub(STAKE_RENT));
    if record.is_deactivating { (0, lamports) } else { (lamports, 0) }
}

/// A validator's stake once the epoch's movements are through.
fn projected(record: &Validator) -> u128 {
    u128::from(record.active_lamports) + moving(record).0
}

impl Aim {
    fn of(self, pool: &Pool) -> i128 {
        let plan = Plan::of(pool);
        let excess = |index: usize| {
            let target = plan.targets[index].unwrap_or(0);
            projected(&pool.records[index]) as i128 - target as i128
        };
        match self {
            Self::OwnValidator => excess(0),
            Self::Idle => pool.records.iter().map(|record| moving(record).1 as i128).sum(),
            Self::Rival => -excess(pool.records.len() - 1),
            Self::Reserve => plan.reserve_target as i128 - i128::from(pool.reserve()),
        }
    }
}

/// What holds after an honest crank.
pub fn is_settled(pool: &Pool) -> Outcome {
    let (plan, distances) = (Plan::of(pool), distances(pool));
    let (minimum, tolerance) = (u128::from(pool.inputs.minimum_delegation), u128::from(pool.tolerance()));
    let (count, rent) = (pool.records.len() as u128, u128::from(STAKE_RENT));
    let reserve = u128::from(pool.reserve());
    let leaving = pool.leaving_stake();
    prop_assert!(plan.budget.is_none_or(|budget| leaving <= budget) || !pool_moved_within(pool), "over the budget");
    let budget_left = plan.budget.map_or(u128::MAX, |budget| budget.saturating_sub(leaving));
    let lent = pool.records.iter().filter(|record| moving(record).1 > 0).count() as u128;
    let working = u128::from(pool.working());
    prop_assert!(reserve + lent * rent >= working, "the reserve has {reserve} lamports, and has lent {lent} rents");
    // All rents are lent where as many decreases as the policy pays for came first.
    let has_rent = lent < u128::from(pool.inputs.policy.reserve_rents) || reserve >= rent;
    let can_take = budget_left >= (1 + count) * minimum && has_rent;
    // Rents are lent and returned, parts are rounded, and what the cap keeps from a validator stays where it is.
    // A movement of this epoch is changed by the minimum delegation at least: each validator may be that far off its part.
    let slack = (2 + count) * minimum + 2 * count * (rent + 1) + distances.out_of_reach;
    // What others are below target is deactivating already, with validators that have less than they should give.
    let returning: u128 = pool.records.iter().map(|record| moving(record).1).sum();
    let below: u128 = plan.targeted(pool).map(|(record, target)| target.saturating_sub(projected(record))).sum();
    let is_covered = returning + reserve + slack >= below + plan.reserve_target;
    let mut takeable = 0;
    let verdicts: Vec<_> = {
        let mut survey = pool.survey();
        (0..pool.records.len()).map(|index| survey.verdict(&pool.records, index)).collect()
    };
    for (record, target) in plan.targeted(pool) {
        let index = pool.records.element_offset(record).expect("a record");
        let stake = projected(record);
        let spare = u128::from(record.active_lamports).saturating_sub(pool.required().into());
        let excess = stake.saturating_sub(target).min(if spare >= minimum { spare } else { 0 });
        takeable += excess;
        prop_assert!(
            excess <= tolerance + slack || !can_take || is_covered,
            "validator {index} is {excess} lamports above its target {target}, {:?}: {pool:?}",
            verdicts[index]
        );
        let below = target.saturating_sub(stake);
        let spendable = reserve.saturating_sub(plan.reserve_target);
        prop_assert!(
            below <= tolerance.max(minimum) + minimum || spendable <= tolerance + slack,
            "validator {index} is {below} lamports below its target {target}, the reserve could spare {spendable}, {:?}: {pool:?}",
            verdicts[index]
        );
    }
    let short = plan.reserve_target.saturating_sub(reserve + returning.max(leaving));
    prop_assert!(
        short <= tolerance + slack || !can_take || takeable <= count * minimum,
        "the reserve stays {short} lamports short, and {takeable} could be taken"
    );
    Ok(())
}

/// Whether the budget can be compared: a budget that shrank with the pool does not turn stake back.
fn pool_moved_within(pool: &Pool) -> bool {
    u128::from(pool.inputs.last_epoch_total_lamports) <= pool.total()
}

/// Moves of an adversary without a key.
fn without_keys(steps: Vec<Step>) -> Vec<Step> {
    steps
        .into_iter()
        .filter(|step| !matches!(step, Step::Epoch(_) | Step::Decrease(..) | Step::Increase(..) | Step::SetWeight(..)))
        .collect()
}

fn aim() -> impl Strategy<Value = Aim> {
    prop::sample::select(&[Aim::OwnValidator, Aim::Idle, Aim::Rival, Aim::Reserve][..])
}

/// Per epoch, some scripts to choose the best from.
fn scripts() -> impl Strategy<Value = Vec<Vec<Vec<Step>>>> {
    vec(vec(steps(8).prop_map(without_keys), 4), 1..5)
}

/// Plays an epoch: the adversary's steps, the honest crank. Returns the pool and the adversary at the end of the epoch.
fn play(start: &Holding, script: &[Step]) -> Result<Holding, TestCaseError> {
    let mut holding = start.clone();
    for step in script {
        holding.act(step)?;
    }
    serve_all(&mut holding.pool)?;
    is_settled(&holding.pool)?;
    prop_assert!(holding.wealth() <= start.wealth(), "the adversary gains lamports");
    Ok(holding)
}

/// A pool with weights and the rents of its decreases, and an adversary who holds half of it.
fn holding(validators: usize) -> impl Strategy<Value = Holding> {
    let family = Family { validators, is_unsettled: false, is_any_policy: false };
    (pool(family), fees()).prop_map(|(pool, fees): (Pool, Fees)| Holding::new(pool.with_working_lamports(), fees))
}

/// 2,000 histories in each run: `TIDEPOOL_CASES_FACTOR=25` makes them 50,000.
#[test]
fn an_honest_crank_leaves_nothing_to_adversaries() {
    check(2_000, (holding(200), aim(), scripts()), |(mut holding, aim, epochs)| {
        for scripts in epochs {
            let mut outcomes = vec![];
            for script in &scripts {
                outcomes.push(play(&holding, script)?);
            }
            let best = outcomes.into_iter().max_by_key(|outcome| aim.of(&outcome.pool));
            holding = best.expect("an outcome");
            holding.pool.next_epoch(3);
        }
        Ok(())
    });
}

/// Deviations that an adversary left behind are gone two epochs after they stop, as far as the turnover budget allows.
#[test]
fn two_epochs_after_the_adversary_all_is_as_before() {
    check(300, (holding(60), scripts()), |(mut holding, epochs)| {
        holding.pool.inputs.policy.turnover_budget = 10_000;
        holding.pool.inputs.reserve_lamports += 100 * SOL;
        let wealth = holding.wealth();
        for scripts in &epochs {
            holding = play(&holding, &scripts[0])?;
            holding.pool.next_epoch(0);
        }
        prop_assert!(holding.wealth() <= wealth, "the adversary gains lamports without rewards");
        let mut pool = holding.pool;
        for _ in 0..2 {
            serve_all(&mut pool)?;
            pool.next_epoch(0);
        }
        serve_all(&mut pool)?;
        is_settled(&pool)?;
        let (distances, count) = (distances(&pool), pool.records.len() as u128);
        let most = u128::from(pool.tolerance() + pool.required()) + count * u128::from(STAKE_RENT);
        let plan = Plan::of(&pool);
        let is_small = plan.targets.iter().flatten().any(|target| *target < u128::from(2 * pool.required()));
        prop_assert!(
            distances.most_over <= most + distances.out_of_reach || is_small,
            "{} above target",
            distances.most_over
        );
        Ok(())
    });
}
