//! Anything may happen to any pool: the invariants hold.

use crate::{
    history::{Operation, Property, Spec},
    invariants::exit,
};

/// Operations of a history.
const OPERATIONS: usize = 40;

/// The invariants, which are looked at in every step of every history, in worlds in which anything may happen; and in the end
/// all holders leave.
pub const INVARIANTS: Property = Property {
    prepare: Spec::make_any,
    operations: OPERATIONS,
    draw: Operation::draw_any,
    ..Property::new("invariants", |world, _| exit::try_all(world))
};
