//! How far validators are off their targets.

use {
    super::{
        furthest::Furthest,
        inputs::Inputs,
        rows::{Visit, visit_all},
        targets::Targets,
    },
    crate::state::ValidatorStakeInfo,
};

/// In what way a validator that can be served is off its target.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    /// It lacks more than the tolerance.
    Lacks,
    /// It lacks something, within the tolerance.
    LacksWithin,
    /// It has more than the tolerance too much.
    Gives,
    /// It has too much, within the tolerance.
    GivesWithin,
}

/// How far a validator that can be served is off its target.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Off {
    pub kind: Kind,
    /// Lamports that it lacks or can give.
    pub lamports: u64,
}

/// Those that are off their targets in the same way, by more than the tolerance.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Side {
    /// Lamports that they lack, or can give, together.
    pub lamports: u64,
    /// How many they are.
    pub count: u64,
}

impl Side {
    #[inline(always)]
    fn add(&mut self, lamports: u64) {
        // What validators lack together is no more than their targets, and what they can give no more than they have.
        self.lamports = self.lamports.wrapping_add(lamports);
        self.count = self.count.wrapping_add(1);
    }

    pub fn remove(&mut self, lamports: u64) {
        self.lamports = self.lamports.saturating_sub(lamports);
        self.count = self.count.saturating_sub(1);
    }
}

/// What all validators lack and can give.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Tally {
    /// Lamports that validators lack who lack more than the tolerance, those with stake in motion included.
    pub demand: u64,
    /// Lamports that others lack who can be given some, those with stake in motion included.
    pub lacking_within: u64,
    pub lacking: Side,
    pub giving: Side,
    /// Validators within the tolerance that could give.
    pub giving_within: u64,
}

/// What distances are measured with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Distance {
    pub targets: Targets,
    /// Lamports by which anything may be off its target before it asks for a movement.
    pub tolerance: u64,
    /// Lamports of the minimum delegation.
    minimum: u64,
    /// Up to this target, in lamports, a validator may be given the minimum delegation, however little it lacks: that does not
    /// exceed the cap.
    fits_up_to: u64,
    /// Lamports that must stay in a validator stake account.
    required: u64,
    /// Lamports from which on a validator stake account can give the minimum delegation, and keep what must stay.
    gives_from: u64,
    stake_rent: u64,
}

/// What is due to the validators of one weight: many have the same.
#[derive(Clone, Copy)]
struct Due {
    /// As wide as a register, which makes it cheaper to compare.
    weight: u64,
    /// Lamports that they should have.
    target: u64,
}

impl Due {
    /// What is due to those of a weight that nobody has.
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
            gives_from: inputs.required_lamports().saturating_add(inputs.minimum_delegation),
            stake_rent: inputs.stake_rent,
        }
    }

    #[inline(always)]
    fn due(&self, weight: u16) -> Due {
        Due { weight: u64::from(weight), target: self.targets.of(weight) }
    }

    /// How far an active validator with a weight and without stake in motion is off its target, where that matters.
    pub fn of(&self, record: &ValidatorStakeInfo) -> Option<Off> {
        let mut off = None;
        let target = self.targets.of(record.extension.weight.get());
        self.measure(target, record.active_stake_lamports.get(), |kind, lamports| off = Some(Off { kind, lamports }));
        off
    }

    /// Tells `take` how far so many lamports of stake are off a target, where that matters.
    #[inline(always)]
    fn measure(&self, target: u64, active: u64, take: impl FnOnce(Kind, u64)) {
        if active < target {
            let lamports = target.wrapping_sub(active);
            if lamports <= self.tolerance {
                if target > self.fits_up_to && !self.fits(lamports, active) {
                    return;
                }
                take(Kind::LacksWithin, lamports);
            } else {
                take(Kind::Lacks, lamports);
            }
        } else if active > target && active >= self.gives_from {
            let surplus = active.wrapping_sub(target);
            let kind = if surplus <= self.tolerance { Kind::GivesWithin } else { Kind::Gives };
            take(kind, surplus.min(active.wrapping_sub(self.required)));
        }
    }

    /// Whether somebody who lacks so little may be given the minimum delegation: what it is given may be more than it lacks, but
    /// must not exceed the cap.
    #[cold]
    #[inline(never)]
    const fn fits(&self, lack: u64, active: u64) -> bool {
        lack >= self.minimum || self.targets.cap.saturating_sub(active) >= self.minimum
    }

    /// Adds up who lacks and who gives.
    #[inline(never)]
    pub fn tally(&self, records: &[ValidatorStakeInfo]) -> Tally {
        let TallyScan { mut tally, .. } =
            visit_all(records, TallyScan { distance: *self, due: Due::NONE, tally: Tally::default() });
        tally.demand = tally.demand.wrapping_add(tally.lacking.lamports);
        tally
    }

    /// The validators that are furthest off in one way, without those that `is_passed_over` names.
    #[inline(never)]
    pub fn furthest(
        &self,
        records: &[ValidatorStakeInfo],
        kind: Kind,
        is_passed_over: impl Fn(usize) -> bool,
    ) -> Furthest {
        let take = |record: &ValidatorStakeInfo, furthest: &mut Furthest| {
            if let Some(index) = self.candidate(records, record, furthest)
                && !is_passed_over(index)
                && let Some(off) = self.of(record)
            {
                furthest.insert(index, off.lamports);
            }
        };
        let (distance, due, furthest) = (*self, Due::NONE, Furthest::new(kind));
        let bar = self.least(kind);
        match kind {
            Kind::Lacks | Kind::LacksWithin => {
                visit_all(records, FurthestScan::<true, _> { distance, due, bar, limit: 0, furthest, take }).furthest
            }
            Kind::Gives | Kind::GivesWithin => {
                visit_all(records, FurthestScan::<false, _> { distance, due, bar, limit: 0, furthest, take }).furthest
            }
        }
    }

    /// Lamports by more than which those of a kind are off at least.
    const fn least(&self, kind: Kind) -> u64 {
        match kind {
            Kind::Lacks | Kind::Gives => self.tolerance,
            Kind::LacksWithin | Kind::GivesWithin => 0,
        }
    }

    /// The index of a record whose validator can be served and is further off than all that are remembered.
    fn candidate(
        &self,
        records: &[ValidatorStakeInfo],
        record: &ValidatorStakeInfo,
        furthest: &Furthest,
    ) -> Option<usize> {
        if !record.is_active() || record.transient_stake_lamports.get() > 0 {
            return None;
        }
        let off = self.of(record)?;
        if off.kind == furthest.kind && off.lamports > furthest.bar() { records.element_offset(record) } else { None }
    }
}

