//! From movements to instructions.

use {
    super::{Direction, RebalanceOptions, WhyNot, movement_of, simulation::Simulation},
    crate::{
        actions::{self, RebalancedValidator},
        compute,
        error::PlanError,
        logs,
        pack::{MAX_COMPUTE_UNITS, MAX_LOG_BYTES, Sizing},
        plan::{InstructionGroup, Plan},
        pool::PoolSnapshot,
    },
    solana_instruction::Instruction,
    std::{collections::BTreeSet, mem},
    tidepool_interface::{instruction::REBALANCED_VALIDATORS_MAX, rebalance::Verdict},
};

/// Validators that one instruction names, and what it costs.
#[derive(Clone, Debug, Default)]
struct Draft {
    validators: Vec<RebalancedValidator>,
    increases: u32,
    decreases: u32,
    /// Validators for which the furthest off have to be looked for.
    forced: u32,
}

impl Draft {
    fn name(&mut self, snapshot: &PoolSnapshot, index: usize) {
        self.validators.extend(RebalancedValidator::at(snapshot, index));
    }

    const fn movements(&self) -> u32 {
        self.increases + self.decreases
    }
}

/// Instructions while they are being filled.
pub(super) struct Grouping<'a> {
    snapshot: &'a PoolSnapshot,
    sizing: Sizing,
    most: usize,
    /// Those that may come in any order.
    free: Vec<InstructionGroup>,
    /// Those that come after them, in this order.
    ordered: Vec<InstructionGroup>,
    open: Draft,
    /// Validators that the open instruction has to name before the next movement, so that the program passes over them.
    in_the_way: Vec<usize>,
}

impl<'a> Grouping<'a> {
    pub(super) fn new(snapshot: &'a PoolSnapshot, options: &RebalanceOptions) -> Result<Self, PlanError> {
        let most = options.validators_per_instruction.unwrap_or(REBALANCED_VALIDATORS_MAX);
        if most == 0 || most > REBALANCED_VALIDATORS_MAX {
            return Err(PlanError::invalid(format!(
                "{most} validators cannot be rebalanced by one instruction: choose 1 to {REBALANCED_VALIDATORS_MAX}"
            )));
        }
        let records = snapshot.records().len();
        if compute::rebalance(records, 1, 1) > MAX_COMPUTE_UNITS {
            return Err(PlanError::invalid(format!(
                "a list of {records} validators is too long to be rebalanced within a transaction's compute units: move stake \
                 by increase and decrease"
            )));
        }
        Ok(Self {
            snapshot,
            sizing: Sizing::new(&options.lookup_tables),
            most,
            free: Vec::new(),
            ordered: Vec::new(),
            open: Draft::default(),
            in_the_way: Vec::new(),
        })
    }

    /// Moves the stake of those in `movers` who still move when their turn comes. Since each would move first, their order makes
    /// no difference but for rounding.
    pub(super) fn free(&mut self, simulation: &mut Simulation, order: &[usize], movers: &BTreeSet<usize>) {
        for index in order.iter().copied().filter(|index| movers.contains(index)) {
            let Ok(verdict) = simulation.look(index) else { continue };
            if self.take(simulation, index, verdict, false) {
                continue;
            }
            let closed = self.close();
            self.free.extend(closed);
            simulation.begin_instruction();
            if let Ok(verdict) = simulation.look(index) {
                self.take(simulation, index, verdict, false);
            }
        }
    }

    /// Moves the stake of all others who do, one after the other, until nobody does.
    pub(super) fn in_order(&mut self, simulation: &mut Simulation, order: &[usize]) {
        let mut again = true;
        while mem::take(&mut again) {
            for index in order.iter().copied() {
                if simulation.has_moved(index) || self.is_passed_over(index) {
                    continue;
                }
                match simulation.look(index) {
                    Ok(verdict) if self.take(simulation, index, verdict, true) => again = true,
                    Ok(_) => match self.take_into_next(simulation, index) {
                        Some(taken) => again |= taken,
                        None => return,
                    },
                    Err(WhyNot::Obstacle(obstacle)) => {
                        simulation.pass_over(index, obstacle);
                        self.in_the_way.push(index);
                    }
                    Err(WhyNot::Rule(_)) => {}
                }
            }
        }
    }

