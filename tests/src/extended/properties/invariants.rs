//! Anything may happen to any pool: the invariants hold.

use crate::{
    extended::{Property, Spec, Step},
    invariants::exit,
};

/// Steps of a history.
const STEPS: usize = 40;

/// The invariants, which are looked at in every step of every history, in worlds in which anything may happen; and in the end
/// everybody leaves.
pub const INVARIANTS: Property = Property {
    prepare: Spec::make_wild,
    steps: STEPS,
    draw: Step::draw_wild,
    ..Property::new("invariants", |world, _| exit::try_all(world))
};
