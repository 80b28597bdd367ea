//! Random histories of a pool: a state machine whose next operation is drawn at random, valid and invalid ones alike, and
//! which both programs run side by side.

mod extension;
mod operation;
mod outside;
mod world;

pub use {
    extension::ExtensionOperation,
    operation::Operation,
    world::{World, WorldSpec},
};

use {crate::vm::Vm, tidepool_interface::instruction::tag};

/// Operations of one history.
const HISTORY_LENGTH: usize = 60;

/// What a run of histories did.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// Instructions that both programs ran.
    pub instructions: u64,
    /// Those that succeeded.
    pub succeeded: u64,
    /// Compact updates that succeeded.
    pub updates: u64,
    /// Rebalances that moved stake.
    pub rebalances: u64,
    /// Rebalances that had nothing to move.
    pub idle_rebalances: u64,
}

impl Tally {
    fn count_extension(&mut self, instruction: u8, has_moved: bool) {
        match instruction {
            tag::UPDATE_VALIDATORS => self.updates += 1,
            tag::REBALANCE if has_moved => self.rebalances += 1,
            tag::REBALANCE => self.idle_rebalances += 1,
            _ => {}
        }
    }
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.instructions += other.instructions;
        self.succeeded += other.succeeded;
        self.updates += other.updates;
        self.rebalances += other.rebalances;
        self.idle_rebalances += other.idle_rebalances;
    }
}

/// A history in which the programs differ, shrunk.
#[derive(Debug)]
pub struct Divergence {
    /// Seed of the history.
    pub seed: u64,
    /// The pool that it began with.
    pub spec: WorldSpec,
    /// The operations that are needed.
    pub operations: Vec<Operation>,
    /// What differs after the last one.
    pub difference: String,
}

/// Runs histories, one per seed from `seed` on, until `operations` were drawn.
///
/// # Errors
/// The first history in which the programs differ.
pub fn run(seed: u64, operations: u64, vm: &mut Vm) -> Result<Tally, Box<Divergence>> {
    let mut tally = Tally::default();
    let mut drawn = 0;
    for seed in seed.. {
        if drawn >= operations {
            break;
        }
        let (spec, history) = draw(seed);
        drawn += history.len() as u64;
        if let Err((length, _)) = replay(&spec, &history, vm, &mut tally) {
            return Err(Box::new(shrink(seed, spec, history[..length].to_vec(), vm)));
        }
    }
    Ok(tally)
}

/// The pool and the operations that follow from a seed.
pub fn draw(seed: u64) -> (WorldSpec, Vec<Operation>) {
    let mut random = fastrand::Rng::with_seed(seed);
    let spec = WorldSpec::draw(&mut random);
    let history = (0..HISTORY_LENGTH).map(|_| Operation::draw(&mut random)).collect();
    (spec, history)
}

/// Runs a history.
///
/// # Errors
/// The number of operations up to the one after which the programs differ, and what differs.
pub fn replay(spec: &WorldSpec, history: &[Operation], vm: &mut Vm, tally: &mut Tally) -> Result<(), (usize, String)> {
    let mut world = World::new(spec, vm);
    for (index, operation) in history.iter().enumerate() {
        world.apply(operation, tally).map_err(|difference| (index + 1, difference))?;
    }
    Ok(())
}

/// Drops operations as long as the programs still differ.
fn shrink(seed: u64, spec: WorldSpec, mut operations: Vec<Operation>, vm: &mut Vm) -> Divergence {
    let mut difference = String::new();
    let mut index = operations.len();
    while index > 0 {
        index -= 1;
        let mut fewer = operations.clone();
        fewer.remove(index);
        if let Err((length, text)) = replay(&spec, &fewer, vm, &mut Tally::default()) {
            fewer.truncate(length);
            index = index.min(fewer.len());
            (operations, difference) = (fewer, text);
        }
    }
    if difference.is_empty()
        && let Err((_, text)) = replay(&spec, &operations, vm, &mut Tally::default())
    {
        difference = text;
    }
    Divergence { seed, spec, operations, difference }
}
