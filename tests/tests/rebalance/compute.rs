//! What a rebalance costs: the figures that planners pack transactions by.

use {
    fastrand::Rng,
    tidepool_core::maths::Fee,
    tidepool_interface::state::RebalancePolicy,
    tidepool_tests::{
        SOL,
        history::{Machine, Spec, World, crank::REBALANCE_CHUNK},
        pool::ValidatorSpec,
    },
};

/// Compute units of a rebalance of the first `named` validators of `count`, all with the same stake and weight.
fn units(
    machine: &mut Machine,
    count: usize,
    named: usize,
    reserve: u64,
    policy: RebalancePolicy,
    movements: bool,
) -> u64 {
    let validator = ValidatorSpec::active(100 * SOL, 0);
    let validators = vec![(validator, 100); count];
    let mut world = World::new(&Spec::extended(validators, reserve, Fee::default(), policy), machine);
    // As in a pool that has been cranked before: all bumps that can be known are.
    world.crank().expect("a pool that can be updated");
    let records = world.records();
    let mut indices: Vec<_> = (0..count).collect();
    Rng::with_seed(1).shuffle(&mut indices);
    let rebalanced: Vec<_> = indices[..named].iter().map(|index| world.rebalanced(*index, &records[*index])).collect();
    let outcome = world.run(&world.pool.rebalance(&rebalanced));
    assert!(outcome.is_ok(), "{:#?}", outcome.logs);
    let moved = world.records().iter().filter(|record| record.transient_stake_lamports.get() > 0).count();
    assert_eq!(moved, if movements { named } else { 0 });
    outcome.result.compute_units_consumed
}

#[test]
fn the_cost_of_a_rebalance() {
    let mut machine = Machine::with_invariants();
    let quiet = RebalancePolicy::DEFAULT;
    let needy = RebalancePolicy { reserve_share: 4_000.into(), ..quiet };
    println!("validators in the list: base, then each that rests, is increased, is decreased");
    for count in [1, 20, 200, 2_000] {
        let most = REBALANCE_CHUNK.min(count);
        let mut of = |named, reserve, policy, moves| units(&mut machine, count, named, reserve, policy, moves);
        let idle = [of(1, 0, quiet, false), of(most, 0, quiet, false)];
        let inflow = count as u64 * 20 * SOL;
        let increases = [of(1, inflow, quiet, true), of(most, inflow, quiet, true)];
        let lent = count as u64 * SOL / 10;
        let decreases = [of(1, lent, needy, true), of(most, lent, needy, true)];
        let each = |[one, many]: [u64; 2], alone: u64| {
            many.saturating_sub(one).checked_div(most as u64 - 1).unwrap_or(one.saturating_sub(alone))
        };
        let resting = each(idle, idle[0]);
        let base = idle[0].saturating_sub(resting);
        let (up, down) = (each(increases, base), each(decreases, base));
        println!("{count}: {base}, {resting}, {up}, {down}; of one: {}, {}, {}", idle[0], increases[0], decreases[0]);
        println!("    of {most}: {}, {}, {}", idle[1], increases[1], decreases[1]);
        // A transaction has 1.4 million: a whole chunk fits.
        assert!(decreases[1] < 1_000_000 && increases[1] < 1_000_000);
    }
}
