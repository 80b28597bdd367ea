//! Who asks for stake, who can give some, and what there is to share out.

use {
    super::{
        inputs::Inputs,
        targets::{Holdings, Targets, held},
        verdict::{Reason, Verdict},
    },
    crate::{maths::mul_div_floor, state::ValidatorStakeInfo},
};

/// Validators that can be passed over in one rebalance.
pub const PASSED_OVER_MAX: usize = 32;

/// The validator that is furthest off its target: its index and by how many lamports; the lowest index on a tie.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Furthest {
    index: usize,
    lamports: u64,
}

impl Furthest {
    #[inline(always)]
    fn consider(&mut self, index: usize, lamports: u64) {
        if lamports > self.lamports {
            *self = Self { index, lamports };
        }
    }

    const fn is(&self, index: usize) -> bool {
        self.lamports > 0 && self.index == index
    }
}

/// One side of a rebalance: those that are off their target by more than the tolerance.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Side {
    /// Lamports that they lack, or can give, together.
    lamports: u64,
    /// How many they are.
    count: u64,
    /// The one that is furthest off.
    furthest: Furthest,
    /// The furthest of those within the tolerance, which come after them.
    within: Furthest,
}

impl Side {
    #[inline(always)]
    fn add(&mut self, index: usize, lamports: u64, can_be_furthest: bool) {
        self.lamports = self.lamports.saturating_add(lamports);
        self.count = self.count.saturating_add(1);
        if can_be_furthest {
            self.furthest.consider(index, lamports);
        }
    }

    fn remove(&mut self, lamports: u64) {
        self.lamports = self.lamports.saturating_sub(lamports);
        self.count = self.count.saturating_sub(1);
    }
}

/// How far a validator that can be served is off its target.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Off {
    /// It lacks so many lamports, more than the tolerance.
    Lacks(u64),
    /// It lacks so many lamports, within the tolerance.
    LacksWithin(u64),
    /// It can give so many lamports, and is over by more than the tolerance.
    Gives(u64),
    /// It can give so many lamports, and is over within the tolerance.
    GivesWithin(u64),
}

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
    targets: Targets,
    /// Lamports that validators lack who lack more than the tolerance, those with stake in motion included.
    demand: u64,
    lacking: Side,
    giving: Side,
    /// Validators within the tolerance that could give.
    giving_within: u64,
    /// Whether somebody was served since the furthest were looked for.
    is_furthest_stale: bool,
    passed_over: [u32; PASSED_OVER_MAX],
    passed_over_count: usize,
}

impl Rebalance {
    /// Looks at the whole pool. It takes a few scans of the list.
    #[inline(never)]
    pub fn survey(records: &[ValidatorStakeInfo], inputs: &Inputs) -> Self {
        let holdings = Holdings::scan(records, inputs);
        let reserve_target = inputs.reserve_target(holdings.total);
        let mut this = Self {
            inputs: *inputs,
            reserve_target,
            turnover_budget: inputs.turnover_budget(holdings.total),
            weights: holdings.weights,
            leaving: holdings.leaving,
            leaving_stake: holdings.leaving_stake,
            targets: Targets::new(records, &holdings, inputs, reserve_target),
            demand: 0,
            lacking: Side::default(),
            giving: Side::default(),
            giving_within: 0,
            is_furthest_stale: false,
            passed_over: [0; PASSED_OVER_MAX],
            passed_over_count: 0,
        };
        this.scan(records);
        this
    }

