//! The rent falls step by step and rises again, an epoch for each step.

use {
    crate::{
        ensure,
        history::{
            Finding, Operation, Property, RENT_LADDER as STEPS, Spec, World,
            crank::{deal, last_lines},
            expectation::MINIMUM,
        },
        invariants::exit,
        pool::ValidatorSpec,
    },
    fastrand::Rng,
};

/// Delegation that the SPL stake pool gave to new validators while the stake program had no minimum, in lamports. It is less than the
/// rent rises by.
const OLD_MINIMUM: u64 = 1_000_000;

/// Operations before the first step, and in each epoch.
const OPERATIONS: usize = 4;

/// In each epoch the pool can be updated and rebalanced, and holders leave.
pub const RENT_LADDER: Property =
    Property { prepare: add_small_stakes, operations: OPERATIONS, ..Property::new("rent_ladder", check) };

/// The same of pools of every kind, in worlds in which anything may happen.
pub const RENT_LADDER_IN_ANY_POOL: Property = Property {
    prepare: |spec, random| {
        spec.make_any(random);
        add_small_stakes(spec, random);
    },
    draw: Operation::draw_any,
    ..Property::new("rent_ladder_in_any_pool", check_any)
};

/// Gives some validators no more than the minimum.
fn add_small_stakes(spec: &mut Spec, random: &mut Rng) {
    for (validator, _) in &mut spec.validators {
        if random.u8(0..3) == 0 {
            *validator = ValidatorSpec::active([OLD_MINIMUM, MINIMUM][random.usize(0..2)], validator.transient);
        }
    }
}

fn check(world: &mut World, random: &mut Rng) -> Result<(), Finding> {
    walk(world, random, Operation::draw)
}

fn check_any(world: &mut World, random: &mut Rng) -> Result<(), Finding> {
    walk(world, random, Operation::draw_any)
}

fn walk(world: &mut World, random: &mut Rng, draw: fn(&mut Rng) -> Operation) -> Result<(), Finding> {
    world.book.sabotage = None;
    for _ in STEPS {
        world.pay_rewards(false);
        world.step_rent(random.u64(0..20));
        world.crank()?;
        rebalance(world, random)?;
        exit::try_one(world, world.holders[random.usize(0..world.holders.len())])?;
        for _ in 0..OPERATIONS {
            world.apply(&draw(random))?;
        }
    }
    exit::try_all(world)
}

fn rebalance(world: &mut World, random: &mut Rng) -> Result<(), Finding> {
    if !world.is_extended() {
        return Ok(());
    }
    let records = world.records();
    for call in deal(world.all(), random) {
        let validators: Vec<_> = call.iter().map(|index| world.rebalanced(*index, &records[*index])).collect();
        let outcome = world.run(&world.pool.rebalance(&validators));
        ensure!(outcome.is_ok(), "a rebalance failed: {}", last_lines(&outcome.logs));
    }
    world.take_finding()
}
