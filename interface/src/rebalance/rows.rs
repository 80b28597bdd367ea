//! Looking through the list.

use crate::state::ValidatorStakeInfo;

/// Something that is worked out from all records, one after the other.
pub(super) trait Visit {
    /// Looks at the next record. It is to be inlined: a call for each record would cost more than most of them take.
    fn visit(&mut self, record: &ValidatorStakeInfo);
}

/// Shows all records to `visitor`. In short rows, because the loop costs something itself.
#[inline(always)]
pub(super) fn visit_all<V: Visit>(records: &[ValidatorStakeInfo], mut visitor: V) -> V {
    let mut left = records;
    while let [first, second, third, fourth, rest @ ..] = left {
        visitor.visit(first);
        visitor.visit(second);
        visitor.visit(third);
        visitor.visit(fourth);
        left = rest;
    }
    for record in left {
        visitor.visit(record);
    }
    visitor
}
