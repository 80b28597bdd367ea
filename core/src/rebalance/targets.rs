//! Targets of validators.

use {
    super::{
        demoted,
        inputs::Inputs,
        movement::base_stake,
        rows::{Visit, visit_all},
    },
    crate::{
        maths::Wide,
        row::{ValidatorRow, is_weight_less_one, weight_less_one},
    },
    core::num::NonZeroU64,
};

/// Maximum rounds that distribute stake above the cap to validators below it. Each round takes a scan of the list. Two rounds are
/// enough unless many weights are far apart. The remainder after the last round stays in the reserve.
const CAP_ROUNDS: usize = 16;

/// The pool's lamports, by their role in a rebalance.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Holdings {
    /// Lamports in the whole pool.
    pub total: u64,
    /// Lamports that a rebalance does not move: stake of active validators without a weight, of demoted ones the minimum.
    pub settled: u64,
    /// Lamports that return to the reserve independently of the rebalance, rents of their accounts included: from validators that
    /// are removed or have no weight.
    pub returning: u64,
    /// Stake in `returning`: it counts against the turnover budget.
    pub returning_stake: u64,
    /// Lamports of the reserve in this epoch's movements of validators with a weight and of demoted ones, rents included.
    pub moved: u64,
    /// Deactivating stake of validators with a weight and of demoted ones, in lamports.
    pub deactivating: u64,
    /// Number of such validators.
    pub deactivating_count: u64,
    /// Number of active demoted validators.
    pub demoted: u64,
    /// Sum of the weights of active validators.
    pub weights: u64,
}

/// Deactivating stake in lamports: the turnover of the epoch.
pub(super) fn turnover(records: &[impl ValidatorRow], stake_rent: u64) -> u64 {
    let mut stake = 0u64;
    for record in records {
        let (active, transient) = (record.active_lamports(), record.transient_lamports());
        if !record.is_active() {
            stake = stake.saturating_add(active.saturating_sub(stake_rent));
        }
        if !record.is_active() || record.is_deactivating() {
            stake = stake.saturating_add(transient.saturating_sub(stake_rent));
        }
    }
    stake
}

impl Holdings {
    /// Scans the records. The sum of their lamports and the reserve's fits 64 bits: otherwise the pool's update in this epoch would
    /// have failed.
    #[inline(never)]
    pub fn scan(records: &[impl ValidatorRow], inputs: &Inputs) -> Self {
        let rest = Self { total: inputs.reserve_lamports, ..Self::default() };
        let scan = HoldingsScan { active: 0, activating: 0, weights_less_one: 0, others: 0, rest, inputs };
        let HoldingsScan { active, activating, weights_less_one, others, rest, .. } = visit_all(records, scan);
        let with_weight = (records.len() as u64).wrapping_sub(others);
        Self {
            total: rest.total.wrapping_add(active).wrapping_add(activating),
            moved: rest.moved.wrapping_add(activating),
            weights: weights_less_one.wrapping_add(with_weight),
            ..rest
        }
    }

    /// Adds the deactivating stake of an active validator with a weight, or of a demoted one.
    #[inline(never)]
    fn add_deactivating(&mut self, record: &impl ValidatorRow, stake_rent: u64) {
        let lamports = record.transient_lamports();
        let rent = if lamports > stake_rent { stake_rent } else { lamports };
        self.total = self.total.wrapping_add(lamports);
        self.moved = self.moved.wrapping_add(rent);
        self.deactivating = self.deactivating.wrapping_add(lamports.wrapping_sub(rent));
        self.deactivating_count = self.deactivating_count.wrapping_add(1);
    }

    /// Adds the transient stake of an active validator without a weight.
    #[inline(never)]
    fn add_transient_without_weight(&mut self, record: &impl ValidatorRow, stake_rent: u64) {
        let lamports = record.transient_lamports();
        self.total = self.total.wrapping_add(lamports);
        if record.is_demoted() {
            // Activating stake: a rebalance recalls it.
            self.moved = self.moved.wrapping_add(lamports);
            return;
        }
        let rent = if lamports > stake_rent { stake_rent } else { lamports };
        let stake = lamports.wrapping_sub(rent);
        self.returning = self.returning.wrapping_add(rent);
        if record.is_deactivating() {
            self.returning = self.returning.wrapping_add(stake);
            self.returning_stake = self.returning_stake.wrapping_add(stake);
        } else {
            self.settled = self.settled.wrapping_add(stake);
        }
    }

