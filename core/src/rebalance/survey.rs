//! Verdicts of a rebalance on each validator.

use {
    super::{
        cut::Cut,
        demoted::{self, Demoted},
        distance::{Deviation, Distance, Kind},
        divided::Divided,
        inputs::Inputs,
        movement::{Transient, base_stake},
        targets::{Holdings, Targets},
        verdict::{Reason, Verdict},
    },
    crate::row::ValidatorRow,
};

/// Maximum number of validators that one rebalance can pass over.
pub const PASSED_OVER_MAX: usize = 32;

/// A rebalance of an up-to-date pool: a survey of the whole pool, then movements validator by validator.
///
/// The caller computes a [`Verdict`], moves the stake, reports it with [`Self::record_movement`] and writes the record, in this
/// order. A new survey in between gives the same verdicts.
#[derive(Clone, Debug)]
pub struct Rebalance {
    inputs: Inputs,
    /// Lamports that the reserve is to hold above its rent.
    reserve_target: u64,
    /// Lamports of stake that may be deactivating.
    turnover_budget: u64,
    weights: u64,
    /// Lamports of stake that return to the reserve independently of the rebalance.
    returning_stake: u64,
    /// Lamports of deactivating stake of validators with a weight and of demoted ones.
    deactivating: u64,
    /// Number of such validators.
    deactivating_count: u64,
    /// Stake in lamports, and number of rents, for the decreases of demoted validators.
    demoted_bounds: (u64, u64),
    distance: Distance,
    divided: Divided,
    /// The last cut among validators below target.
    cut_below: Option<Cut>,
    /// The last cut among validators above target.
    cut_above: Option<Cut>,
    passed_over: PassedOver,
}

/// Indices of validators whose stake cannot be moved.
#[derive(Clone, Copy, Debug, Default)]
struct PassedOver {
    indices: [u32; PASSED_OVER_MAX],
    count: usize,
}

impl PassedOver {
    fn has(&self, index: usize) -> bool {
        self.indices.iter().take(self.count).any(|passed| *passed as usize == index)
    }

    /// Whether there was a place for the index.
    fn add(&mut self, index: usize) -> bool {
        let Some(slot) = self.indices.get_mut(self.count) else { return false };
        *slot = index as u32;
        self.count = self.count.saturating_add(1);
        true
    }
}

impl Rebalance {
    /// Surveys the whole pool. Takes a few scans of the list.
    pub fn survey(records: &[impl ValidatorRow], inputs: &Inputs) -> Self {
        Self::survey_without(records, inputs, PassedOver::default())
    }

    #[inline(never)]
    fn survey_without(records: &[impl ValidatorRow], inputs: &Inputs, passed_over: PassedOver) -> Self {
        let holdings = Holdings::scan(records, inputs);
        let reserve_target = inputs.reserve_target(holdings.total);
        let turnover_budget = inputs.turnover_budget(holdings.total);
        let targets = Targets::new(records, &holdings, inputs, reserve_target);
        let distance = Distance::new(targets, inputs);
        let tally = distance.tally(records);
        let reserve = inputs.reserve_lamports.saturating_add(holdings.moved);
        let demoted_bounds = (
            turnover_budget.saturating_sub(holdings.returning_stake),
            reserve.checked_div(inputs.stake_rent).unwrap_or(u64::MAX),
        );
        let demoted = if holdings.demoted == 0 {
            Demoted::default()
        } else {
            Demoted::until(records, inputs, demoted_bounds, |index| passed_over.has(index), usize::MAX).0
        };
        let (unplaced, budget) = (targets.unplaced, turnover_budget);
        Self {
            inputs: *inputs,
            reserve_target,
            turnover_budget,
            weights: holdings.weights,
            returning_stake: holdings.returning_stake,
            deactivating: holdings.deactivating,
            deactivating_count: holdings.deactivating_count,
            distance,
            demoted_bounds,
            divided: Divided::new(inputs, &tally, &holdings, &demoted, reserve_target, unplaced, budget),
            cut_below: None,
            cut_above: None,
            passed_over,
        }
    }

    /// The validator's target in lamports, rent of its stake account included; `None` for a validator without a weight and for a
    /// removed one.
    pub fn target(&self, record: &impl ValidatorRow) -> Option<u64> {
        let weight = record.weight();
        (record.is_active() && weight > 0).then(|| self.distance.targets.of(weight))
    }

