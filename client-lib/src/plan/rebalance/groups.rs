//! From movements to instructions.

use {
    super::{Direction, RebalanceOptions, WhyNot, movement_of, simulation::Simulation},
    crate::{
        actions::{self, RebalancedValidator},
        compute::RebalanceCost,
        error::PlanError,
        logs,
        pack::{MAX_COMPUTE_UNITS, MAX_LOG_BYTES, Sizing},
        plan::{InstructionGroup, Plan},
        pool::PoolSnapshot,
    },
    solana_instruction::Instruction,
    std::mem,
    tidepool_interface::{
        instruction::REBALANCED_VALIDATORS_MAX,
        rebalance::{Reason, Verdict},
        state::BASIS_POINTS,
    },
};

/// Validators that one instruction names, and what it costs.
#[derive(Clone, Debug, Default)]
struct Draft {
    validators: Vec<RebalancedValidator>,
    increases: u32,
    decreases: u32,
    /// Validators for which the furthest off have to be looked for.
    forced: u32,
    /// Validators that lose their weight.
    cleared: u32,
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
    /// Instructions of one stage may come in any order; the last stage may be empty.
    stages: Vec<Vec<InstructionGroup>>,
    open: Draft,
    /// Validators that the open instruction has to name before the next movement in their direction, so that the program passes
    /// over them.
    in_the_way: Vec<(usize, Direction)>,
    /// What is being moved now.
    direction: Direction,
    /// What it costs the program to look at the list.
    cost: RebalanceCost,
    /// Lamports that may still be taken from validators.
    most_taken: u64,
    /// Whether a movement was left out because it does not even fit a transaction by itself.
    is_too_dear: bool,
}

impl<'a> Grouping<'a> {
    pub(super) fn new(snapshot: &'a PoolSnapshot, options: &RebalanceOptions) -> Result<Self, PlanError> {
        let most = options.validators_per_instruction.unwrap_or(REBALANCED_VALIDATORS_MAX);
        if most == 0 || most > REBALANCED_VALIDATORS_MAX {
            return Err(PlanError::invalid(format!(
                "{most} validators cannot be rebalanced by one instruction: choose 1 to {REBALANCED_VALIDATORS_MAX}"
            )));
        }
        let has_cap = snapshot.policy().is_some_and(|policy| policy.validator_cap.get() < BASIS_POINTS);
        let cost = RebalanceCost::new(snapshot.records(), has_cap);
        if cost.instruction(1, 0) > MAX_COMPUTE_UNITS {
            return Err(too_long(snapshot));
        }
        Ok(Self {
            snapshot,
            sizing: Sizing::new(&options.lookup_tables),
            most,
            stages: vec![Vec::new()],
            open: Draft::default(),
            in_the_way: Vec::new(),
            direction: Direction::Increase,
            cost,
            most_taken: u64::MAX,
            is_too_dear: false,
        })
    }

    /// Takes no more from validators once so many lamports are taken.
    pub(super) const fn take_at_most(&mut self, lamports: u64) {
        self.most_taken = lamports;
    }

    /// Names those first who lose their weight because they cannot be staked with: what all others get depends on it.
    pub(super) fn clear_weights(&mut self, simulation: &mut Simulation) {
        // Once a weight is gone, others may lack stake who did not.
        while let Some((index, obstacle)) =
            (0..simulation.records().len()).find_map(|index| Some((index, simulation.why_weight_is_lost(index)?)))
        {
            let mut larger = self.open.clone();
            larger.name(self.snapshot, index);
            larger.cleared += 1;
            if !self.open.validators.is_empty() && !self.fits(&larger) {
                self.close();
                larger = Draft { cleared: 1, ..Draft::default() };
                larger.name(self.snapshot, index);
            }
            self.open = larger;
            simulation.clear_weight(index, obstacle);
        }
        if !self.open.validators.is_empty() {
            self.close();
            self.begin_stage();
            self.begin_instruction(simulation);
        }
    }

