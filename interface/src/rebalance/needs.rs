//! Who asks for stake, who can give some, and what there is to share out.

use {
    super::{
        distance::{Distance, Kind, Off, Tally},
        furthest::Furthest,
        inputs::Inputs,
        targets::{Holdings, Targets},
        verdict::{Reason, Verdict},
    },
    crate::{maths::mul_div_floor, state::ValidatorStakeInfo},
};

/// Validators that can be passed over in one rebalance.
pub const PASSED_OVER_MAX: usize = 32;

/// A rebalance of a pool that is up to date: first looked at as a whole, then served validator by validator.
///
/// Whoever carries it out asks for a [`Verdict`], moves the stake, tells of it with [`Self::served`] and writes the record,
/// in this order. A rebalance that is begun anew in between goes on in just the same way.
#[derive(Clone, Debug)]
pub struct Rebalance {
    inputs: Inputs,
    /// What is to be in the reserve, in lamports.
    reserve_target: u64,
    /// Stake that may be on its way to the reserve, in lamports.
    turnover_budget: u64,
    weights: u64,
    leaving: u64,
    leaving_stake: u64,
    distance: Distance,
    tally: Tally,
    /// The validators that lack most, once somebody has asked.
    furthest_lacking: Option<Furthest>,
    /// The validators that can give most, likewise.
    furthest_giving: Option<Furthest>,
    passed_over: [u32; PASSED_OVER_MAX],
    passed_over_count: usize,
}

impl Rebalance {
    /// Looks at the whole pool. It takes a few scans of the list.
    #[inline(never)]
    pub fn survey(records: &[ValidatorStakeInfo], inputs: &Inputs) -> Self {
        let holdings = Holdings::scan(records, inputs);
        let reserve_target = inputs.reserve_target(holdings.total);
        let distance = Distance::new(Targets::new(records, &holdings, inputs, reserve_target), inputs);
        Self {
            inputs: *inputs,
            reserve_target,
            turnover_budget: inputs.turnover_budget(holdings.total),
            weights: holdings.weights,
            leaving: holdings.leaving,
            leaving_stake: holdings.leaving_stake,
            distance,
            tally: distance.tally(records),
            furthest_lacking: None,
            furthest_giving: None,
            passed_over: [0; PASSED_OVER_MAX],
            passed_over_count: 0,
        }
    }

    /// Lamports that the validator should have, rent of its stake account included; `None` where it has no target: without
    /// a weight, or on its way out.
    pub fn target(&self, record: &ValidatorStakeInfo) -> Option<u64> {
        let weight = record.extension.weight.get();
        (record.is_active() && weight > 0).then(|| self.distance.targets.of(weight))
    }

    /// Lamports that the reserve is to hold above its rent.
    pub const fn reserve_target(&self) -> u64 {
        self.reserve_target
    }

    /// Lamports that the reserve holds above its rent, after what was served.
    pub const fn reserve_lamports(&self) -> u64 {
        self.inputs.reserve_lamports
    }

    /// Lamports of stake that may still be sent on their way to the reserve; `u64::MAX` where there is no bound.
    pub const fn turnover_left(&self) -> u64 {
        if self.turnover_budget == u64::MAX {
            u64::MAX
        } else {
            self.turnover_budget.saturating_sub(self.leaving_stake)
        }
    }

    /// Whether any active validator has a weight.
    pub const fn has_weights(&self) -> bool {
        self.weights > 0
    }

    /// Leaves a validator out of the question who is furthest off, because its stake cannot be moved. It keeps its part
    /// of what is shared out in proportion: nobody gets more because of it.
    pub fn pass_over(&mut self, index: usize) {
        if let Some(slot) = self.passed_over.get_mut(self.passed_over_count) {
            *slot = index as u32;
            self.passed_over_count = self.passed_over_count.saturating_add(1);
        }
    }

    /// Looks at the whole pool anew, because a weight has changed. Who was passed over still is.
    pub fn renew(&mut self, records: &[ValidatorStakeInfo]) {
        let (passed_over, passed_over_count) = (self.passed_over, self.passed_over_count);
        *self = Self { passed_over, passed_over_count, ..Self::survey(records, &self.inputs) };
    }

    /// What to do about the validator at `index` now.
    #[inline(never)]
    pub fn verdict(&mut self, records: &[ValidatorStakeInfo], index: usize) -> Verdict {
        if self.inputs.is_paused {
            return Verdict::Nothing(Reason::Paused);
        }
        let Some(record) = records.get(index).filter(|record| record.is_active()) else {
            return Verdict::Nothing(Reason::NotActive);
        };
        if record.extension.weight.get() == 0 {
            return Verdict::Nothing(Reason::NoWeight);
        }
        if record.transient_stake_lamports.get() > 0 {
            return Verdict::Nothing(Reason::InMotion);
        }
        let Some(Off { kind, lamports }) = self.distance.of(record) else {
            return Verdict::Nothing(Reason::Balanced);
        };
        match kind {
            Kind::Lacks => self.increase(records, index, lamports),
            Kind::LacksWithin => self.increase_within(records, index, lamports),
            Kind::Gives => self.decrease(records, index, lamports),
            Kind::GivesWithin => self.decrease_within(records, index, lamports),
        }
    }