    /// Lamports that the reserve is to hold above its rent.
    pub const fn reserve_target(&self) -> u64 {
        self.reserve_target
    }

    /// Lamports that the reserve holds above its rent, after the movements so far.
    pub const fn reserve_lamports(&self) -> u64 {
        self.inputs.reserve_lamports
    }

    /// Lamports of stake that may still be deactivated in this epoch; `u64::MAX` for no bound.
    pub const fn turnover_left(&self) -> u64 {
        if self.turnover_budget == u64::MAX {
            u64::MAX
        } else {
            self.turnover_budget.saturating_sub(self.returning_stake).saturating_sub(self.deactivating)
        }
    }

    /// Number of ranked validators in the selections so far, below target and above target; `None` without a selection. For
    /// estimates of compute units: a selection takes further scans of the list.
    pub fn selections(&self) -> [Option<u64>; 2] {
        [self.cut_below, self.cut_above].map(|cut| {
            Some(match cut?.kind {
                Kind::Below => self.divided.below.count(),
                Kind::Above => self.divided.above.count(),
                Kind::BelowWithin | Kind::AboveWithin => 0,
            })
        })
    }

    /// Whether any active validator has a weight.
    pub const fn has_weights(&self) -> bool {
        self.weights > 0
    }

    /// Excludes a validator whose stake cannot be moved from the selection of the largest deviations. Its pro rata part is not
    /// divided among the other validators, except for a demoted validator's, which would keep the others' stake where it is.
    pub fn pass_over(&mut self, records: &[impl ValidatorRow], index: usize) {
        if self.passed_over.add(index) {
            (self.cut_below, self.cut_above) = (None, None);
            if records.get(index).is_some_and(ValidatorRow::is_demoted) {
                self.renew(records);
            }
        }
    }

    /// Surveys the pool again after a change of weights. Validators stay passed over.
    pub fn renew(&mut self, records: &[impl ValidatorRow]) {
        *self = Self::survey_without(records, &self.inputs, self.passed_over);
    }

    /// The verdict on the validator at `index`.
    #[inline(never)]
    pub fn verdict(&mut self, records: &[impl ValidatorRow], index: usize) -> Verdict {
        // guard: pause
        if self.inputs.is_paused {
            return Verdict::Nothing(Reason::Paused);
        }
        let Some(record) = records.get(index).filter(|record| record.is_active()) else {
            return Verdict::Nothing(Reason::NotActive);
        };
        if record.is_demoted() {
            return self.verdict_on_demoted(records, index, record);
        }
        if record.weight() == 0 {
            return Verdict::Nothing(Reason::NoWeight);
        }
        let wanted = self.wanted(records, index, record);
        match Transient::of(record, self.inputs.stake_rent) {
            Transient::None => self.begin(wanted),
            Transient::Activating(lamports) => self.correct_activating(record, lamports, wanted),
            Transient::Deactivating(lamports) => self.correct_deactivating(record, lamports, wanted),
        }
    }

    /// The verdict on a demoted validator: its stake returns to the reserve, whether or not others need it.
    #[inline(never)]
    fn verdict_on_demoted(&self, records: &[impl ValidatorRow], index: usize, record: &impl ValidatorRow) -> Verdict {
        if demoted::surplus(record, &self.inputs) == 0 && record.transient_lamports() == 0 {
            return Verdict::Nothing(Reason::Balanced);
        }
        let is_passed_over = |index| self.passed_over.has(index);
        let (_, part) = Demoted::until(records, &self.inputs, self.demoted_bounds, is_passed_over, index);
        match Transient::of(record, self.inputs.stake_rent) {
            Transient::None => self.begin(Verdict::Decrease(part)),
            Transient::Activating(_) => Verdict::Recall, // guard: recall-from-demoted
            Transient::Deactivating(moving) => {
                let least = moving.saturating_add(self.inputs.minimum_delegation);
                let most = part.min(moving.saturating_add(self.turnover_left()));
                if most < least { Verdict::Nothing(Reason::TransientStake) } else { Verdict::Decrease(most) }
            }
        }
    }

