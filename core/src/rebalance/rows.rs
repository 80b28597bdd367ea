//! Scans of the validator list.

use crate::row::ValidatorRow;

/// A computation over all records, one after the other.
pub(super) trait Visit<R> {
    /// Visits the next record. Implementations must be inlined: a call per record would cost more than the visit of most records.
    fn visit(&mut self, record: &R);
}

/// Visits all records, four per iteration, because the loop itself costs compute units.
#[inline(always)]
pub(super) fn visit_all<R: ValidatorRow, V: Visit<R>>(records: &[R], mut visitor: V) -> V {
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
