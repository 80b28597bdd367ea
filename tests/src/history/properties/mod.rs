//! Properties of the states that histories lead to.

mod adversary;
mod balanced;
mod convergence;
mod differential;
mod exits;
mod interruption;
mod invariants;
mod order;
mod outcasts;
mod rent_ladder;
mod unmerged;

pub use {
    adversary::ADVERSARY,
    balanced::BALANCED,
    convergence::CONVERGENCE,
    differential::{DIFFERENTIAL, OPERATIONS_BESIDE_REFERENCE},
    exits::EXITS,
    interruption::{EPOCH_TURN, INTERRUPTION},
    invariants::INVARIANTS,
    order::ORDER,
    outcasts::{CLOSED_VOTE, DELINQUENT},
    rent_ladder::{RENT_LADDER, RENT_LADDER_IN_ANY_POOL},
    unmerged::{UNMERGED, UNMERGED_IN_ANY_POOL},
};

use super::{Finding, Property, Spec, World};

/// No lamport is lost, and the list knows where each one is: checked at every step, and at the end of a crank.
pub const CONSERVATION: Property = Property::new("conservation", |world: &mut World, _| world.crank());

/// The reserve keeps its target and its rent: checked of every rebalance, in pools that have a target.
pub const RESERVE: Property = Property {
    prepare: |spec, random| {
        spec.policy.reserve_share = random.u16(1..=3_000).into();
        spec.policy.turnover_budget = random.u16(1_000..=10_000).into();
    },
    ..Property::new("reserve_target", rebalance_once_more)
};

/// The turnover budget holds: checked of every rebalance and of every decrease of the staker's, in pools that have one.
pub const TURNOVER: Property = Property {
    prepare: |spec, random| spec.policy.turnover_budget = random.u16(1..=3_000).into(),
    ..Property::new("turnover_budget_across_calls", rebalance_once_more)
};

/// All properties.
pub const ALL: &[Property] = &[
    CONSERVATION,
    RESERVE,
    TURNOVER,
    ORDER,
    ADVERSARY,
    CONVERGENCE,
    EXITS,
    BALANCED,
    INTERRUPTION,
    EPOCH_TURN,
    CLOSED_VOTE,
    DELINQUENT,
    UNMERGED,
    RENT_LADDER,
];

/// At the end of a history, a new epoch and a rebalance of all until nothing moves.
fn rebalance_once_more(world: &mut World, random: &mut fastrand::Rng) -> Result<(), Finding> {
    world.turn_epoch(1, 5);
    world.crank()?;
    let calls = super::crank::deal(world.all(), random);
    world.settle(&calls)
}

/// A cluster whose stake warms up and cools down within an epoch.
const fn quiet(spec: &mut Spec) {
    spec.cluster = (400_000_000_000_000_000, 1);
}