    /// Records that the verdict on the validator of `record` was executed. `record` is its state before the movement.
    pub fn record_movement(&mut self, record: &impl ValidatorRow, verdict: Verdict) {
        let (rent, reserve) = (self.inputs.stake_rent, self.inputs.reserve_lamports);
        self.inputs.reserve_lamports = match (Transient::of(record, rent), verdict) {
            (Transient::Activating(moving), Verdict::Increase(lamports)) => {
                reserve.saturating_add(moving).saturating_sub(lamports)
            }
            (Transient::Activating(_), Verdict::Recall) => reserve.saturating_add(record.transient_lamports()),
            (Transient::Deactivating(moving), Verdict::Decrease(lamports)) => {
                self.deactivating = self.deactivating.saturating_sub(moving).saturating_add(lamports);
                reserve
            }
            (Transient::Deactivating(moving), Verdict::Recall) => {
                self.deactivating = self.deactivating.saturating_sub(moving);
                self.deactivating_count = self.deactivating_count.saturating_sub(1);
                reserve.saturating_add(record.transient_lamports().saturating_sub(moving))
            }
            (Transient::None, Verdict::Increase(lamports)) => reserve.saturating_sub(lamports.saturating_add(rent)),
            (Transient::None, Verdict::Decrease(lamports)) => {
                self.deactivating = self.deactivating.saturating_add(lamports);
                self.deactivating_count = self.deactivating_count.saturating_add(1);
                reserve.saturating_sub(rent)
            }
            _ => reserve,
        };
    }

    /// The validator's movement in this epoch, from the pool's state before all movements.
    fn wanted(&mut self, records: &[impl ValidatorRow], index: usize, record: &impl ValidatorRow) -> Verdict {
        let Some(Deviation { kind, lamports }) = self.distance.of(record) else {
            return Verdict::Nothing(Reason::Balanced);
        };
        let reason = if kind.is_below() { self.increase_blocker(kind) } else { self.decrease_blocker(kind) };
        if let Some(reason) = reason {
            return Verdict::Nothing(reason);
        }
        let part = if self.passed_over.has(index) { None } else { self.part(records, index, kind, lamports) };
        match (part, kind.is_below()) {
            (Some(part), true) => Verdict::Increase(part),
            (Some(part), false) => Verdict::Decrease(part),
            (None, true) => Verdict::Nothing(Reason::OthersFurtherBelow),
            (None, false) => Verdict::Nothing(Reason::OthersFurtherAbove),
        }
    }

    /// Lamports that a validator with this deviation moves; `None` if it does not move.
    fn part(&mut self, records: &[impl ValidatorRow], index: usize, kind: Kind, deviation: u64) -> Option<u64> {
        let allotment = match kind {
            Kind::Below => self.divided.below,
            Kind::Above => self.divided.above,
            Kind::BelowWithin | Kind::AboveWithin => {
                let part = deviation.max(self.inputs.minimum_delegation);
                return self.cut(records, kind).limit(index, deviation, part);
            }
        };
        let part = allotment.part(deviation);
        if allotment.covers(deviation) { Some(part) } else { self.cut(records, kind).limit(index, deviation, part) }
    }

    /// The reason why validators of this kind are not increased, if there is one.
    const fn increase_blocker(&self, kind: Kind) -> Option<Reason> {
        match kind {
            _ if self.divided.allows_one(kind) => None,
            Kind::Below => Some(Reason::ReserveSpent),
            _ => Some(Reason::Balanced),
        }
    }

    /// The reason why validators of this kind are not decreased, if there is one.
    const fn decrease_blocker(&self, kind: Kind) -> Option<Reason> {
        let minimum = self.inputs.minimum_delegation;
        match kind {
            _ if self.divided.allows_one(kind) => None,
            Kind::AboveWithin => Some(Reason::Balanced),
            _ if self.divided.needed < minimum => Some(Reason::NothingNeeded),
            _ if self.divided.to_take < minimum => Some(Reason::BudgetSpent),
            _ => Some(Reason::NoRentInReserve),
        }
    }

