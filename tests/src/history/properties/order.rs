//! No validator gains by the order or the choice of validators.

use {
    crate::{
        SOL, ensure,
        history::{
            Finding, Property, Snapshot, World,
            crank::deal,
            expectation::{Expectation, held},
            formulas::base_and_moving,
        },
    },
    fastrand::Rng,
    solana_address::Address,
    std::collections::BTreeMap,
    tidepool_interface::state::ValidatorStakeInfo,
};

/// Two orders and groupings of the same rebalance give every validator the same; those that are served alone, before the
/// others, do not get more.
pub const ORDER: Property = Property::new("no_gain_from_order_or_choice", check);

/// What each validator was given, or, below zero, had taken from it.
type Amounts = BTreeMap<Address, i128>;

fn check(world: &mut World, random: &mut Rng) -> Result<(), Finding> {
    // A validator that cannot be delegated to loses its weight at the next rebalance, and all targets change.
    world.heal();
    world.crank()?;
    world.turn_epoch(1, 5);
    world.crank()?;
    if random.bool() {
        let holder = world.holders[0];
        let lamports = random.u64(SOL..500 * SOL);
        world.run(&world.pool.deposit_sol(holder.wallet, world.receiver(holder), None, lamports, None));
    }
    let start = world.snapshot();
    let all = world.all();
    let rounding = rounding(world);
    let first = amounts(world, &start, &deal(all.clone(), random))?;
    let second = amounts(world, &start, &deal(all.clone(), random))?;
    for (vote, amount) in &first {
        let other = second[vote];
        ensure!((amount - other).abs() <= rounding, "order: {vote} gets {amount} lamports, or {other}");
    }
    let mut some = all;
    random.shuffle(&mut some);
    some.truncate(random.usize(1..=some.len().max(1)));
    let chosen = amounts(world, &start, &deal(some.clone(), random))?;
    for index in some {
        let vote = world.records()[index].vote_account_address;
        let (alone, among_all) = (chosen[&vote], first[&vote]);
        ensure!(
            alone.abs() <= among_all.abs() + rounding,
            "choice: {vote} gets {alone} lamports where it is chosen, {among_all} among all"
        );
    }
    world.restore(&start);
    Ok(())
}

/// Each movement is rounded down to a lamport, and what the rounding leaves goes to those that come later. The rent that
/// those above their targets may borrow is set aside, and how many will is known in the end only.
///
/// Stake that began to activate in an earlier epoch, in a small cluster, is divided anew but cannot be recalled. What a validator
/// has of it beyond its part is missing for the last of the others.
fn rounding(world: &World) -> i128 {
    let records = world.records();
    let expectation = world.expectation(&records, world.reserve());
    let stuck = stuck_beyond_parts(world, &records, &expectation);
    let givers = records.iter().zip(&expectation.targets);
    let givers = givers.filter(|(record, target)| target.is_some_and(|target| held(record) > target)).count();
    records.len() as i128 + 1 + givers as i128 * i128::from(world.stake_rent) + stuck
}

/// Activating lamports of an earlier epoch that are beyond their validators' pro rata parts, together.
fn stuck_beyond_parts(world: &World, records: &[ValidatorStakeInfo], expectation: &Expectation) -> i128 {
    let rent = i128::from(world.stake_rent);
    let served = records.iter().zip(&expectation.targets).filter_map(|(record, target)| Some((record, (*target)?)));
    let amounts: Vec<_> = served
        .map(|(record, target)| {
            let (base, moving) = base_and_moving(record, world.stake_rent);
            (0.max(i128::from(target) - base), 0.max(moving))
        })
        .collect();
    let below: i128 = amounts.iter().map(|(below, _)| below).sum();
    let activating: i128 = amounts.iter().map(|(_, moving)| moving).sum();
    let rents = (1 + 2 * records.len() as i128) * rent;
    let available = i128::from(world.reserve()) + activating - i128::from(expectation.reserve_target) - rents;
    let part = |lamports: i128| if available >= below { lamports } else { lamports * 0.max(available) / below.max(1) };
    amounts.iter().map(|(below, moving)| 0.max(moving - part(*below))).sum()
}

fn amounts(world: &mut World, start: &Snapshot, calls: &[Vec<usize>]) -> Result<Amounts, Finding> {
    world.restore(start);
    let before = world.records();
    world.settle(calls)?;
    let stake_rent = world.stake_rent;
    let amounts = world.records().into_iter().zip(before).map(|(new, old)| {
        let moving = |record| base_and_moving(record, stake_rent).1;
        (new.vote_account_address, moving(&new) - moving(&old))
    });
    Ok(amounts.collect())
}
