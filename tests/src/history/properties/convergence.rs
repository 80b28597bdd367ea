//! A pool without flows comes to rest on its targets, and small inflows are put to work.

use {
    super::{exits::tokens_for, quiet},
    crate::{
        SOL, ensure,
        history::{
            Finding, Property, World,
            crank::deal,
            expectation::{Expectation, MINIMUM, held, is_active},
        },
    },
    fastrand::Rng,
    solana_address::Address,
    tidepool_core::rebalance::BASIS_POINTS,
    tidepool_interface::state::{RebalancePolicy, ValidatorStakeInfo},
};

/// Epochs that a pool has, beyond those that its turnover budget takes, for all weights to be met.
const EPOCHS: u64 = 8;

/// Epochs with a deposit of one SOL.
const INFLOWS: u64 = 4;

/// Turnover budget, in basis points, that lets a pool move all of its stake within some twenty epochs.
const LEAST_BUDGET: u16 = 500;

/// Without flows every weight and the reserve's target are met after a bounded number of epochs, from a reserve that SOL withdrawals
/// emptied; what then flows in by single SOL does not pile up.
pub const CONVERGENCE: Property = Property { prepare: prepare_spec, ..Property::new("convergence", check) };

/// A budget that suffices, and a cluster whose stake moves within one.
fn prepare_spec(spec: &mut crate::history::Spec, _: &mut Rng) {
    quiet(spec);
    let budget = spec.policy.turnover_budget.get().max(LEAST_BUDGET);
    spec.policy.turnover_budget = budget.into();
}

fn check(world: &mut World, random: &mut Rng) -> Result<(), Finding> {
    world.heal();
    empty_reserve(world)?;
    widen_budget(world, LEAST_BUDGET);
    let budget = u64::from(world.policy().turnover_budget.get());
    let epochs = EPOCHS + 2 * u64::from(BASIS_POINTS) / budget;
    for _ in 0..epochs {
        pass_epoch(world, random)?;
    }
    check_rest(world, None)?;
    for _ in 0..INFLOWS {
        let holder = world.holders[0];
        world.run(&world.pool.deposit_sol(holder.wallet, world.receiver(holder), None, SOL, None));
        pass_epoch(world, random)?;
    }
    pass_epoch(world, random)?;
    check_rest(world, None)
}

/// Brings the pool up to date, with the rents of decreases in the reserve: its first weight may be older than the rents.
pub fn fund_reserve(world: &mut World) -> Result<(), Finding> {
    world.crank()?;
    let holder = world.holders[0];
    world.run(&world.pool.deposit_sol(holder.wallet, world.receiver(holder), None, SOL, None));
    Ok(())
}

/// Holders withdraw all SOL that they can.
fn empty_reserve(world: &mut World) -> Result<(), Finding> {
    fund_reserve(world)?;
    for holder in world.holders.clone() {
        let tokens = tokens_for(world, holder, world.withdrawable());
        world.run(&world.pool.withdraw_sol(holder, None, tokens, None));
    }
    ensure!(world.reserve() >= world.working_lamports(), "convergence: SOL withdrawals took the rents of decreases");
    Ok(())
}

/// A history may have set a budget with which nothing moves, or next to nothing.
pub fn widen_budget(world: &mut World, least: u16) {
    let policy = world.policy();
    let total = world.expectation(&world.records(), world.reserve()).total;
    let two_sol = (2 * MINIMUM * u64::from(BASIS_POINTS)).div_ceil(total.max(1)).min(u64::from(BASIS_POINTS));
    let two_sol = u16::try_from(two_sol).expect("a share");
    let turnover_budget = policy.turnover_budget.get().max(least).max(two_sol).into();
    world.run(&world.pool.set_policy(RebalancePolicy { turnover_budget, ..policy }));
}

fn pass_epoch(world: &mut World, random: &mut Rng) -> Result<(), Finding> {
    world.turn_epoch(1, 0);
    world.crank()?;
    let calls = deal(world.all(), random);
    world.settle(&calls)
}