    /// The cut among the validators of a kind, for an allotment that does not cover all of them.
    fn cut(&mut self, records: &[impl ValidatorRow], kind: Kind) -> Cut {
        let known = if kind.is_below() { self.cut_below } else { self.cut_above };
        if let Some(cut) = known.filter(|cut| cut.kind == kind) {
            return cut;
        }
        let is_passed_over = |index| self.passed_over.has(index);
        let (distance, divided) = (&self.distance, &self.divided);
        let cut = match kind {
            Kind::Below => Cut::new(distance, records, kind, &divided.below, is_passed_over),
            Kind::Above => Cut::new(distance, records, kind, &divided.above, is_passed_over),
            Kind::BelowWithin => Cut::within(distance, records, kind, divided.below_within, is_passed_over),
            Kind::AboveWithin => Cut::within(distance, records, kind, divided.above_within, is_passed_over),
        };
        if kind.is_below() {
            self.cut_below = Some(cut);
        } else {
            self.cut_above = Some(cut);
        }
        cut
    }

    /// Lamports of the reserve above its target, without the rents that it has still to lend.
    const fn spendable(&self) -> u64 {
        let lent = self.deactivating_count.saturating_mul(self.inputs.stake_rent);
        let to_lend = self.divided.rents_to_lend.saturating_sub(lent);
        self.inputs.reserve_lamports.saturating_sub(self.reserve_target).saturating_sub(to_lend)
    }

    /// The verdict on a validator without transient stake.
    fn begin(&self, wanted: Verdict) -> Verdict {
        let (rent, minimum) = (self.inputs.stake_rent, self.inputs.minimum_delegation);
        match wanted {
            Verdict::Increase(lamports) => {
                let lamports = lamports.min(self.spendable().saturating_sub(rent));
                if lamports < minimum { Verdict::Nothing(Reason::ReserveSpent) } else { Verdict::Increase(lamports) }
            }
            Verdict::Decrease(_) if self.inputs.reserve_lamports < rent => Verdict::Nothing(Reason::NoRentInReserve),
            Verdict::Decrease(lamports) => {
                let lamports = lamports.min(self.turnover_left());
                if lamports < minimum { Verdict::Nothing(Reason::BudgetSpent) } else { Verdict::Decrease(lamports) }
            }
            other => other,
        }
    }

    /// The verdict on a validator with activating stake. More stake can join it. It can also return to the reserve, if the validator
    /// would otherwise be above target: activating stake earns no rewards yet. Changes below the minimum delegation are not made.
    fn correct_activating(&self, record: &impl ValidatorRow, moving: u64, wanted: Verdict) -> Verdict {
        let minimum = self.inputs.minimum_delegation;
        let stake = base_stake(record, self.inputs.stake_rent).saturating_add(moving);
        let exceeds = self.target(record).is_some_and(|target| stake >= target.saturating_add(minimum));
        let least = moving.saturating_add(minimum);
        match wanted {
            // guard: join-activating
            Verdict::Increase(lamports) if lamports >= least => {
                let lamports = lamports.min(moving.saturating_add(self.spendable()));
                if lamports < least { Verdict::Nothing(Reason::ReserveSpent) } else { Verdict::Increase(lamports) }
            }
            Verdict::Increase(lamports) if exceeds && lamports.saturating_add(minimum) <= moving => {
                Verdict::Increase(lamports)
            }
            Verdict::Decrease(_) | Verdict::Nothing(_) if exceeds => Verdict::Recall, // guard: recall-activating
            _ => Verdict::Nothing(Reason::TransientStake),
        }
    }

    /// The verdict on a validator with deactivating stake. More stake can join it. Its deactivation can also be revoked, if the
    /// validator would otherwise be below target: deactivating stake is still active.
    fn correct_deactivating(&self, record: &impl ValidatorRow, moving: u64, wanted: Verdict) -> Verdict {
        let minimum = self.inputs.minimum_delegation;
        let stake = record.active_lamports().saturating_add(minimum);
        let exceeds = self.target(record).is_some_and(|target| stake <= target);
        let least = moving.saturating_add(minimum);
        match wanted {
            // guard: join-deactivating
            Verdict::Decrease(lamports) if lamports >= least => {
                let lamports = lamports.min(moving.saturating_add(self.turnover_left()));
                if lamports < least { Verdict::Nothing(Reason::BudgetSpent) } else { Verdict::Decrease(lamports) }
            }
            Verdict::Decrease(lamports) if exceeds && lamports.saturating_add(minimum) <= moving => {
                Verdict::Decrease(lamports)
            }
            Verdict::Increase(_) | Verdict::Nothing(_) if exceeds => Verdict::Recall, // guard: recall-deactivating
            _ => Verdict::Nothing(Reason::TransientStake),
        }
    }
}
