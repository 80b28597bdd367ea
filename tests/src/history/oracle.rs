//! What judges each instruction of a history.

use {
    super::{
        formulas::Formulas,
        world::{Finding, World},
    },
    crate::{
        compare::Comparison,
        extension::{events::Balances, kept::ExtendedPool},
        invariants::{self, View},
        vm::{Outcome, Vm},
    },
    solana_instruction::{Instruction, error::InstructionError},
    tidepool_interface::{
        ExtensionError, StakePoolError,
        instruction::{EXTENSION_TAG_MIN, tag},
    },
};

/// Judges the instructions of the program in a history.
pub trait Oracle {
    /// Looks at the world before an instruction.
    fn before(&mut self, world: &mut World, instruction: &Instruction);

    /// Judges what the instruction did.
    fn after(&mut self, world: &mut World, instruction: &Instruction, outcome: &Outcome) -> Result<(), Finding>;
}

/// The virtual machine of histories, and their oracles.
pub struct Machine {
    /// The virtual machine.
    pub vm: Vm,
    pub oracles: Vec<Box<dyn Oracle>>,
}

impl Machine {
    /// With the invariants and the formulas of rebalances.
    pub fn with_invariants() -> Self {
        Self { vm: Vm::of_tidepool(), oracles: vec![Box::<Invariants>::default(), Box::<Formulas>::default()] }
    }

    /// With the reference program, and events that must explain all changes.
    pub fn beside_reference() -> Self {
        Self { vm: Vm::beside_reference(), oracles: vec![Box::<Reference>::default(), Box::<Events>::default()] }
    }
}

/// The invariants.
#[derive(Default)]
struct Invariants {
    before: Option<View>,
}

impl Oracle for Invariants {
    fn before(&mut self, world: &mut World, _: &Instruction) {
        self.before = Some(View::of(world));
    }

    fn after(&mut self, world: &mut World, instruction: &Instruction, outcome: &Outcome) -> Result<(), Finding> {
        let Some(before) = self.before.take().filter(|_| outcome.is_ok()) else { return Ok(()) };
        let after = View::of(world);
        let judgement = invariants::check(world, instruction, outcome, &before, &after);
        if instruction.data[0] == tag::UPDATE_STAKE_POOL_BALANCE {
            world.book.uncounted.burnt = 0;
            world.book.uncounted.rent = after.reserve_rent();
        }
        judgement?;
        world.check_entries()
    }
}

/// The published SPL stake pool, for its instructions. For those of the extension: the bytes that they may change, and errors that
/// a client knows beforehand.
#[derive(Default)]
struct Reference {
    comparison: Option<Comparison>,
    extended: Option<ExtendedPool>,
}

impl Oracle for Reference {
    fn before(&mut self, world: &mut World, instruction: &Instruction) {
        if instruction.data[0] < EXTENSION_TAG_MIN {
            self.comparison = Some(Comparison::begin(world.vm, instruction));
        } else {
            self.extended = ExtendedPool::find(instruction, world.vm);
        }
    }

    fn after(&mut self, world: &mut World, instruction: &Instruction, outcome: &Outcome) -> Result<(), Finding> {
        let extended = self.extended.take();
        match self.comparison.take() {
            Some(comparison) => comparison.finish(world.vm, instruction, outcome),
            None if outcome.is_ok() => extended.map_or(Ok(()), |pool| pool.check(instruction, world.vm)),
            None if world.book.is_sabotaged => Ok(()),
            None => check_error(outcome),
        }
    }
}

/// Checks that an instruction of the extension with the right accounts failed for a reason that a client knows beforehand.
fn check_error(outcome: &Outcome) -> Result<(), Finding> {
    let expected = [
        ExtensionError::NotExtended as u32,
        ExtensionError::AlreadyExtended as u32,
        ExtensionError::WeightOfRemovedValidator as u32,
        StakePoolError::EpochRewardDistributionInProgress as u32,
        StakePoolError::StakeListAndPoolOutOfDate as u32,
    ];
    match &outcome.result.raw_result {
        Err(InstructionError::Custom(code)) if expected.contains(code) => Ok(()),
        // The update begins past the list's end.
        Err(InstructionError::AccountDataTooSmall) => Ok(()),
        result => Err(format!("{result:?}: {:#?}", outcome.logs)),
    }
}

/// Events, which explain what changed.
#[derive(Default)]
struct Events {
    before: Option<Balances>,
}

impl Oracle for Events {
    fn before(&mut self, world: &mut World, _: &Instruction) {
        self.before = Some(Balances::read(&world.pool, world.vm));
    }

    fn after(&mut self, world: &mut World, instruction: &Instruction, outcome: &Outcome) -> Result<(), Finding> {
        let Some(before) = self.before.take().filter(|_| outcome.is_ok()) else { return Ok(()) };
        before.explain(&Balances::read(&world.pool, world.vm), instruction.data[0], &outcome.logs)
    }
}
