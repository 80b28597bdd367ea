//! Which validators move where an amount does not cover all of them: those with the largest deviations.

use super::{
    allotment::Allotment,
    distance::{Distance, Kind, Side},
};
use crate::state::ValidatorStakeInfo;

/// Classes of deviations. Deviations of one class count as equal, and the lower index comes first: differences below a
/// thousandth of the largest deviation are not worth another scan of the list.
const CLASSES: usize = 1_024;

/// The line between the validators of one kind that move and those that do not.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Cut {
    pub kind: Kind,
    /// Lamports by more than which validators of this kind deviate.
    above: u64,
    /// Bits of a deviation within a class.
    shift: u32,
    /// Validators of a higher class move, those of a lower class do not; `CLASSES` where none moves.
    class: usize,
    /// The last index that moves in the class.
    last: usize,
}

impl Cut {
    /// Selects the validators of `kind` for an allotment that does not cover all of them. `is_passed_over` names those that
    /// cannot move. It takes one scan of the list, or two.
    #[inline(never)]
    pub fn new(
        distance: &Distance,
        records: &[ValidatorStakeInfo],
        kind: Kind,
        allotment: &Allotment,
        is_passed_over: impl Fn(usize) -> bool,
    ) -> Self {
        let above = distance.least(kind);
        let range = allotment.largest().saturating_sub(above);
        let bits = u64::BITS.saturating_sub(range.leading_zeros());
        let shift = bits.saturating_sub(CLASSES.trailing_zeros());
        let mut cut = Self { kind, above, shift, class: CLASSES, last: usize::MAX };

        let least = allotment.least_with_full_part();
        let mut counts = [0u16; CLASSES];
        let (mut full, mut passed_over) = (Side::default(), 0);
        distance.each(records, kind, |index, deviation| {
            let is_full = deviation.max(distance.minimum) >= least;
            if is_full {
                full.add(deviation.max(distance.minimum));
            }
            if is_passed_over(index) {
                passed_over = u64::from(is_full).wrapping_add(passed_over);
                return;
            }
            if let Some(count) = counts.get_mut(cut.class_of(deviation)) {
                *count = count.saturating_add(1);
            }
        });

        let mut left = allotment.selected(full, passed_over);
        if left == 0 {
            return cut;
        }
        for (class, count) in counts.iter().enumerate().rev() {
            cut.class = class;
            let count = u64::from(*count);
            if count >= left {
                if count > left {
                    cut.last = cut.nth(distance, records, left, is_passed_over);
                }
                return cut;
            }
            left = left.wrapping_sub(count);
        }
        cut
    }

    /// The index of the `n`th validator in the class of the line.
    #[inline(never)]
    fn nth(
        &self,
        distance: &Distance,
        records: &[ValidatorStakeInfo],
        n: u64,
        is_passed_over: impl Fn(usize) -> bool,
    ) -> usize {
        let (mut left, mut last) = (n, 0);
        distance.each(records, self.kind, |index, deviation| {
            if left > 0 && self.class_of(deviation) == self.class && !is_passed_over(index) {
                left = left.wrapping_sub(1);
                last = index;
            }
        });
        last
    }

    /// Whether the validator at `index`, with this deviation, moves.
    pub fn selects(&self, index: usize, deviation: u64) -> bool {
        let class = self.class_of(deviation);
        class > self.class || class == self.class && index <= self.last
    }

    fn class_of(&self, deviation: u64) -> usize {
        // The shift leaves as many bits as there are classes.
        (deviation.saturating_sub(self.above) >> self.shift) as usize
    }
}
