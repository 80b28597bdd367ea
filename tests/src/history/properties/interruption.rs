//! A crank may stop after any transaction: the next one goes on from there.

use {
    crate::{
        ensure,
        history::{
            Finding, Property, World,
            crank::{REBALANCE_CHUNK, last_lines},
            expectation::held,
        },
        invariants::records,
    },
    fastrand::Rng,
};

/// Interruptions of each history's crank.
const INTERRUPTIONS: usize = 3;

/// A crank that is interrupted after some transaction, and then repeated, ends in the state of one that was not.
pub const INTERRUPTION: Property =
    Property::new("a_crank_interrupted_after_any_transaction_and_repeated_ends_in_the_same_state", check_interruption);

/// The epoch turns between two transactions: the next crank finds a pool that it can bring up to date, and does.
pub const EPOCH_TURN: Property = Property::new("the_epoch_turns_between_two_transactions_of_a_crank", check_epoch_turn);

/// Brings the pool up to date and rebalances all of it, in calls of the same size and order each time; stops after this many
/// transactions. Returns how many there were.
fn crank(world: &mut World, most: usize) -> Result<usize, Finding> {
    let mut count = 0;
    for instruction in world.updates() {
        if count == most {
            return Ok(count);
        }
        let outcome = world.run(&instruction);
        ensure!(outcome.is_ok(), "interruption: an update failed: {}", last_lines(&outcome.logs));
        count += 1;
    }
    loop {
        let mut moved = 0;
        for call in world.all().chunks(REBALANCE_CHUNK) {
            if count == most {
                return Ok(count);
            }
            moved += world.rebalance(call)?;
            count += 1;
        }
        if moved == 0 {
            return Ok(count);
        }
    }
}

fn check_interruption(world: &mut World, random: &mut Rng) -> Result<(), Finding> {
    // An update in between would find them once stake was moved there, and all targets would change.
    world.forget_sent_ahead();
    world.heal();
    world.turn_epoch(1, 5);
    // The program does not know of it before an update.
    world.book.tampered.extend(world.votes.iter().copied());
    let start = world.snapshot();
    let count = crank(world, usize::MAX)?;
    // The second one counts donations to the addresses of new transient accounts.
    crank(world, usize::MAX)?;
    let end = world.snapshot();
    let rounding = rounding(world);
    for _ in 0..INTERRUPTIONS {
        world.restore(&start);
        let after = random.usize(0..=count);
        crank(world, after)?;
        crank(world, usize::MAX)?;
        crank(world, usize::MAX)?;
        let difference = end.difference(world, rounding);
        ensure!(difference.is_none(), "interruption after {after} of {count} transactions: {difference:?}");
    }
    records::check(world)
}

/// As in the order of calls: single lamports, and the rent that is set aside for those that may give.
fn rounding(world: &World) -> u64 {
    let records = world.records();
    let expectation = world.expectation(&records, world.reserve());
    let givers = records.iter().zip(&expectation.targets);
    let givers = givers.filter(|(record, target)| target.is_some_and(|target| held(record) > target)).count();
    records.len() as u64 + givers as u64 * world.stake_rent
}

fn check_epoch_turn(world: &mut World, random: &mut Rng) -> Result<(), Finding> {
    world.turn_epoch(1, 5);
    let start = world.snapshot();
    let count = crank(world, usize::MAX)?;
    for _ in 0..INTERRUPTIONS {
        world.restore(&start);
        crank(world, random.usize(0..count))?;
        world.turn_epoch(1, 5);
        // Who goes on with the old plan meets a pool that is out of date, and moves nothing.
        for call in world.all().chunks(REBALANCE_CHUNK) {
            let moved = world.rebalance(call)?;
            ensure!(moved == 0, "epoch turn: a pool that is out of date was rebalanced");
        }
        crank(world, usize::MAX)?;
        world.crank()?;
    }
    Ok(())
}