    /// Takes note that the verdict on the validator of `record` was carried out. `record` is as it was before.
    pub fn served(&mut self, record: &ValidatorStakeInfo, verdict: Verdict) {
        let (off, rent) = (self.distance.of(record), self.inputs.stake_rent);
        match verdict {
            Verdict::Nothing(_) => {}
            Verdict::Increase(lamports) => {
                let spent = lamports.saturating_add(rent);
                self.inputs.reserve_lamports = self.inputs.reserve_lamports.saturating_sub(spent);
                self.leaving = self.leaving.saturating_add(rent);
                match off {
                    Some(Off { kind: Kind::Lacks, lamports: lack }) => {
                        self.tally.lacking.remove(lack);
                        self.tally.demand = self.tally.demand.saturating_sub(lamports);
                    }
                    _ => self.tally.lacking_within = self.tally.lacking_within.saturating_sub(lamports),
                }
            }
            Verdict::Decrease(lamports) => {
                self.inputs.reserve_lamports = self.inputs.reserve_lamports.saturating_sub(rent);
                self.leaving = self.leaving.saturating_add(lamports).saturating_add(rent);
                self.leaving_stake = self.leaving_stake.saturating_add(lamports);
                match off {
                    Some(Off { kind: Kind::Gives, lamports: gives }) => self.tally.giving.remove(gives),
                    _ => self.tally.giving_within = self.tally.giving_within.saturating_sub(1),
                }
            }
        }
    }

    fn is_passed_over(&self, index: usize) -> bool {
        self.passed_over.iter().take(self.passed_over_count).any(|passed| *passed as usize == index)
    }

    /// Whether nobody who is free to be served is further off its target in the same way. Of equals, the lowest index counts
    /// for the furthest.
    fn is_furthest(&mut self, records: &[ValidatorStakeInfo], index: usize, kind: Kind) -> bool {
        let slot = match kind {
            Kind::Lacks | Kind::LacksWithin => self.furthest_lacking,
            Kind::Gives | Kind::GivesWithin => self.furthest_giving,
        };
        let is_gone = |index: usize| {
            self.is_passed_over(index)
                || records.get(index).is_none_or(|record| record.transient_stake_lamports.get() > 0)
        };
        let known = slot.filter(|furthest| furthest.kind == kind);
        let (furthest, first) = known
            .and_then(|mut furthest| furthest.first(is_gone).map(|first| (furthest, first)))
            .unwrap_or_else(|| {
                let mut furthest = self.distance.furthest(records, kind, |index| self.is_passed_over(index));
                let first = furthest.first(is_gone).flatten();
                (furthest, first)
            });
        match kind {
            Kind::Lacks | Kind::LacksWithin => self.furthest_lacking = Some(furthest),
            Kind::Gives | Kind::GivesWithin => self.furthest_giving = Some(furthest),
        }
        first == Some(index)
    }

    /// Lamports of the reserve above its target.
    const fn above_target(&self) -> u64 {
        self.inputs.reserve_lamports.saturating_sub(self.reserve_target)
    }

    /// Lamports of rent that the reserve will lend, at most, to those that are still to give.
    fn rents_to_lend(&self) -> u64 {
        let most = self.to_take().checked_div(self.inputs.minimum_delegation).unwrap_or(0);
        self.tally
            .giving
            .count
            .saturating_add(self.tally.giving_within)
            .min(most)
            .saturating_mul(self.inputs.stake_rent)
    }

    /// Lamports of the reserve above its target and above what it is to lend.
    fn spendable(&self) -> u64 {
        self.above_target().saturating_sub(self.rents_to_lend())
    }

    /// Lamports that the reserve can spare for stake: without the rent of those that lack some.
    fn available(&self) -> u64 {
        self.spendable().saturating_sub(self.tally.lacking.count.saturating_mul(self.inputs.stake_rent))
    }

    /// Lamports to take from validators: what others and the reserve lack and is not on its way yet, within the budget.
    fn to_take(&self) -> u64 {
        self.needed().min(self.turnover_left())
    }

