//! Tidepool beside the published SPL stake pool.

use crate::history::{Operation, Property, Spec};

/// Operations of a history.
pub const OPERATIONS_BESIDE_REFERENCE: usize = 60;

/// Both programs do the same, in a machine that has both ([`Machine::beside_reference`](crate::history::Machine)).
pub const DIFFERENTIAL: Property = Property {
    spec: Spec::draw_beside_reference,
    operations: OPERATIONS_BESIDE_REFERENCE,
    draw: Operation::draw_beside_reference,
    ..Property::new("differential", |_, _| Ok(()))
};