    /// Whether the open instruction names the validator already, or will, although its stake does not move.
    fn is_passed_over(&self, index: usize) -> bool {
        self.in_the_way.contains(&index) || self.open.validators.iter().any(|validator| validator.index == index)
    }

    /// Begins another instruction, with this validator if it still moves; whether it does. `None` where those whom the program
    /// would have to pass over before leave no room.
    fn take_into_next(&mut self, simulation: &mut Simulation, index: usize) -> Option<bool> {
        let is_ordered = self.open.forced > 0 || !self.ordered.is_empty();
        let closed = self.close();
        if is_ordered { &mut self.ordered } else { &mut self.free }.extend(closed);
        simulation.begin_instruction();
        self.in_the_way.clear();
        for passed in simulation.passed_over() {
            if let Err(WhyNot::Obstacle(obstacle)) = simulation.look(passed) {
                simulation.pass_over(passed, obstacle);
                self.in_the_way.push(passed);
            }
        }
        match simulation.look(index) {
            Ok(verdict) => self.take(simulation, index, verdict, true).then_some(true),
            Err(_) => Some(false),
        }
    }

    /// Carries out a movement, if there is room for it.
    fn take(&mut self, simulation: &mut Simulation, index: usize, verdict: Verdict, is_forced: bool) -> bool {
        let Ok((direction, _)) = movement_of(verdict) else { return false };
        let mut larger = self.open.clone();
        self.in_the_way.iter().for_each(|passed| larger.name(self.snapshot, *passed));
        larger.name(self.snapshot, index);
        match direction {
            Direction::Increase => larger.increases += 1,
            Direction::Decrease => larger.decreases += 1,
        }
        larger.forced += self.in_the_way.len() as u32 + u32::from(is_forced);
        let fits = self.fits(&larger);
        if fits {
            self.open = larger;
            self.in_the_way.clear();
            simulation.carry_out(index, verdict);
        }
        fits
    }

    /// The instructions, in stages.
    pub(super) fn finish(mut self) -> Plan {
        let is_ordered = self.open.forced > 0 || !self.ordered.is_empty();
        let last = self.close();
        if is_ordered { &mut self.ordered } else { &mut self.free }.extend(last);
        let mut plan = Plan::default();
        plan.push("rebalance", self.free);
        for group in self.ordered {
            plan.push("rebalance in order of need", vec![group]);
        }
        plan
    }

    fn fits(&self, draft: &Draft) -> bool {
        draft.validators.len() <= self.most
            && self.units(draft) <= MAX_COMPUTE_UNITS
            && logs::rebalance(draft.increases, draft.decreases) <= MAX_LOG_BYTES
            && self.sizing.fits(&self.instruction(draft))
    }

    fn units(&self, draft: &Draft) -> u32 {
        compute::rebalance(self.snapshot.records().len(), draft.validators.len(), draft.forced)
    }

    fn instruction(&self, draft: &Draft) -> Instruction {
        actions::rebalance_instruction(self.snapshot, &draft.validators)
    }

    /// Ends the instruction that is open, if it moves anything.
    fn close(&mut self) -> Option<InstructionGroup> {
        let draft = mem::take(&mut self.open);
        (draft.movements() > 0).then(|| {
            let label = match draft.movements() {
                1 => "rebalance 1 validator".to_owned(),
                count => format!("rebalance {count} validators"),
            };
            InstructionGroup::one(label, self.instruction(&draft), self.units(&draft))
                .logging(logs::rebalance(draft.increases, draft.decreases))
        })
    }
}