    /// Lamports that others and the reserve lack and that are not on their way yet. What somebody has too much, beyond the
    /// tolerance, others lack together, though each of them by less.
    fn needed(&self) -> u64 {
        let wanted = self.tally.demand.saturating_add(self.reserve_target);
        let at_hand = self.inputs.reserve_lamports.saturating_add(self.leaving);
        // What was taken already must not bring the reserve within the tolerance: the last to give would be let off.
        let lacked = wanted.saturating_sub(at_hand.saturating_sub(self.leaving_stake));
        let needed = wanted.saturating_sub(at_hand);
        let is_balanced = self.tally.demand == 0 && lacked < self.inputs.tolerance();
        let needed = if is_balanced || needed < self.inputs.minimum_delegation { 0 } else { needed };
        let all = wanted.saturating_add(self.tally.lacking_within).saturating_sub(at_hand);
        needed.max(all.min(self.tally.giving.lamports))
    }

    /// For a validator that lacks more than the tolerance.
    fn increase(&mut self, records: &[ValidatorStakeInfo], index: usize, lack: u64) -> Verdict {
        let (available, minimum) = (self.available(), self.inputs.minimum_delegation);
        if available >= self.tally.lacking.lamports {
            return Verdict::Increase(lack);
        }
        let part = mul_div_floor(lack, available, self.tally.lacking.lamports).unwrap_or(0);
        if part >= minimum {
            return Verdict::Increase(part);
        }
        if self.spendable() < minimum.saturating_add(self.inputs.stake_rent) {
            return Verdict::Nothing(Reason::ReserveSpent);
        }
        if self.is_furthest(records, index, Kind::Lacks) {
            Verdict::Increase(minimum)
        } else {
            Verdict::Nothing(Reason::OthersLackMore)
        }
    }

    /// For a validator that lacks something, within the tolerance: it gets what the reserve has left over when those that
    /// lack more are served, and those in motion will be, with the next epoch.
    fn increase_within(&mut self, records: &[ValidatorStakeInfo], index: usize, lack: u64) -> Verdict {
        let minimum = self.inputs.minimum_delegation;
        let left = self.available().saturating_sub(self.tally.demand);
        let usable = left.saturating_sub(self.inputs.stake_rent);
        if left < self.inputs.tolerance() || usable < minimum {
            return Verdict::Nothing(Reason::Balanced);
        }
        if self.is_furthest(records, index, Kind::LacksWithin) {
            Verdict::Increase(lack.min(usable).max(minimum))
        } else {
            Verdict::Nothing(Reason::OthersLackMore)
        }
    }

    /// For a validator that is over its target by more than the tolerance.
    fn decrease(&mut self, records: &[ValidatorStakeInfo], index: usize, gives: u64) -> Verdict {
        let (to_take, minimum) = (self.to_take(), self.inputs.minimum_delegation);
        if let Some(reason) = self.why_not_take(to_take) {
            return Verdict::Nothing(reason);
        }
        let part = if to_take >= self.tally.giving.lamports {
            gives
        } else {
            mul_div_floor(gives, to_take, self.tally.giving.lamports).unwrap_or(0)
        };
        // Where the reserve cannot lend the rent to all of them it must not be the caller who says to whom.
        if part >= minimum && self.inputs.reserve_lamports >= self.rents_to_lend() {
            return Verdict::Decrease(part);
        }
        if self.is_furthest(records, index, Kind::Gives) {
            Verdict::Decrease(part.max(minimum))
        } else {
            Verdict::Nothing(Reason::OthersHaveMore)
        }
    }

    /// For a validator that is over its target within the tolerance: it gives what is needed beyond what the others give.
    fn decrease_within(&mut self, records: &[ValidatorStakeInfo], index: usize, gives: u64) -> Verdict {
        let minimum = self.inputs.minimum_delegation;
        let left = self.to_take().saturating_sub(self.tally.giving.lamports);
        if self.why_not_take(left).is_some() {
            return Verdict::Nothing(Reason::Balanced);
        }
        if self.inputs.reserve_lamports
            < self.tally.giving.count.saturating_add(1).saturating_mul(self.inputs.stake_rent)
        {
            return Verdict::Nothing(Reason::NoRentInReserve);
        }
        if self.is_furthest(records, index, Kind::GivesWithin) {
            Verdict::Decrease(gives.min(left).max(minimum))
        } else {
            Verdict::Nothing(Reason::OthersHaveMore)
        }
    }

    /// Why nothing can be taken where `lamports` are to be taken, if that is so.
    fn why_not_take(&self, lamports: u64) -> Option<Reason> {
        if self.needed() < self.inputs.minimum_delegation {
            Some(Reason::NothingNeeded)
        } else if self.turnover_left() < self.inputs.minimum_delegation {
            Some(Reason::BudgetSpent)
        } else if lamports < self.inputs.minimum_delegation {
            Some(Reason::NothingNeeded)
        } else if self.inputs.reserve_lamports < self.inputs.stake_rent {
            Some(Reason::NoRentInReserve)
        } else {
            None
        }
    }
}
