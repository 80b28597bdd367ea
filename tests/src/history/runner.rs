//! Random histories, as many as are wanted, and the shortest of those that find something.

use {
    super::{
        operation::Operation,
        oracle::Machine,
        spec::Spec,
        tally::Tally,
        world::{Finding, World},
    },
    crate::random::{CASES_FACTOR, SEED, variable},
    fastrand::Rng,
    std::collections::BTreeMap,
};

/// Operations of a history of a small pool. A large pool's are fewer, as each takes long.
const OPERATIONS: usize = 24;

/// Validators of a pool that counts as large.
const LARGE: usize = 30;

/// Operations of a history of a large pool.
const OPERATIONS_OF_LARGE: usize = 8;

/// A property of the states that histories lead to.
#[derive(Clone, Copy)]
pub struct Property {
    pub name: &'static str,
    /// Draws a pool.
    pub spec: fn(&mut Rng) -> Spec,
    /// Makes a drawn pool one that the property is about.
    pub prepare: fn(&mut Spec, &mut Rng),
    /// Operations of the history before it; none for the pool as it was drawn.
    pub operations: usize,
    /// Draws one of them.
    pub draw: fn(&mut Rng) -> Operation,
    /// Whether the property holds of the state at the end. What it draws follows from the history's seed.
    pub check: fn(&mut World, &mut Rng) -> Result<(), Finding>,
}

impl Property {
    /// A property of pools as they are drawn, after a whole history.
    pub const fn new(name: &'static str, check: fn(&mut World, &mut Rng) -> Result<(), Finding>) -> Self {
        Self { name, spec: Spec::draw, prepare: |_, _| {}, operations: OPERATIONS, draw: Operation::draw, check }
    }
}

/// A history that found something, shrunk.
#[derive(Debug)]
pub struct Failure {
    pub seed: u64,
    /// The pool that it began with.
    pub spec: Spec,
    /// The operations that are needed.
    pub operations: Vec<Operation>,
    pub finding: Finding,
}

/// The pool and the operations that follow from a seed.
pub fn draw(property: &Property, seed: u64) -> (Spec, Vec<Operation>) {
    let mut random = Rng::with_seed(seed);
    let mut spec = (property.spec)(&mut random);
    (property.prepare)(&mut spec, &mut random);
    let most = if spec.validators.len() > LARGE { OPERATIONS_OF_LARGE } else { property.operations };
    let operations = (0..property.operations.min(most)).map(|_| (property.draw)(&mut random)).collect();
    (spec, operations)
}

/// Runs a history and checks the property of its end.
pub fn replay(
    property: &Property,
    seed: u64,
    spec: &Spec,
    operations: &[Operation],
    machine: &mut Machine,
) -> Result<Tally, (usize, Finding)> {
    let mut world = World::new(spec, machine);
    let mut kinds = BTreeMap::new();
    for (index, operation) in operations.iter().enumerate() {
        world.apply(operation).map_err(|finding| (index + 1, finding))?;
        *kinds.entry(operation.name()).or_default() += 1;
    }
    (property.check)(&mut world, &mut Rng::with_seed(!seed))
        .and_then(|()| world.take_finding())
        .map_err(|finding| (operations.len(), finding))?;
    Ok(Tally::of(&world, kinds, operations.len()))
}

/// Runs histories, one per seed from `first` on.
pub fn run(property: &Property, first: u64, histories: u64, machine: &mut Machine) -> Result<Tally, Box<Failure>> {
    let mut tally = Tally::default();
    for seed in first..first + histories {
        let (spec, operations) = draw(property, seed);
        match replay(property, seed, &spec, &operations, machine) {
            Ok(of_history) => tally += of_history,
            Err((length, finding)) => {
                let failure = Failure { seed, spec, operations: operations[..length].to_vec(), finding };
                return Err(Box::new(shrink(property, failure, machine)));
            }
        }
    }
    Ok(tally)
}

/// Drops operations as long as something is found.
fn shrink(property: &Property, mut failure: Failure, machine: &mut Machine) -> Failure {
    let mut index = failure.operations.len();
    while index > 0 {
        index -= 1;
        let mut fewer = failure.operations.clone();
        fewer.remove(index);
        if let Err((length, finding)) = replay(property, failure.seed, &failure.spec, &fewer, machine) {
            fewer.truncate(length);
            index = index.min(fewer.len());
            failure = Failure { operations: fewer, finding, ..failure };
        }
    }
    failure
}

/// Runs a property's histories in a test: `histories` times `TIDEPOOL_CASES_FACTOR`, from the seed `TIDEPOOL_SEED` on.
pub fn check(property: &Property, histories: u64) -> Tally {
    let factor = variable(CASES_FACTOR).unwrap_or(1);
    let seed = variable(SEED).unwrap_or(0).wrapping_mul(1 << 32);
    let tally = run(property, seed, histories * factor, &mut Machine::with_invariants())
        .unwrap_or_else(|failure| panic!("{}: {failure:#?}", property.name));
    println!("{}: {tally:?}", property.name);
    tally
}
