//! How far validators are off their targets.

use {
    super::{
        furthest::Furthest,
        inputs::Inputs,
        targets::{Targets, held},
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
    /// Lamports that must stay in a validator stake account.
    required: u64,
    /// Lamports from which on a validator stake account can give the minimum delegation, and keep what must stay.
    gives_from: u64,
    stake_rent: u64,
}

impl Distance {
    pub fn new(targets: Targets, inputs: &Inputs) -> Self {
        Self {
            targets,
            tolerance: inputs.tolerance(),
            minimum: inputs.minimum_delegation,
            required: inputs.required_lamports(),
            gives_from: inputs.required_lamports().saturating_add(inputs.minimum_delegation),
            stake_rent: inputs.stake_rent,
        }
    }

    /// How far an active validator with a weight and without stake in motion is off its target, where that matters.
    #[inline(always)]
    pub fn of(&self, record: &ValidatorStakeInfo) -> Option<Off> {
        let (target, active) = (self.targets.of(record.extension.weight.get()), record.active_stake_lamports.get());
        if active < target {
            let lamports = target.wrapping_sub(active);
            if lamports > self.tolerance {
                return Some(Off { kind: Kind::Lacks, lamports });
            }
            // What it is given may be more than it lacks, but must not exceed the cap.
            let fits = lamports >= self.minimum || self.targets.cap.saturating_sub(active) >= self.minimum;
            return fits.then_some(Off { kind: Kind::LacksWithin, lamports });
        }
        let surplus = active.wrapping_sub(target);
        if surplus == 0 || active < self.gives_from {
            return None;
        }
        let kind = if surplus > self.tolerance { Kind::Gives } else { Kind::GivesWithin };
        Some(Off { kind, lamports: surplus.min(active.wrapping_sub(self.required)) })
    }

    /// Adds up who lacks and who gives.
    #[inline(never)]
    pub fn tally(&self, records: &[ValidatorStakeInfo]) -> Tally {
        let (this, mut tally) = (*self, Tally::default());
        for record in records {
            if record.extension.weight.get() == 0 || !record.is_active() {
                continue;
            }
            if record.transient_stake_lamports.get() > 0 {
                this.add_in_motion(&mut tally, record);
                continue;
            }
            match this.of(record) {
                Some(Off { kind: Kind::Lacks, lamports }) => tally.lacking.add(lamports),
                Some(Off { kind: Kind::Gives, lamports }) => tally.giving.add(lamports),
                Some(Off { kind: Kind::GivesWithin, .. }) => {
                    tally.giving_within = tally.giving_within.wrapping_add(1);
                }
                Some(Off { kind: Kind::LacksWithin, lamports }) => {
                    tally.lacking_within = tally.lacking_within.wrapping_add(lamports);
                }
                None => {}
            }
        }
        tally.demand = tally.demand.wrapping_add(tally.lacking.lamports);
        tally
    }

    /// Adds what a validator with stake in motion lacks. One that asked for stake goes on asking for what it was not given,
    /// however little that is: what is to be taken from others must not depend on who is served first.
    fn add_in_motion(&self, tally: &mut Tally, record: &ValidatorStakeInfo) {
        let target = self.targets.of(record.extension.weight.get());
        let rest = target.saturating_sub(held(record, self.stake_rent));
        if target.saturating_sub(record.active_stake_lamports.get()) > self.tolerance {
            tally.demand = tally.demand.wrapping_add(rest);
        } else {
            tally.lacking_within = tally.lacking_within.wrapping_add(rest);
        }
    }

    /// The validators that are furthest off in one way, without those that `is_passed_over` names.
    #[inline(never)]
    pub fn furthest(
        &self,
        records: &[ValidatorStakeInfo],
        kind: Kind,
        is_passed_over: impl Fn(usize) -> bool,
    ) -> Furthest {
        let (this, mut furthest) = (*self, Furthest::new(kind));
        for (index, record) in records.iter().enumerate() {
            if record.extension.weight.get() == 0 || !record.is_active() || record.transient_stake_lamports.get() > 0 {
                continue;
            }
            if let Some(off) = this.of(record)
                && off.kind == kind
                && furthest.takes(off.lamports)
                && !is_passed_over(index)
            {
                furthest.insert(index, off.lamports);
            }
        }
        furthest
    }
}
