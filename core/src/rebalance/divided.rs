//! Division of the epoch's amounts among the validators.

use super::{
    allotment::{Allotment, Leftover},
    demoted::Demoted,
    distance::{Kind, Tally},
    inputs::Inputs,
    targets::Holdings,
};

/// Division of the epoch's amounts. It depends only on the pool's state before the epoch's movements, so the order and the choice
/// of calls do not change it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Divided {
    pub below: Allotment,
    pub below_within: Leftover,
    pub above: Allotment,
    pub above_within: Leftover,
    /// Lamports that the reserve and validators below target need, beyond the reserve's present and returning lamports.
    pub needed: u64,
    /// Lamports of stake to deactivate in this epoch, within the budget.
    pub to_take: u64,
    /// Maximum rent in lamports that the reserve lends to deactivating stake in this epoch.
    pub rents_to_lend: u64,
}

impl Divided {
    /// Divides the amounts of a pool, as if this epoch's movements were undone.
    pub fn new(
        inputs: &Inputs,
        tally: &Tally,
        holdings: &Holdings,
        demoted: &Demoted,
        reserve_target: u64,
        unplaced: u64,
        budget: u64,
    ) -> Self {
        let (rent, minimum, tolerance) = (inputs.stake_rent, inputs.minimum_delegation, inputs.tolerance());
        let reserve = inputs.reserve_lamports.saturating_add(holdings.moved);
        let at_hand = reserve.saturating_add(holdings.returning).saturating_add(demoted.lamports);
        let needed = needed(inputs, tally, at_hand, reserve_target, unplaced);
        let budget = budget.saturating_sub(holdings.returning_stake).saturating_sub(demoted.lamports); // guard: demoted-first
        let to_take = needed.min(budget); // guard: turnover-budget

        let most = to_take.checked_div(minimum).unwrap_or(0);
        let movements = tally.above.count.saturating_add(tally.above_within).min(most);
        let rents_to_lend = movements.saturating_add(demoted.movements).saturating_mul(rent);
        // guard: spend-above-reserve-target
        let spendable = reserve.saturating_sub(reserve_target).saturating_sub(rents_to_lend);
        let below = Allotment::of_increases(tally.below, spendable, rent, minimum);
        // Validators within the tolerance share the remainder.
        let left =
            spendable.saturating_sub(tally.below.lamports).saturating_sub(tally.below.count.saturating_mul(rent));
        let left = if below.covers_all() && left >= tolerance { left } else { 0 };
        let lendable = reserve.checked_div(rent).unwrap_or(u64::MAX).saturating_sub(demoted.movements);
        Self {
            below,
            below_within: Leftover { lamports: left, cost: rent, movements: u64::MAX, minimum },
            above: Allotment::of_decreases(tally.above, to_take, lendable, minimum),
            above_within: Leftover {
                lamports: to_take.saturating_sub(tally.above.lamports),
                cost: 0,
                movements: lendable.saturating_sub(tally.above.count),
                minimum,
            },
            needed,
            to_take,
            rents_to_lend,
        }
    }

    /// Whether the amounts suffice for a movement of this kind.
    pub const fn allows_one(&self, kind: Kind) -> bool {
        match kind {
            Kind::Below => self.below.allows_one(),
            Kind::BelowWithin => self.below_within.allows_one(),
            Kind::Above => self.above.allows_one(),
            Kind::AboveWithin => self.above_within.allows_one(),
        }
    }
}

/// Lamports that the reserve and validators below target need beyond `at_hand`.
///
/// Lamports above target beyond the tolerance are always needed: by the validators below target together, even if each of them is
/// within the tolerance, or by the reserve, which holds the lamports that the cap withholds from all validators.
fn needed(inputs: &Inputs, tally: &Tally, at_hand: u64, reserve_target: u64, unplaced: u64) -> u64 {
    let wanted = tally.below.lamports.saturating_add(reserve_target);
    let needed = wanted.saturating_sub(at_hand);
    let is_balanced = tally.below.count == 0 && needed < inputs.tolerance();
    let needed = if is_balanced || needed < inputs.minimum_delegation { 0 } else { needed };
    // A ticket waits for every missing lamport, also for one within the tolerance.
    let missing = inputs.claimed_lamports().saturating_sub(at_hand);
    // guard: tickets-beyond-tolerance
    let needed = if missing > 0 { needed.max(missing).max(inputs.minimum_delegation) } else { needed };
    let all = wanted.saturating_add(tally.below_within_lamports).saturating_add(unplaced).saturating_sub(at_hand);
    needed.max(all.min(tally.above.lamports))
}