    /// Lamports that the validator should have, rent of its stake account included; `None` where it has no target: without
    /// a weight, or on its way out.
    pub fn target(&self, record: &ValidatorStakeInfo) -> Option<u64> {
        let weight = record.extension.weight.get();
        (record.is_active() && weight > 0).then(|| self.targets.of(weight))
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
            self.is_furthest_stale = true;
        }
    }

    /// What to do about the validator at `index` now.
    #[inline(never)]
    pub fn verdict(&mut self, records: &[ValidatorStakeInfo], index: usize) -> Verdict {
        let Some(record) = records.get(index).filter(|record| record.is_active()) else {
            return Verdict::Nothing(Reason::NotActive);
        };
        if record.extension.weight.get() == 0 {
            return Verdict::Nothing(Reason::NoWeight);
        }
        if record.transient_stake_lamports.get() > 0 {
            return Verdict::Nothing(Reason::InMotion);
        }
        match self.off(record) {
            None => Verdict::Nothing(Reason::Balanced),
            Some(Off::Lacks(lamports)) => self.increase(records, index, lamports),
            Some(Off::LacksWithin(lamports)) => self.increase_within(records, index, lamports),
            Some(Off::Gives(lamports)) => self.decrease(records, index, lamports),
            Some(Off::GivesWithin(lamports)) => self.decrease_within(records, index, lamports),
        }
    }

    /// Takes note that the verdict on the validator of `record` was carried out. `record` is as it was before.
    pub fn served(&mut self, record: &ValidatorStakeInfo, verdict: Verdict) {
        let (off, rent) = (self.off(record), self.inputs.stake_rent);
        match verdict {
            Verdict::Nothing(_) => return,
            Verdict::Increase(lamports) => {
                let lamports = lamports.saturating_add(rent);
                self.inputs.reserve_lamports = self.inputs.reserve_lamports.saturating_sub(lamports);
                if let Some(Off::Lacks(lack)) = off {
                    self.lacking.remove(lack);
                    let rest = lack.saturating_sub(lamports);
                    let rest = if rest > self.inputs.tolerance() { rest } else { 0 };
                    self.demand = self.demand.saturating_sub(lack).saturating_add(rest);
                }
            }
            Verdict::Decrease(lamports) => {
                self.inputs.reserve_lamports = self.inputs.reserve_lamports.saturating_sub(rent);
                self.leaving = self.leaving.saturating_add(lamports).saturating_add(rent);
                self.leaving_stake = self.leaving_stake.saturating_add(lamports);
                match off {
                    Some(Off::Gives(gives)) => self.giving.remove(gives),
                    _ => self.giving_within = self.giving_within.saturating_sub(1),
                }
            }
        }
        self.is_furthest_stale = true;
    }

    /// Adds up who lacks and who gives.
    fn scan(&mut self, records: &[ValidatorStakeInfo]) {
        let tolerance = self.inputs.tolerance();
        (self.demand, self.giving_within) = (0, 0);
        (self.lacking, self.giving) = (Side::default(), Side::default());
        for (index, record) in records.iter().enumerate() {
            let weight = record.extension.weight.get();
            if weight == 0 || !record.is_active() {
                continue;
            }
            if record.transient_stake_lamports.get() > 0 {
                let lack = self.targets.of(weight).saturating_sub(held(record));
                if lack > tolerance {
                    self.demand = self.demand.saturating_add(lack);
                }
                continue;
            }
            let Some(off) = self.off(record) else { continue };
            let is_free = !self.is_passed_over(index);
            match off {
                Off::Lacks(lamports) => {
                    self.demand = self.demand.saturating_add(lamports);
                    self.lacking.add(index, lamports, is_free);
                }
                Off::LacksWithin(lamports) if is_free => self.lacking.within.consider(index, lamports),
                Off::Gives(lamports) => self.giving.add(index, lamports, is_free),
                Off::GivesWithin(lamports) if is_free => {
                    self.giving_within = self.giving_within.saturating_add(1);
                    self.giving.within.consider(index, lamports);
                }
                Off::LacksWithin(_) | Off::GivesWithin(_) => {}
            }
        }
        self.is_furthest_stale = false;
    }

    fn is_passed_over(&self, index: usize) -> bool {
        self.passed_over.iter().take(self.passed_over_count).any(|passed| *passed as usize == index)
    }

    /// How far an active validator with a weight and without stake in motion is off its target, where that matters.
    #[inline(always)]
    fn off(&self, record: &ValidatorStakeInfo) -> Option<Off> {
        let (target, active) = (self.targets.of(record.extension.weight.get()), record.active_stake_lamports.get());
        let (tolerance, minimum) = (self.inputs.tolerance(), self.inputs.minimum_delegation);
        if active < target {
            let lack = target.saturating_sub(active);
            if lack > tolerance {
                return Some(Off::Lacks(lack));
            }
            // What it is given may be more than it lacks, but must not exceed the cap.
            let fits = lack >= minimum || active.saturating_add(minimum) <= self.targets.cap;
            return fits.then_some(Off::LacksWithin(lack));
        }
        let surplus = active.saturating_sub(target);
        let spare = active.saturating_sub(self.inputs.required_lamports());
        if surplus == 0 || spare < minimum {
            return None;
        }
        let gives = surplus.min(spare);
        Some(if surplus > tolerance { Off::Gives(gives) } else { Off::GivesWithin(gives) })
    }

    fn refresh(&mut self, records: &[ValidatorStakeInfo]) {
        if self.is_furthest_stale {
            self.scan(records);
        }
    }

    /// Lamports of the reserve above its target.
    const fn above_target(&self) -> u64 {
        self.inputs.reserve_lamports.saturating_sub(self.reserve_target)
    }

    /// Lamports that the reserve can spare for stake: above its target, and without the rent that movements will borrow.
    fn available(&self) -> u64 {
        let decreases = self
            .giving
            .count
            .saturating_add(self.giving_within)
            .min(self.to_take().checked_div(self.inputs.minimum_delegation).unwrap_or(0));
        let rents = self.lacking.count.saturating_add(decreases).saturating_mul(self.inputs.stake_rent);
        self.above_target().saturating_sub(rents)
    }

    /// Lamports to take from validators: what others and the reserve lack and is not on its way yet, within the budget.
    fn to_take(&self) -> u64 {
        self.needed().min(self.turnover_left())
    }

    /// Lamports that others and the reserve lack and that are not on their way yet.
    fn needed(&self) -> u64 {
        let at_hand = self.inputs.reserve_lamports.saturating_add(self.leaving);
        let needed = self.demand.saturating_add(self.reserve_target).saturating_sub(at_hand);
        let least = if self.demand > 0 { self.inputs.minimum_delegation } else { self.inputs.tolerance() };
        if needed < least { 0 } else { needed }
    }

    /// For a validator that lacks more than the tolerance.
    fn increase(&mut self, records: &[ValidatorStakeInfo], index: usize, lack: u64) -> Verdict {
        let (available, minimum) = (self.available(), self.inputs.minimum_delegation);
        if available >= self.lacking.lamports {
            return Verdict::Increase(lack);
        }
        let part = mul_div_floor(lack, available, self.lacking.lamports).unwrap_or(0);
        if part >= minimum {
            return Verdict::Increase(part);
        }
        if self.above_target() < minimum.saturating_add(self.inputs.stake_rent) {
            return Verdict::Nothing(Reason::ReserveSpent);
        }
        self.refresh(records);
        if self.lacking.furthest.is(index) {
            Verdict::Increase(minimum)
        } else {
            Verdict::Nothing(Reason::OthersLackMore)
        }
    }

    /// For a validator that lacks something, within the tolerance: it gets what the reserve has left over when those that
    /// lack more are served.
    fn increase_within(&mut self, records: &[ValidatorStakeInfo], index: usize, lack: u64) -> Verdict {
        let minimum = self.inputs.minimum_delegation;
        let left = self.available().saturating_sub(self.lacking.lamports);
        let usable = left.saturating_sub(self.inputs.stake_rent);
        if left < self.inputs.tolerance() || usable < minimum {
            return Verdict::Nothing(Reason::Balanced);
        }
        self.refresh(records);
        if self.lacking.within.is(index) {
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
        if to_take >= self.giving.lamports {
            return Verdict::Decrease(gives);
        }
        let part = mul_div_floor(gives, to_take, self.giving.lamports).unwrap_or(0);
        if part >= minimum {
            return Verdict::Decrease(part);
        }
        self.refresh(records);
        if self.giving.furthest.is(index) {
            Verdict::Decrease(minimum)
        } else {
            Verdict::Nothing(Reason::OthersHaveMore)
        }
    }

    /// For a validator that is over its target within the tolerance: it gives what is needed beyond what the others give.
    fn decrease_within(&mut self, records: &[ValidatorStakeInfo], index: usize, gives: u64) -> Verdict {
        let minimum = self.inputs.minimum_delegation;
        let left = self.to_take().saturating_sub(self.giving.lamports);
        if self.why_not_take(left).is_some() {
            return Verdict::Nothing(Reason::Balanced);
        }
        self.refresh(records);
        if self.giving.within.is(index) {
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