    /// Adds a validator that is being removed.
    #[inline(never)]
    fn add_removed(&mut self, record: &impl ValidatorRow, stake_rent: u64) {
        for lamports in [record.active_lamports(), record.transient_lamports()] {
            self.total = self.total.wrapping_add(lamports);
            self.returning = self.returning.wrapping_add(lamports);
            self.returning_stake = self.returning_stake.wrapping_add(lamports.saturating_sub(stake_rent));
        }
    }
}

/// The sums that most records change are separate from the rest, so that they stay in registers.
struct HoldingsScan<'a> {
    /// Lamports of active stake.
    active: u64,
    /// Lamports of activating stake of validators with a weight, rents included.
    activating: u64,
    /// Sum of the weights of active validators, each less 1: the comparison with the bounds subtracts it anyway.
    weights_less_one: u64,
    /// Number of validators without such a weight.
    others: u64,
    rest: Holdings,
    inputs: &'a Inputs,
}

impl HoldingsScan<'_> {
    /// Adds a validator that is being removed.
    #[inline(never)]
    fn add_removed(&mut self, record: &impl ValidatorRow) {
        self.others = self.others.wrapping_add(1);
        self.rest.add_removed(record, self.inputs.stake_rent);
    }

    /// Adds an active validator without a weight.
    #[inline(never)]
    fn add_without_weight(&mut self, record: &impl ValidatorRow) {
        self.others = self.others.wrapping_add(1);
        let rest = &mut self.rest;
        if record.transient_lamports() > 0 {
            let is_moved_by_rebalance = record.is_demoted() && record.is_deactivating();
            if is_moved_by_rebalance {
                rest.add_deactivating(record, self.inputs.stake_rent);
            } else {
                rest.add_transient_without_weight(record, self.inputs.stake_rent);
            }
        }
        let settled = if record.is_demoted() {
            rest.demoted = rest.demoted.wrapping_add(1);
            base_stake(record, self.inputs.stake_rent).wrapping_sub(demoted::surplus(record, self.inputs))
        } else {
            record.active_lamports()
        };
        rest.settled = rest.settled.wrapping_add(settled);
    }
}

impl<R: ValidatorRow> Visit<R> for HoldingsScan<'_> {
    #[inline(always)]
    fn visit(&mut self, record: &R) {
        if !record.is_active() {
            return self.add_removed(record);
        }
        self.active = self.active.wrapping_add(record.active_lamports());
        let weight_less_one = weight_less_one(record.weight_or_mark());
        // Most validators have a weight, and no transient stake.
        if !is_weight_less_one(weight_less_one) {
            return self.add_without_weight(record);
        }
        self.weights_less_one = self.weights_less_one.wrapping_add(weight_less_one);
        let transient = record.transient_lamports();
        if transient > 0 {
            if record.is_deactivating() {
                self.rest.add_deactivating(record, self.inputs.stake_rent);
            } else {
                self.activating = self.activating.wrapping_add(transient);
            }
        }
    }
}

/// Targets by weight: `weight * lamports / weights`, at most `cap`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Targets {
    /// Lamports per unit of weight, rounded down.
    quotient: u64,
    /// Remainder of the division, in lamports.
    remainder: u64,
    /// Sum of the weights that share the lamports.
    weights: NonZeroU64,
    /// Validators of at least this weight have the cap as their target; [`ABOVE_ALL_WEIGHTS`] if there are none.
    capped_from: u32,
    /// Maximum target of a validator, in lamports.
    pub cap: u64,
    /// Lamports beyond all targets, if all validators have the cap as their target: they stay in the reserve.
    pub unplaced: u64,
}

/// Active validators of a minimum weight.
#[derive(Clone, Copy)]
struct Capped {
    from: u64,
    count: u64,
    /// Sum of their weights.
    weights: u64,
}

