//! Division of an amount among validators on the same side of their targets.

use super::distance::Side;
use crate::maths::{Wide, mul_div_floor};

/// Lamports to divide among the validators of one [`Side`].
///
/// Each validator's part is its deviation if the amount covers all deviations, and a pro rata part otherwise. A part below the
/// minimum delegation cannot move. The validators with the largest deviations then move the minimum delegation each, as far as the
/// amount suffices.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Allotment {
    side: Side,
    /// Lamports to divide pro rata.
    amount: u64,
    /// Lamports available for parts and their costs.
    available: u64,
    /// Lamports that each movement costs in addition to its part.
    cost: u64,
    /// The largest number of movements.
    movements: u64,
    /// Lamports of the minimum delegation.
    minimum: u64,
}

impl Allotment {
    /// Increases from `available` lamports of the reserve, which also cover `rent` for each transient account.
    pub fn of_increases(side: Side, available: u64, rent: u64, minimum: u64) -> Self {
        let amount = available.saturating_sub(side.count.saturating_mul(rent));
        Self { side, amount, available, cost: rent, movements: u64::MAX, minimum }
    }

    /// Decreases by `lamports` in total, through at most `movements` transient accounts.
    pub const fn of_decreases(side: Side, lamports: u64, movements: u64, minimum: u64) -> Self {
        Self { side, amount: lamports, available: lamports, cost: 0, movements, minimum }
    }

    /// Whether the amount covers every deviation.
    pub const fn covers_all(&self) -> bool {
        self.amount >= self.side.lamports && self.allows_all()
    }

    /// Whether a validator with this deviation moves without a selection.
    pub fn covers(&self, deviation: u64) -> bool {
        deviation >= self.covered_from()
    }

    /// The smallest deviation that moves without a selection; `u64::MAX` if all movements need one.
    pub fn covered_from(&self) -> u64 {
        if self.allows_all() { self.least_with_full_part() } else { u64::MAX }
    }

    /// Whether the amount allows one movement.
    pub const fn allows_one(&self) -> bool {
        self.movements > 0 && self.available >= self.minimum.saturating_add(self.cost)
    }

    /// Lamports that a selected validator with this deviation moves.
    pub fn part(&self, deviation: u64) -> u64 {
        self.pro_rata(deviation).max(self.minimum)
    }

    /// Pro rata part of a sum of deviations, rounded down.
    fn pro_rata(&self, deviations: u64) -> u64 {
        if self.amount >= self.side.lamports {
            return deviations;
        }
        // The amount is below the divisor, so the quotient fits.
        mul_div_floor(deviations, self.amount, self.side.lamports).unwrap_or(0)
    }

    /// The smallest deviation with a pro rata part of at least the minimum delegation.
    pub fn least_with_full_part(&self) -> u64 {
        if self.amount >= self.side.lamports {
            return 0;
        }
        let least = Wide::product(self.minimum, self.side.lamports).divide_up(self.amount);
        least.and_then(Wide::narrow).unwrap_or(u64::MAX)
    }

    /// The number of validators to select, in order of decreasing deviation. `full` has the validators with a pro rata part of at
    /// least the minimum delegation; `passed_over` of them cannot move. If all of `full` are covered ([`Self::covers`]), the
    /// selection has only the other validators.
    pub fn selected(&self, full: Side, passed_over: u64) -> u64 {
        let spent = self.pro_rata(full.lamports).saturating_add(full.count.saturating_mul(self.cost));
        let rest = self.available.saturating_sub(spent);
        let small = rest.checked_div(self.minimum.saturating_add(self.cost)).unwrap_or(0);
        // guard: selection-of-small-parts
        if self.allows_all() {
            return small;
        }
        full.count.saturating_sub(passed_over).saturating_add(small).min(self.movements)
    }

    /// Whether there is a movement for each validator.
    const fn allows_all(&self) -> bool {
        self.movements >= self.side.count
    }

    /// Whether at least one validator has a pro rata part of at least the minimum delegation, and there is a movement for each
    /// validator.
    pub fn has_full_parts(&self) -> bool {
        let average = self.side.lamports.checked_div(self.side.count).unwrap_or(0);
        self.covers(average)
    }

    /// The whole amount, for division in the list's order.
    pub const fn leftover(&self) -> Leftover {
        Leftover { lamports: self.available, cost: self.cost, movements: self.movements, minimum: self.minimum }
    }

    /// Number of validators in the division.
    pub const fn count(&self) -> u64 {
        self.side.count
    }
}

/// Lamports that remain for validators within the tolerance, after the movements of validators beyond it. A validator moves its
/// deviation, or the minimum delegation if that is more. The list's order decides, as far as the lamports suffice.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Leftover {
    pub lamports: u64,
    /// Lamports that each movement costs in addition.
    pub cost: u64,
    /// The largest number of movements.
    pub movements: u64,
    /// Lamports of the minimum delegation.
    pub minimum: u64,
}

impl Leftover {
    /// Whether the lamports suffice for one movement.
    pub const fn allows_one(&self) -> bool {
        self.movements > 0 && self.lamports >= self.minimum.saturating_add(self.cost)
    }

    /// Takes the part of a validator with this deviation, in lamports; `None` if the lamports do not suffice.
    pub const fn take(&mut self, deviation: u64) -> Option<u64> {
        if !self.allows_one() {
            return None;
        }
        let most = self.lamports.saturating_sub(self.cost);
        let wanted = if deviation > self.minimum { deviation } else { self.minimum };
        let part = if wanted < most { wanted } else { most };
        self.lamports = most.saturating_sub(part);
        self.movements = self.movements.saturating_sub(1);
        Some(part)
    }
}