/// A deviation beyond the tolerance has a reason: the stake that is missing is held by
/// those that must keep their minimum, or that have no weight, or are at their cap.
///
/// `outcast` is a validator whose stake cannot be moved.
pub fn check_rest(world: &mut World, outcast: Option<Address>) -> Result<(), Finding> {
    // The last movements arrive.
    world.turn_epoch(1, 0);
    world.crank()?;
    let (records, reserve) = (world.records(), world.reserve());
    let expectation = world.expectation(&records, world.reserve());
    let served = records.iter().zip(&expectation.targets).filter_map(|(record, target)| Some((record, (*target)?)));
    let off = expectation.tolerance + expectation.slack;
    let is_outcast = |record: &ValidatorStakeInfo| outcast == Some(record.vote_account_address);
    let cannot_give = |(record, target): (&ValidatorStakeInfo, u64)| {
        // Activating stake of a deactivated validator cannot be merged, and stays where it is.
        let surplus = held(record).saturating_sub(target);
        if is_outcast(record) { surplus } else { cannot_give(record, target, world.stake_rent) }
    };
    let stuck: u64 = served.clone().map(cannot_give).sum();
    // The reserve may have less than a SOL too much, and others may be asked for a SOL or more only: together that is two.
    let least = off.max(2 * MINIMUM + expectation.slack);
    let mut over = 0;
    let mut short = expectation.reserve_target.saturating_sub(reserve);
    for (record, target) in served.filter(|(record, _)| !is_outcast(record)) {
        let active = record.active_stake_lamports.get();
        ensure!(
            target.saturating_sub(active) <= least + stuck,
            "convergence: {active} lamports, under the target {target}: {expectation:?}, {reserve} in the reserve, {records:?}"
        );
        let shortfall = target.saturating_sub(active);
        // To one close to its cap, little cannot be given.
        if shortfall >= MINIMUM || active + MINIMUM <= expectation.cap {
            short += shortfall;
        }
        let kept = cannot_give((record, target));
        over = over.max(active.saturating_sub(target).saturating_sub(kept));
    }
    // Stake over the caps stays with its validators.
    // An outcast that is over its target keeps its part of the inflow, and so slows the others down.
    ensure!(
        over <= off || short <= least || outcast.is_some(),
        "convergence: {over} lamports over a target, where {short} are lacking: {expectation:?}, {reserve} in the reserve, {records:?}"
    );
    // The part of an outcast stays in the reserve.
    if outcast.is_some() { Ok(()) } else { check_reserve(&records, reserve, stuck, &expectation) }
}

/// Lamports with validators that stay in the pool and have no weight.
fn settled(records: &[ValidatorStakeInfo]) -> u64 {
    let without_weight = records.iter().filter(|record| is_active(record) && record.extension.weight() == 0);
    without_weight.map(|record| record.active_stake_lamports.get()).sum()
}

fn check_reserve(
    records: &[ValidatorStakeInfo],
    reserve: u64,
    stuck: u64,
    expectation: &Expectation,
) -> Result<(), Finding> {
    let (target, off) = (expectation.reserve_target, expectation.tolerance + expectation.slack);
    let has_weights = expectation.targets.iter().any(|target| target.is_some());
    if !has_weights {
        return Ok(());
    }
    let given: u64 = expectation.targets.iter().flatten().sum();
    let settled = settled(records);
    // Where caps leave stake over, it stays in the reserve, with less than the least movement for each under its cap.
    let capped = expectation.targets.iter().flatten().filter(|target| **target >= expectation.cap).count() as u64;
    let left = expectation.total.saturating_sub(settled).saturating_sub(given).max(target) + capped * MINIMUM;
    ensure!(reserve <= left + off, "convergence: {reserve} lamports in the reserve, over {left}: {expectation:?}");
    let short = target.saturating_sub(reserve);
    // Without enough in the validators that have a weight it cannot be filled.
    let can_fill = expectation.total.saturating_sub(settled) >= target;
    ensure!(
        !can_fill || short <= off + stuck,
        "convergence: {reserve} lamports in the reserve, under {target}: {expectation:?}"
    );
    Ok(())
}

/// Lamports over its target that a validator keeps because stake accounts have a minimum, and so have movements.
fn cannot_give(record: &ValidatorStakeInfo, target: u64, stake_rent: u64) -> u64 {
    let active = record.active_stake_lamports.get();
    let spare = active.saturating_sub(MINIMUM + stake_rent);
    let surplus = active.saturating_sub(target);
    if spare < MINIMUM { surplus } else { surplus.saturating_sub(spare) }
}