impl Capped {
    #[inline(never)]
    fn add(mut self, record: &impl ValidatorRow) -> Self {
        if record.is_active() && !record.is_demoted() {
            self.count = self.count.wrapping_add(1);
            self.weights = self.weights.wrapping_add(u64::from(record.weight()));
        }
        self
    }
}

impl<R: ValidatorRow> Visit<R> for Capped {
    #[inline(always)]
    fn visit(&mut self, record: &R) {
        if u64::from(record.weight_or_mark()) >= self.from {
            *self = self.add(record);
        }
    }
}

/// A bound above every weight.
const ABOVE_ALL_WEIGHTS: u32 = u16::MAX as u32 + 1;

impl Targets {
    /// Distributes the pool's lamports beyond `reserve_target` and beyond the settled lamports.
    pub fn new(records: &[impl ValidatorRow], holdings: &Holdings, inputs: &Inputs, reserve_target: u64) -> Self {
        let lamports = holdings.total.saturating_sub(reserve_target).saturating_sub(holdings.settled);
        let cap = inputs.cap(holdings.total);
        let (mut targets, mut capped) = (Self::distribute(lamports, holdings.weights, cap, ABOVE_ALL_WEIGHTS), 0);
        let mut uncapped_weights = holdings.weights;
        if cap == u64::MAX {
            return targets;
        }
        for _ in 0..CAP_ROUNDS {
            let capped_from = targets.weight_at_cap(lamports.saturating_sub(cap.saturating_mul(capped)));
            let found = visit_all(records, Capped { from: u64::from(capped_from), count: 0, weights: 0 });
            let count = found.count;
            uncapped_weights = holdings.weights.wrapping_sub(found.weights);
            if count == capped {
                break;
            }
            capped = count;
            let rest = lamports.saturating_sub(cap.saturating_mul(count));
            targets = Self::distribute(rest, uncapped_weights, cap, capped_from);
        }
        // The cap must also bound the targets of the last round.
        let rest = lamports.saturating_sub(cap.saturating_mul(capped));
        targets.capped_from = targets.weight_at_cap(rest);
        if uncapped_weights == 0 {
            targets.unplaced = rest;
        }
        targets
    }

    fn distribute(lamports: u64, weights: u64, cap: u64, capped_from: u32) -> Self {
        // A sum of 0 means that all validators are capped, or that there are no weights: no target uses the quotient.
        let weights = NonZeroU64::new(weights).unwrap_or(NonZeroU64::MIN);
        Self { quotient: lamports / weights, remainder: lamports % weights, weights, capped_from, cap, unplaced: 0 }
    }

    /// The lowest weight above 0 whose share of `lamports` is the cap or more.
    fn weight_at_cap(&self, lamports: u64) -> u32 {
        let weight = Wide::product(self.cap, self.weights.get()).divide_up(lamports).and_then(Wide::narrow);
        let weight = weight.and_then(|weight| u32::try_from(weight).ok()).unwrap_or(ABOVE_ALL_WEIGHTS);
        weight.clamp(1, self.capped_from)
    }

    /// The target in lamports of a validator of this weight. The weight must be part of the sum of weights.
    #[inline(always)]
    pub fn of(&self, weight: u16) -> u64 {
        if u32::from(weight) >= self.capped_from {
            return self.cap;
        }
        let weight = u64::from(weight);
        // Neither product wraps. The weight is part of the sum, so the first product is at most the distributed lamports. The
        // remainder is less than the sum of the weights, far below 2^48.
        weight.wrapping_mul(self.quotient).wrapping_add(weight.wrapping_mul(self.remainder) / self.weights)
    }

    /// A cheap lower bound of [`Self::of`], less by at most `weight` lamports; `None` if the cap is the target.
    #[inline(always)]
    pub const fn roughly(&self, weight: u64) -> Option<u64> {
        // Far fewer than 2^63 lamports exist: neither the product nor its sum with the weight wraps.
        if weight < self.capped_from as u64 { Some(weight.wrapping_mul(self.quotient)) } else { None }
    }
}
