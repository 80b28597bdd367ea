//! Groups movements into instructions.

use {
    super::{Direction, Obstacle, RebalanceOptions, StakeMovement, UnmovedReason, simulation::Simulation},
    crate::{
        actions::{self, RebalancedValidator},
        compute::RebalanceCost,
        error::PlanError,
        logs,
        pack::{MAX_COMPUTE_UNITS, MAX_LOG_BYTES, MAX_TRACE, Sizing},
        plan::{InstructionGroup, Plan},
        pool::PoolSnapshot,
        trace,
    },
    solana_instruction::Instruction,
    std::mem,
    tidepool_core::rebalance::{BASIS_POINTS, Verdict},
    tidepool_interface::instruction::REBALANCED_VALIDATORS_MAX,
};

/// An instruction that is being filled: its validators and cost.
#[derive(Clone, Debug, Default)]
struct Draft {
    validators: Vec<RebalancedValidator>,
    increases: u32,
    decreases: u32,
    /// Validators that the program skips.
    skipped: u32,
    /// Validators that lose their weight.
    cleared: u32,
    /// Numbers of candidates that the program ranks.
    selections: [Option<u64>; 2],
}

impl Draft {
    fn name(&mut self, snapshot: &PoolSnapshot, simulation: &Simulation, index: usize) {
        let seed = simulation.records()[index].rebalance_seed();
        self.validators.extend(RebalancedValidator::under_seed(snapshot, index, seed));
    }

    fn names(&self, index: usize) -> bool {
        self.validators.iter().any(|validator| validator.index == index)
    }

    const fn movements(&self) -> u32 {
        self.increases + self.decreases
    }
}

pub(super) struct Grouping<'a> {
    snapshot: &'a PoolSnapshot,
    sizing: Sizing,
    most: usize,
    /// Instructions of one stage are independent; the last stage may be empty.
    stages: Vec<Vec<InstructionGroup>>,
    open: Draft,
    /// Validators that the current instruction must name before the next movement, so that the program skips them.
    obstacles: Vec<usize>,
    /// Compute units for scans of the list.
    cost: RebalanceCost,
    /// Whether a movement was left out because it exceeds a transaction by itself.
    exceeds_transaction: bool,
}

impl<'a> Grouping<'a> {
    pub(super) fn new(snapshot: &'a PoolSnapshot, options: &RebalanceOptions) -> Result<Self, PlanError> {
        let most = options.validators_per_instruction.unwrap_or(REBALANCED_VALIDATORS_MAX);
        if most == 0 || most > REBALANCED_VALIDATORS_MAX {
            return Err(PlanError::invalid(format!(
                "invalid number of validators per instruction {most}: use 1 to {REBALANCED_VALIDATORS_MAX}"
            )));
        }
        let has_cap = snapshot.policy().is_some_and(|policy| policy.validator_cap.get() < BASIS_POINTS);
        let cost = RebalanceCost::new(snapshot.records(), has_cap);
        if cost.instruction(1, 0, [None; 2]) > MAX_COMPUTE_UNITS {
            return Err(too_long(snapshot));
        }
        Ok(Self {
            snapshot,
            sizing: Sizing::new(&options.format),
            most,
            stages: vec![Vec::new()],
            open: Draft::default(),
            obstacles: Vec::new(),
            cost,
            exceeds_transaction: false,
        })
    }

    /// First names unusable validators, which lose their weight: all targets depend on the weights.
    pub(super) fn clear_weights(&mut self, simulation: &mut Simulation) {
        // After a weight is cleared, other validators may be below target.
        while let Some((index, obstacle)) =
            (0..simulation.records().len()).find_map(|index| Some((index, simulation.weight_loss_reason(index)?)))
        {
            let mut larger = self.open.clone();
            larger.name(self.snapshot, simulation, index);
            larger.cleared += 1;
            if !self.open.validators.is_empty() && !self.fits(&larger) {
                self.close();
                larger = Draft { cleared: 1, ..Draft::default() };
                larger.name(self.snapshot, simulation, index);
            }
            self.open = larger;
            simulation.clear_weight(index, obstacle);
        }
        if !self.open.validators.is_empty() {
            self.end_stage(simulation);
        }
    }