    /// Moves the stake of all those in `order` who are to move in `direction`, until nobody does.
    pub(super) fn side(&mut self, simulation: &mut Simulation, order: &[usize], direction: Direction) {
        // What is left of the other direction fills up with this one only if it needs no stage more.
        if self.direction != direction && !self.stage_is_empty() {
            self.close();
            self.begin_stage();
            self.begin_instruction(simulation);
        }
        self.direction = direction;
        self.free(simulation, order);
        self.in_order(simulation, order);
    }

    /// Moves the stake of those who would all move first. So their order makes no difference but for rounding.
    fn free(&mut self, simulation: &mut Simulation, order: &[usize]) {
        let moves_first = |index: &usize| self.look(simulation, *index).is_ok();
        let movers: Vec<usize> = order.iter().copied().filter(moves_first).collect();
        // One alone is the first of those who move one after the other, if there are any others.
        for index in movers.iter().copied().filter(|_| movers.len() > 1) {
            let Ok(verdict) = self.look(simulation, index) else { continue };
            if self.take(simulation, index, verdict, false) {
                continue;
            }
            self.close();
            self.begin_instruction(simulation);
            if let Ok(verdict) = self.look(simulation, index) {
                self.take(simulation, index, verdict, false);
            }
        }
    }

    /// Moves the stake of all others who do, one after the other, until nobody does.
    fn in_order(&mut self, simulation: &mut Simulation, order: &[usize]) {
        let mut again = true;
        while mem::take(&mut again) {
            for index in order.iter().copied() {
                if simulation.has_moved(index) || self.is_passed_over(index) {
                    continue;
                }
                match self.look(simulation, index) {
                    Ok(verdict) if self.take(simulation, index, verdict, true) => again = true,
                    Ok(_) => match self.take_into_next(simulation, index) {
                        Some(taken) => again |= taken,
                        None => return,
                    },
                    Err(WhyNot::Obstacle(obstacle)) => {
                        simulation.pass_over(index, obstacle);
                        self.in_the_way.push((index, self.direction));
                    }
                    Err(WhyNot::Rule(_)) => {}
                }
            }
        }
    }

    /// What the program would do about a validator now, if that is in the present direction.
    fn look(&self, simulation: &mut Simulation, index: usize) -> Result<Verdict, WhyNot> {
        let verdict = simulation.look(index)?;
        match movement_of(verdict) {
            Ok((Direction::Decrease, _)) if self.most_taken == 0 => Err(WhyNot::Rule(Reason::NothingNeeded)),
            Ok((direction, _)) if direction == self.direction => Ok(verdict),
            _ => Err(WhyNot::Rule(Reason::NothingNeeded)),
        }
    }

    /// Begins another instruction, of which the program knows nothing of what came before but the records.
    fn begin_instruction(&mut self, simulation: &mut Simulation) {
        simulation.begin_instruction();
        self.in_the_way.clear();
    }

    /// Whether the open instruction names the validator already, or will, although its stake does not move.
    fn is_passed_over(&self, index: usize) -> bool {
        self.in_the_way.iter().any(|(passed, _)| *passed == index)
            || self.open.validators.iter().any(|validator| validator.index == index)
    }

    /// Begins another instruction, with this validator if it still moves; whether it does. `None` where those whom the program
    /// would have to pass over before leave no room.
    fn take_into_next(&mut self, simulation: &mut Simulation, index: usize) -> Option<bool> {
        self.close();
        self.begin_instruction(simulation);
        for passed in simulation.passed_over() {
            if let Err(WhyNot::Obstacle(obstacle)) = self.look(simulation, passed) {
                simulation.pass_over(passed, obstacle);
                self.in_the_way.push((passed, self.direction));
            }
        }
        match self.look(simulation, index) {
            Ok(verdict) => self.take(simulation, index, verdict, true).then_some(true),
            Err(_) => Some(false),
        }
    }

