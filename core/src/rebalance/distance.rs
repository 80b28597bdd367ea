//! Deviations of validators from their targets.

use {
    super::{
        inputs::Inputs,
        movement::base_stake,
        rows::{Visit, visit_all},
        targets::Targets,
    },
    crate::row::{ValidatorRow, is_weight},
};

/// Kind of a validator's deviation from its target.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    /// Below target by more than the tolerance.
    Below,
    /// Below target, within the tolerance.
    BelowWithin,
    /// Above target by more than the tolerance.
    Above,
    /// Above target, within the tolerance.
    AboveWithin,
}

impl Kind {
    /// Whether validators of this kind are below target.
    pub const fn is_below(self) -> bool {
        matches!(self, Self::Below | Self::BelowWithin)
    }
}

/// A validator's deviation from its target.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Deviation {
    pub kind: Kind,
    /// Lamports below target, or lamports above target by which the validator can be decreased.
    pub lamports: u64,
}

/// Validators on the same side of their targets.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Side {
    /// Sum of their deviations in lamports.
    pub lamports: u64,
    /// Number of validators.
    pub count: u64,
}

impl Side {
    #[inline(always)]
    pub fn add(&mut self, lamports: u64) {
        // The sum of all deviations does not exceed the pool's lamports.
        self.lamports = self.lamports.wrapping_add(lamports);
        self.count = self.count.wrapping_add(1);
    }
}

/// Sums of the deviations of all validators.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Tally {
    pub below: Side,
    /// Sum of the deviations below target within the tolerance, in lamports.
    pub below_within_lamports: u64,
    pub above: Side,
    /// Number of validators above target within the tolerance.
    pub above_within: u64,
}

/// Measures deviations: the targets, the tolerance and the limits of accounts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Distance {
    pub targets: Targets,
    /// Maximum deviation in lamports that causes no movement.
    pub tolerance: u64,
    /// Lamports of the minimum delegation.
    pub minimum: u64,
    /// Maximum target in lamports at which an increase by the minimum delegation stays within the cap.
    fits_up_to: u64,
    /// Lamports that must stay in a validator stake account.
    required: u64,
    /// Minimum balance in lamports for a decrease by the minimum delegation.
    decreases_from: u64,
    stake_rent: u64,
}

/// The target of one weight, cached because consecutive validators often have the same weight.
#[derive(Clone, Copy)]
struct WeightTarget {
    /// As wide as a register, which makes comparisons cheaper.
    weight: u64,
    /// Lamports.
    target: u64,
}

impl WeightTarget {
    /// For a weight that no validator has.
    const NONE: Self = Self { weight: u64::MAX, target: 0 };
}

impl Distance {
    pub fn new(targets: Targets, inputs: &Inputs) -> Self {
        Self {
            targets,
            tolerance: inputs.tolerance(),
            minimum: inputs.minimum_delegation,
            fits_up_to: targets.cap.saturating_sub(inputs.minimum_delegation),
            required: inputs.required_lamports(),
            decreases_from: inputs.required_lamports().saturating_add(inputs.minimum_delegation),
            stake_rent: inputs.stake_rent,
        }
    }

    #[inline(always)]
    fn weight_target(&self, weight: u16) -> WeightTarget {
        WeightTarget { weight: u64::from(weight), target: self.targets.of(weight) }
    }

    /// The deviation of an active validator with a weight, before this epoch's movements; `None` if it causes no movement.
    pub fn of(&self, record: &impl ValidatorRow) -> Option<Deviation> {
        let mut deviation = None;
        let target = self.targets.of(record.weight());
        self.measure(target, base_stake(record, self.stake_rent), |kind, lamports| {
            deviation = Some(Deviation { kind, lamports });
        });
        deviation
    }

    /// Calls `take` with the deviation of `stake` lamports from a target, if it can cause a movement.
    #[inline(always)]
    fn measure(&self, target: u64, stake: u64, take: impl FnOnce(Kind, u64)) {
        if stake < target {
            let lamports = target.wrapping_sub(stake);
            if lamports <= self.tolerance {
                if target > self.fits_up_to && !self.fits(lamports, stake) {
                    return;
                }
                take(Kind::BelowWithin, lamports);
            } else {
                take(Kind::Below, lamports);
            }
        } else if stake > target && stake >= self.decreases_from {
            let surplus = stake.wrapping_sub(target);
            let kind = if surplus <= self.tolerance { Kind::AboveWithin } else { Kind::Above };
            take(kind, surplus.min(stake.wrapping_sub(self.required)));
        }
    }

    /// Whether an increase for this deviation stays within the cap. The increase is at least the minimum delegation, which can
    /// exceed the deviation.
    #[cold]
    #[inline(never)]
    const fn fits(&self, deviation: u64, stake: u64) -> bool {
        deviation >= self.minimum || self.targets.cap.saturating_sub(stake) >= self.minimum
    }

    /// Adds up all deviations.
    #[inline(never)]
    pub fn tally(&self, records: &[impl ValidatorRow]) -> Tally {
        visit_all(records, TallyScan { distance: *self, cached: WeightTarget::NONE, tally: Tally::default() }).tally
    }

