//! Nobody gains by the order or the choice of validators.

use {
    crate::{
        ensure,
        extended::{Finding, Property, SOL, Snapshot, World, crank::deal, movements::base_and_moving, oracle::held},
    },
    fastrand::Rng,
    solana_address::Address,
    std::collections::BTreeMap,
};

/// Two orders and groupings of the same rebalance give every validator the same; those that are served alone, before the
/// others, do not get more.
pub const ORDER: Property = Property::new("no_gain_from_order_or_choice", check);

/// What each validator was given, or, below zero, had taken from it.
type Amounts = BTreeMap<Address, i128>;

fn check(world: &mut World, random: &mut Rng) -> Result<(), Finding> {
    // Whoever cannot be staked with loses the weight when that is found out, and all targets change.
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
fn rounding(world: &World) -> i128 {
    let records = world.records();
    let oracle = world.oracle(&records, world.reserve());
    let givers = records.iter().zip(&oracle.targets);
    let givers = givers.filter(|(record, target)| target.is_some_and(|target| held(record) > target)).count();
    records.len() as i128 + 1 + givers as i128 * i128::from(world.stake_rent)
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