    /// Carries out a movement, if there is room for it.
    fn take(&mut self, simulation: &mut Simulation, index: usize, verdict: Verdict, is_forced: bool) -> bool {
        let mut larger = self.open.clone();
        let in_the_way = self.in_the_way.iter().filter(|(_, direction)| *direction == self.direction);
        in_the_way.clone().for_each(|(passed, _)| larger.name(self.snapshot, *passed));
        larger.name(self.snapshot, index);
        match self.direction {
            Direction::Increase => larger.increases += 1,
            Direction::Decrease => larger.decreases += 1,
        }
        larger.forced += in_the_way.count() as u32 + u32::from(is_forced);
        let fits = self.fits(&larger);
        if !fits && self.open.validators.is_empty() && self.units(&larger) > MAX_COMPUTE_UNITS {
            self.is_too_dear = true;
        }
        if fits {
            if is_forced && self.open.forced == 0 {
                // It comes after all those before.
                self.begin_stage();
            }
            self.open = larger;
            let direction = self.direction;
            self.in_the_way.retain(|(_, other)| *other != direction);
            simulation.carry_out(index, verdict);
            if let Verdict::Decrease(lamports) = verdict {
                self.most_taken = self.most_taken.saturating_sub(lamports);
            }
        }
        fits
    }

    /// The instructions, in stages.
    ///
    /// # Errors
    /// [`PlanError::Invalid`] where something is to be moved, and nothing can be within a transaction's compute units.
    pub(super) fn finish(mut self) -> Result<Plan, PlanError> {
        self.close();
        if self.is_too_dear && self.stages.iter().all(Vec::is_empty) {
            return Err(too_long(self.snapshot));
        }
        let mut plan = Plan::default();
        for stage in self.stages {
            plan.push("rebalance", stage);
        }
        Ok(plan)
    }

    fn fits(&self, draft: &Draft) -> bool {
        draft.validators.len() <= self.most
            && self.units(draft) <= MAX_COMPUTE_UNITS
            && logs::rebalance(draft.increases, draft.decreases) <= MAX_LOG_BYTES
            && self.sizing.fits(&self.instruction(draft))
    }

    fn units(&self, draft: &Draft) -> u32 {
        // Once a weight is gone, the whole pool is looked at anew.
        let surveys = self.cost.survey().saturating_mul(draft.cleared);
        self.cost.instruction(draft.validators.len(), draft.forced).saturating_add(surveys)
    }

    fn instruction(&self, draft: &Draft) -> Instruction {
        actions::rebalance_instruction(self.snapshot, &draft.validators)
    }

    fn stage_is_empty(&self) -> bool {
        self.stages.last().is_none_or(Vec::is_empty)
    }

    fn begin_stage(&mut self) {
        if !self.stage_is_empty() {
            self.stages.push(Vec::new());
        }
    }

    /// Ends the instruction that is open, if it moves anything.
    fn close(&mut self) {
        let draft = mem::take(&mut self.open);
        let (movements, cleared) = (draft.movements(), draft.cleared);
        let validators = |count: u32| format!("{count} validator{}", if count == 1 { "" } else { "s" });
        let label = match (movements, cleared) {
            (0, 0) => return,
            (0, _) => format!("clear the weight of {}", validators(cleared)),
            _ => format!("rebalance {}", validators(movements)),
        };
        let group = InstructionGroup::one(label, self.instruction(&draft), self.units(&draft))
            .growing(self.cost.growth())
            .logging(logs::rebalance(draft.increases, draft.decreases));
        if let Some(stage) = self.stages.last_mut() {
            stage.push(group);
        }
        // The rent that is set aside for decreases shrinks with each of them, which leaves a little more for increases.
        let is_mixed = match self.direction {
            Direction::Increase => draft.decreases > 0,
            Direction::Decrease => draft.increases > 0,
        };
        if draft.forced > 0 || is_mixed {
            self.begin_stage();
        }
    }
}

/// Where not even one validator's stake can be moved within a transaction.
fn too_long(snapshot: &PoolSnapshot) -> PlanError {
    let records = snapshot.records();
    let in_motion = records.iter().filter(|record| record.transient_stake_lamports.get() > 0).count();
    PlanError::invalid(format!(
        "a list of {} validators, {in_motion} of them with stake in motion, is too long to be rebalanced within a transaction's \
         {MAX_COMPUTE_UNITS} compute units: move stake by increase and decrease, or wait until stake in motion has arrived",
        records.len()
    ))
}
