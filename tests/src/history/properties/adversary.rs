//! An honest crank has the last word in an epoch, after any moves of an adversary without a key.

use {
    super::{convergence::fund_reserve, quiet},
    crate::{
        ensure,
        history::{
            Finding, Operation, Property, World,
            crank::deal,
            expectation::{Expectation, MINIMUM, is_active},
            formulas::base_and_moving,
        },
    },
    fastrand::Rng,
    tidepool_interface::state::ValidatorStakeInfo,
};

/// Epochs in which the adversary acts.
const EPOCHS: usize = 3;

/// Moves of the adversary in an epoch, at most.
const MOVES: usize = 10;

/// After the honest crank no validator is above its target, or below it while the reserve has lamports to spare, by more than the
/// tolerance and a minimum delegation for each validator; a spent turnover budget, and rents that are all lent, are the exceptions.
pub const ADVERSARY: Property = Property {
    prepare: |spec, random| {
        quiet(spec);
        spec.policy.turnover_budget = [10_000, 1_000, random.u16(1..=3_000)][random.usize(0..3)].into();
    },
    ..Property::new("an_honest_crank_has_the_last_word", check)
};

fn check(world: &mut World, random: &mut Rng) -> Result<(), Finding> {
    world.heal();
    fund_reserve(world)?;
    for _ in 0..EPOCHS {
        world.turn_epoch(1, random.u64(0..5));
        world.crank()?;
        for _ in 0..random.usize(0..MOVES) {
            world.apply(&without_key(random))?;
        }
        world.crank()?;
        let calls = deal(world.all(), random);
        world.settle(&calls)?;
        check_settled(world)?;
    }
    Ok(())
}

/// A step that needs no key of the pool.
fn without_key(random: &mut Rng) -> Operation {
    loop {
        let step = Operation::draw(random);
        if matches!(
            step,
            Operation::DepositSol { .. }
                | Operation::WithdrawSol { .. }
                | Operation::WithdrawStake { .. }
                | Operation::DepositStake { .. }
                | Operation::UpdateSome { .. }
                | Operation::CountSome { .. }
                | Operation::UpdatePool
                | Operation::CrankBySpl { .. }
                | Operation::Rebalance { .. }
                | Operation::Donate { .. }
        ) {
            return step;
        }
    }
}

fn check_settled(world: &World) -> Result<(), Finding> {
    let (records, reserve, rent) = (world.records(), world.reserve(), world.stake_rent);
    let expectation = world.expectation(&records, reserve);
    let targeted =
        || records.iter().zip(&expectation.targets).filter_map(|(record, target)| Some((record, (*target)?)));
    let projected = |record: &ValidatorStakeInfo| {
        let (base, moving) = base_and_moving(record, rent);
        u64::try_from(base + moving).expect("lamports")
    };
    let count = records.len() as u64;
    // The cap keeps less than a movement from each validator that is close to it.
    let slack = (2 + 2 * count) * MINIMUM + expectation.slack;
    let below: u64 = targeted().map(|(record, target)| target.saturating_sub(projected(record))).sum();
    let is_covered = expectation.leaving + reserve + slack >= below + expectation.reserve_target + expectation.unplaced;
    // The staker's budget may be more than a rebalance's.
    let budget_left = expectation.budget.map_or(u64::MAX, |budget| budget.saturating_sub(expectation.leaving));
    let lent = records.iter().filter(|record| base_and_moving(record, rent).1 < 0).count() as u64;
    let working = world.working_lamports();
    ensure!(reserve + lent * rent >= working, "adversary: {reserve} lamports in the reserve, {lent} rents lent");
    let has_rent = lent < u64::from(world.policy().reserve_rents) || reserve >= rent;
    let can_take = budget_left >= (1 + count) * MINIMUM && has_rent && !is_covered;
    let off = expectation.tolerance + slack;
    for (record, target) in targeted() {
        let stake = projected(record);
        let spare = record.active_stake_lamports.get().saturating_sub(MINIMUM + rent);
        let excess = stake.saturating_sub(target).min(if spare >= MINIMUM { spare } else { 0 });
        let (what, spendable) = (state(record, &expectation), reserve.saturating_sub(expectation.reserve_target));
        ensure!(excess <= off || !can_take, "adversary: {excess} lamports above the target {target}, {what}");
        let shortfall = target.saturating_sub(stake);
        ensure!(
            shortfall <= expectation.tolerance + 2 * MINIMUM || spendable <= off,
            "adversary: {shortfall} lamports below the target {target}, the reserve could spare {spendable}, {what}"
        );
    }
    Ok(())
}

fn state(record: &ValidatorStakeInfo, expectation: &Expectation) -> String {
    format!("active: {}, {record:?}, {expectation:?}", is_active(record))
}