struct TallyScan {
    distance: Distance,
    /// For the weight of the last record.
    due: Due,
    tally: Tally,
}

impl Visit for TallyScan {
    #[inline(always)]
    fn visit(&mut self, record: &ValidatorStakeInfo) {
        let Self { distance, due, tally } = self;
        let weight = record.extension.weight.get();
        if u64::from(weight) != due.weight {
            if weight == 0 {
                return;
            }
            *due = distance.due(weight);
        }
        if !record.is_active() {
            return;
        }
        if record.transient_stake_lamports.get() > 0 {
            add_in_motion(tally, record, due.target, distance);
            return;
        }
        distance.measure(due.target, record.active_stake_lamports.get(), |kind, lamports| match kind {
            Kind::Lacks => tally.lacking.add(lamports),
            Kind::LacksWithin => tally.lacking_within = tally.lacking_within.wrapping_add(lamports),
            Kind::Gives => tally.giving.add(lamports),
            Kind::GivesWithin => tally.giving_within = tally.giving_within.wrapping_add(1),
        });
    }
}

/// Adds what a validator with stake in motion lacks. One that asked for stake goes on asking for what it was not given,
/// however little that is: what is to be taken from others must not depend on who is served first.
#[inline(always)]
fn add_in_motion(tally: &mut Tally, record: &ValidatorStakeInfo, target: u64, distance: &Distance) {
    let active = record.active_stake_lamports.get();
    if active >= target {
        return;
    }
    // In steps: saturating subtractions are dear on-chain.
    let asked = target.wrapping_sub(active);
    let mut rest = asked;
    if !record.extension.is_leaving() {
        let transient = record.transient_stake_lamports.get();
        if transient > distance.stake_rent {
            let arriving = transient.wrapping_sub(distance.stake_rent);
            if arriving >= asked {
                return;
            }
            rest = asked.wrapping_sub(arriving);
        }
    }
    if asked > distance.tolerance {
        tally.demand = tally.demand.wrapping_add(rest);
    } else {
        tally.lacking_within = tally.lacking_within.wrapping_add(rest);
    }
}

/// Looks for those that are furthest off: that lack most, or else can give most.
struct FurthestScan<const LACK: bool, F> {
    distance: Distance,
    /// For the weight of the last record.
    due: Due,
    /// Lamports by more than which one has to be off to come into question.
    bar: u64,
    /// Lamports of stake that one has to be below, or else above, to come into question.
    limit: u64,
    furthest: Furthest,
    take: F,
}

impl<const LACK: bool, F> FurthestScan<LACK, F> {
    #[inline(always)]
    const fn new_limit(&self) -> u64 {
        if LACK { self.due.target.saturating_sub(self.bar) } else { self.due.target.saturating_add(self.bar) }
    }
}

impl<const LACK: bool, F: Fn(&ValidatorStakeInfo, &mut Furthest)> Visit for FurthestScan<LACK, F> {
    #[inline(always)]
    fn visit(&mut self, record: &ValidatorStakeInfo) {
        let (weight, active) = (record.extension.weight.get(), record.active_stake_lamports.get());
        if u64::from(weight) != self.due.weight {
            // Most are clearly not it, and what exactly is due to them does not matter. A sum that wraps only has them looked at.
            let is_clear = self.distance.targets.roughly(weight.into()).is_some_and(|target| {
                if LACK {
                    target.wrapping_add(weight.into()) <= active.wrapping_add(self.bar)
                } else {
                    active <= target.wrapping_add(self.bar)
                }
            });
            if is_clear || weight == 0 {
                return;
            }
            self.due = self.distance.due(weight);
            self.limit = self.new_limit();
        }
        let is_off = if LACK { active < self.limit } else { active > self.limit };
        if is_off {
            (self.take)(record, &mut self.furthest);
            self.bar = self.bar.max(self.furthest.bar());
            self.limit = self.new_limit();
        }
    }
}
