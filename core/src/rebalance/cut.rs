//! Selection of validators if an amount does not cover all of them: the largest deviations move.

use super::{
    allotment::{Allotment, Leftover},
    distance::{Distance, Kind, Side},
};
use crate::row::ValidatorRow;

/// Number of classes of deviations. Deviations of one class count as equal, and the lower index comes first: a finer order would
/// cost another scan of the list.
const CLASSES: usize = 256;

/// Maximum number of ranked validators, and maximum length of a list with ranked validators. Beyond these, ranking would exceed a
/// transaction's compute units, and the lowest indices move.
const RANKED_MAX: u64 = 4_096;
const RANKED_LIST_MAX: usize = 8_192;

/// Whether a selection ranks `validators` in a list of this length. Otherwise the list's order decides.
pub const fn is_ranked(validators: u64, list_length: usize) -> bool {
    validators <= RANKED_MAX && list_length <= RANKED_LIST_MAX
}

/// The boundary between the validators of one kind that move and those that do not.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Cut {
    pub kind: Kind,
    /// From this deviation on, in lamports, validators move.
    all_from: u64,
    /// From this deviation on, in lamports, validators move up to the index `last`.
    some_from: u64,
    /// Last index that moves by `some_from`.
    last: usize,
    /// Maximum lamports that the validator at `last` moves.
    last_part: u64,
}

impl Cut {
    /// Selects the validators of `kind` for an allotment that does not cover all of them. Validators that are `is_passed_over`
    /// cannot move. Takes up to three scans of the list.
    #[inline(never)]
    pub fn new(
        distance: &Distance,
        records: &[impl ValidatorRow],
        kind: Kind,
        allotment: &Allotment,
        is_passed_over: impl Fn(usize) -> bool,
    ) -> Self {
        if is_ranked(allotment.count(), records.len()) {
            Self::by_rank(distance, records, kind, allotment, is_passed_over)
        } else {
            Self::by_index(distance, records, kind, allotment, is_passed_over)
        }
    }

    /// Selects validators within the tolerance. Takes at most one scan of the list.
    #[inline(never)]
    pub fn within(
        distance: &Distance,
        records: &[impl ValidatorRow],
        kind: Kind,
        leftover: Leftover,
        is_passed_over: impl Fn(usize) -> bool,
    ) -> Self {
        Self::in_order(distance, records, kind, leftover, |deviation| deviation, is_passed_over)
    }

    /// Selects the validators with a pro rata part of at least the minimum delegation. If there may be none, selects the lowest
    /// indices.
    #[inline(never)]
    fn by_index(
        distance: &Distance,
        records: &[impl ValidatorRow],
        kind: Kind,
        allotment: &Allotment,
        is_passed_over: impl Fn(usize) -> bool,
    ) -> Self {
        if allotment.has_full_parts() {
            let least = allotment.covered_from();
            return Self { kind, all_from: least, some_from: least, last: 0, last_part: 0 };
        }
        let part = |deviation| allotment.part(deviation);
        Self::in_order(distance, records, kind, allotment.leftover(), part, is_passed_over)
    }

    /// Selects validators in the list's order, as far as the lamports suffice.
    #[inline(always)]
    fn in_order(
        distance: &Distance,
        records: &[impl ValidatorRow],
        kind: Kind,
        mut leftover: Leftover,
        part: impl Fn(u64) -> u64,
        is_passed_over: impl Fn(usize) -> bool,
    ) -> Self {
        let mut cut = Self { kind, all_from: u64::MAX, some_from: 0, last: 0, last_part: 0 };
        distance.find(records, kind, |index, deviation| {
            if is_passed_over(index) {
                return false;
            }
            if let Some(part) = leftover.take(part(deviation)) {
                (cut.last, cut.last_part) = (index, part);
            }
            !leftover.allows_one()
        });
        cut
    }

    #[inline(never)]
    fn by_rank(
        distance: &Distance,
        records: &[impl ValidatorRow],
        kind: Kind,
        allotment: &Allotment,
        is_passed_over: impl Fn(usize) -> bool,
    ) -> Self {
        let above = distance.least(kind);
        let mut largest = above;
        distance.each(records, kind, |_, deviation| largest = largest.max(deviation));
        let range = largest.saturating_sub(above);
        let bits = u64::BITS.saturating_sub(range.leading_zeros());
        let shift = bits.saturating_sub(CLASSES.trailing_zeros());
        // The shift limits the index to the number of classes.
        let class_of = |deviation: u64| (deviation.saturating_sub(above) >> shift) as usize;

        let least = allotment.least_with_full_part();
        // Covered validators move without a selection: they are in no class.
        let covered_from = allotment.covered_from(); // guard: parts-without-selection
        let mut counts = [0u16; CLASSES];
        let (mut full, mut passed_over) = (Side::default(), 0);
        distance.each(records, kind, |index, deviation| {
            let is_full = deviation >= least;
            if is_full {
                full.add(deviation);
            }
            if deviation >= covered_from {
                return;
            }
            if is_passed_over(index) {
                passed_over = u64::from(is_full).wrapping_add(passed_over);
                return;
            }
            if let Some(count) = counts.get_mut(class_of(deviation)) {
                *count = count.saturating_add(1);
            }
        });

        let mut left = allotment.selected(full, passed_over);
        let mut cut = Self { kind, all_from: u64::MAX, some_from: u64::MAX, last: usize::MAX, last_part: u64::MAX };
        for (class, count) in counts.iter().enumerate().rev() {
            let count = u64::from(*count);
            if left == 0 {
                break;
            }
            // The required lamports of an account can limit a decrease to less than the tolerance.
            cut.some_from = if class == 0 { 0 } else { above.saturating_add((class as u64) << shift) };
            if count > left {
                cut.set_last(distance, records, left, |index, deviation| {
                    deviation < covered_from && class_of(deviation) == class && !is_passed_over(index)
                });
                break;
            }
            cut.all_from = cut.some_from;
            left = left.wrapping_sub(count);
        }
        cut
    }

    /// Sets `last` to the index of the `n`th validator that `is_counted`.
    #[inline(never)]
    fn set_last(
        &mut self,
        distance: &Distance,
        records: &[impl ValidatorRow],
        n: u64,
        is_counted: impl Fn(usize, u64) -> bool,
    ) {
        let mut left = n;
        let last = distance.find(records, self.kind, |index, deviation| {
            left = left.wrapping_sub(u64::from(is_counted(index, deviation)));
            left == 0
        });
        self.last = last.unwrap_or(records.len());
    }

    /// Lamports of its `part` that the validator at `index`, with this deviation, moves; `None` if it does not move.
    pub const fn limit(&self, index: usize, deviation: u64, part: u64) -> Option<u64> {
        if deviation >= self.all_from || deviation >= self.some_from && index < self.last {
            Some(part)
        } else if deviation >= self.some_from && index == self.last && self.last_part > 0 {
            Some(if part < self.last_part { part } else { self.last_part })
        } else {
            None
        }
    }
}
