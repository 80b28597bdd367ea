//! A pool with nothing to move says so, cheaply.

use {
    crate::{
        ensure,
        history::{Finding, Property, World, crank::deal},
    },
    fastrand::Rng,
};

/// Compute units of a rebalance that moves nothing: for itself, per record of the list, and per validator named.
const IDLE: [u64; 3] = [13_000, 160, 400];

/// A rebalance of a pool in which nothing is to be moved succeeds, changes no byte, and costs little.
pub const BALANCED: Property = Property::new("no_op_when_balanced", check);

fn check(world: &mut World, random: &mut Rng) -> Result<(), Finding> {
    // A validator whose stake cannot be moved is looked at again each time.
    world.heal();
    world.turn_epoch(1, 5);
    world.crank()?;
    let calls = deal(world.all(), random);
    world.settle(&calls)?;
    let before = world.snapshot();
    let records = world.records();
    for call in deal(world.all(), random) {
        let named: Vec<_> = call.iter().map(|index| world.rebalanced(*index, &records[*index])).collect();
        let outcome = world.run(&world.pool.rebalance(&named));
        ensure!(outcome.is_ok(), "balanced: a rebalance of nothing failed");
        let reason = outcome.logs.iter().position(|line| line.ends_with("Nothing to move:"));
        let reason = reason.and_then(|line| outcome.logs.get(line + 1));
        ensure!(reason.is_some_and(|line| line.starts_with("Program log: ")), "balanced: no reason is given");
        let units = outcome.result.compute_units_consumed;
        let most = IDLE[0] + IDLE[1] * records.len() as u64 + IDLE[2] * named.len() as u64;
        ensure!(units <= most, "balanced: {units} compute units, more than {most}");
    }
    let difference = before.difference(world, 0);
    ensure!(difference.is_none(), "balanced: {difference:?} changed");
    Ok(())
}