    /// Calls `take` with the index and the deviation of each validator of one kind, in the list's order.
    #[inline(always)]
    pub fn each(&self, records: &[impl ValidatorRow], kind: Kind, take: impl FnMut(usize, u64)) {
        let above = self.least(kind);
        let (distance, cached) = (*self, WeightTarget::NONE);
        if kind.is_below() {
            visit_all(records, KindScan::<true, _, _> { distance, cached, kind, above, limit: 0, records, take });
        } else {
            visit_all(records, KindScan::<false, _, _> { distance, cached, kind, above, limit: 0, records, take });
        }
    }

    /// The index of the first validator of one kind for which `is_last` returns true, in the list's order.
    #[inline(always)]
    pub fn find(
        &self,
        records: &[impl ValidatorRow],
        kind: Kind,
        mut is_last: impl FnMut(usize, u64) -> bool,
    ) -> Option<usize> {
        let mut cached = WeightTarget::NONE;
        for (index, record) in records.iter().enumerate() {
            let weight = record.weight_or_mark();
            if u64::from(weight) != cached.weight {
                if !is_weight(weight) {
                    continue;
                }
                cached = self.weight_target(weight);
            }
            if !record.is_active() {
                continue;
            }
            let mut is_found = false;
            self.measure(cached.target, base_stake(record, self.stake_rent), |other, lamports| {
                is_found = other == kind && is_last(index, lamports);
            });
            if is_found {
                return Some(index);
            }
        }
        None
    }

    /// Lamports that the deviations of a kind exceed.
    pub const fn least(&self, kind: Kind) -> u64 {
        match kind {
            Kind::Below | Kind::Above => self.tolerance,
            Kind::BelowWithin | Kind::AboveWithin => 0,
        }
    }
}

struct TallyScan {
    distance: Distance,
    /// For the weight of the last record.
    cached: WeightTarget,
    tally: Tally,
}

impl<R: ValidatorRow> Visit<R> for TallyScan {
    #[inline(always)]
    fn visit(&mut self, record: &R) {
        let Self { distance, cached, tally } = self;
        let weight = record.weight_or_mark();
        if u64::from(weight) != cached.weight {
            if !is_weight(weight) {
                return;
            }
            *cached = distance.weight_target(weight);
        }
        if !record.is_active() {
            return;
        }
        let stake = base_stake(record, distance.stake_rent);
        distance.measure(cached.target, stake, |kind, lamports| match kind {
            Kind::Below => tally.below.add(lamports),
            Kind::BelowWithin => {
                tally.below_within_lamports = tally.below_within_lamports.wrapping_add(lamports);
            }
            Kind::Above => tally.above.add(lamports),
            Kind::AboveWithin => tally.above_within = tally.above_within.wrapping_add(1),
        });
    }
}

/// Finds the validators of one kind, below target if `BELOW`, otherwise above target.
struct KindScan<'a, const BELOW: bool, R, F> {
    distance: Distance,
    /// For the weight of the last record.
    cached: WeightTarget,
    kind: Kind,
    /// Lamports that a validator's deviation has to exceed.
    above: u64,
    /// Lamports of stake. Validators with less (if `BELOW`) or more deviate by more than `above`.
    limit: u64,
    records: &'a [R],
    take: F,
}

impl<const BELOW: bool, R: ValidatorRow, F: FnMut(usize, u64)> KindScan<'_, BELOW, R, F> {
    #[inline(always)]
    fn take_deviation(&mut self, record: &R) {
        let Self { distance, cached, kind, records, take, .. } = self;
        if !record.is_active() {
            return;
        }
        distance.measure(cached.target, base_stake(record, distance.stake_rent), |other, lamports| {
            if other == *kind
                && let Some(index) = records.element_offset(record)
            {
                take(index, lamports);
            }
        });
    }
}

impl<const BELOW: bool, R: ValidatorRow, F: FnMut(usize, u64)> Visit<R> for KindScan<'_, BELOW, R, F> {
    #[inline(always)]
    fn visit(&mut self, record: &R) {
        let (weight, active) = (record.weight_or_mark(), record.active_lamports());
        // Deactivating stake counts as its validator's, and only the full measure includes it.
        let is_moving = record.transient_lamports() != 0;
        if u64::from(weight) != self.cached.weight {
            // An approximate target is enough to rule out most validators. A sum that wraps only causes a full measure.
            let is_clear = !is_moving
                && self.distance.targets.roughly(weight.into()).is_some_and(|target| {
                    if BELOW {
                        target.wrapping_add(weight.into()) <= active.wrapping_add(self.above)
                    } else {
                        active <= target.wrapping_add(self.above)
                    }
                });
            if is_clear || !is_weight(weight) {
                return;
            }
            self.cached = self.distance.weight_target(weight);
            let target = self.cached.target;
            self.limit = if BELOW { target.saturating_sub(self.above) } else { target.saturating_add(self.above) };
        }
        let deviates = if BELOW { active < self.limit } else { active > self.limit || is_moving };
        if deviates {
            self.take_deviation(record);
        }
    }
}