    /// Moves the stake of all validators in `order` whose movement `is_due`, as one stage. Returns whether any stake
    /// moved.
    pub(super) fn stage(
        &mut self,
        simulation: &mut Simulation,
        order: &[usize],
        mut is_due: impl FnMut(&StakeMovement) -> bool,
    ) -> bool {
        let mut moved = false;
        for index in order.iter().copied() {
            if self.open.names(index) {
                continue;
            }
            match simulation.look(index) {
                Ok((verdict, movement)) if is_due(&movement) => {
                    moved |= self.take(simulation, index, verdict) || self.take_into_next(simulation, index);
                }
                Ok(_) | Err(UnmovedReason::Rule(_)) => {}
                Err(UnmovedReason::Obstacle(obstacle)) => self.skip(simulation, index, obstacle),
            }
        }
        self.end_stage(simulation);
        moved
    }

    fn end_stage(&mut self, simulation: &mut Simulation) {
        self.close();
        if self.stages.last().is_some_and(|stage| !stage.is_empty()) {
            self.stages.push(Vec::new());
        }
        simulation.begin_instruction();
        self.obstacles.clear();
    }

    fn skip(&mut self, simulation: &mut Simulation, index: usize, obstacle: Obstacle) {
        simulation.skip(index, obstacle);
        self.obstacles.push(index);
    }

    /// Begins another instruction with this validator, if its stake still moves. The program knows only the records of
    /// the previous instruction's effects.
    fn take_into_next(&mut self, simulation: &mut Simulation, index: usize) -> bool {
        self.close();
        simulation.begin_instruction();
        self.obstacles.clear();
        for passed in simulation.skipped() {
            if let Err(UnmovedReason::Obstacle(obstacle)) = simulation.look(passed) {
                self.skip(simulation, passed, obstacle);
            }
        }
        simulation.look(index).is_ok_and(|(verdict, _)| self.take(simulation, index, verdict))
    }

    fn take(&mut self, simulation: &mut Simulation, index: usize, verdict: Verdict) -> bool {
        let mut larger = self.open.clone();
        for passed in &self.obstacles {
            larger.name(self.snapshot, simulation, *passed);
            larger.skipped += 1;
        }
        larger.name(self.snapshot, simulation, index);
        larger.selections = simulation.rebalance().selections();
        // Recalling activating stake calls the stake program as often as a decrease.
        match simulation.movement(index, verdict).direction {
            Direction::Increase => larger.increases += 1,
            Direction::Decrease | Direction::Recall | Direction::Keep => larger.decreases += 1,
        }
        let fits = self.fits(&larger);
        if fits {
            self.open = larger;
            self.obstacles.clear();
            simulation.carry_out(index, verdict);
        } else if self.open.validators.is_empty() && self.units(&larger) > MAX_COMPUTE_UNITS {
            self.exceeds_transaction = true;
        }
        fits
    }

    /// The instructions, in stages.
    ///
    /// # Errors
    /// [`PlanError::Invalid`] if there are movements, and none fits a transaction's compute units.
    pub(super) fn finish(mut self) -> Result<Plan, PlanError> {
        self.close();
        if self.exceeds_transaction && self.stages.iter().all(Vec::is_empty) {
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
            && trace::rebalance(draft.increases, draft.decreases) <= MAX_TRACE
            && self.sizing.fits(&self.instruction(draft))
    }

    fn units(&self, draft: &Draft) -> u32 {
        // Once a weight is cleared, the program scans the whole pool again.
        let surveys = self.cost.survey().saturating_mul(draft.cleared);
        self.cost.instruction(draft.validators.len(), draft.skipped, draft.selections).saturating_add(surveys)
    }

    fn instruction(&self, draft: &Draft) -> Instruction {
        actions::rebalance_instruction(self.snapshot, &draft.validators)
    }

    /// Closes the current instruction, if it has any effect.
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
            .growing(self.cost.growth(draft.selections))
            .logging(logs::rebalance(draft.increases, draft.decreases))
            .running(trace::rebalance(draft.increases, draft.decreases));
        if let Some(stage) = self.stages.last_mut() {
            stage.push(group);
        }
    }
}

/// The error if not even one movement fits a transaction.
fn too_long(snapshot: &PoolSnapshot) -> PlanError {
    let records = snapshot.records();
    let transient = records.iter().filter(|record| record.transient_stake_lamports.get() > 0).count();
    PlanError::invalid(format!(
        "a list of {} validators, {transient} of them with transient stake, cannot be rebalanced within {MAX_COMPUTE_UNITS} \
         compute units: use increase and decrease, or wait until transient stake is merged",
        records.len()
    ))
}
