//! Random histories, as many as are wanted, and the shortest of those that find something.

use {
    super::{
        spec::Spec,
        step::Step,
        world::{Book, Finding, World},
    },
    crate::{
        random::{CASES_FACTOR, SEED},
        vm::{Vm, read_program_elf},
    },
    fastrand::Rng,
    solana_address::Address,
};

/// Steps of a history of a small pool. A large pool's are fewer, as each takes long.
const STEPS: usize = 24;

/// Validators of a pool that counts as large.
const LARGE: usize = 30;

/// Steps of a history of a large pool.
const STEPS_OF_LARGE: usize = 8;

/// A property of the states that histories lead to.
#[derive(Clone, Copy)]
pub struct Property {
    /// Its name.
    pub name: &'static str,
    /// Makes a drawn pool one that the property is about.
    pub prepare: fn(&mut Spec, &mut Rng),
    /// Steps of the history before it; none for the pool as it was drawn.
    pub steps: usize,
    /// Whether the property holds of the state at the end. What it draws follows from the history's seed.
    pub check: fn(&mut World, &mut Rng) -> Result<(), Finding>,
}

impl Property {
    /// A property of pools as they are drawn, after a whole history.
    pub const fn new(name: &'static str, check: fn(&mut World, &mut Rng) -> Result<(), Finding>) -> Self {
        Self { name, prepare: |_, _| {}, steps: STEPS, check }
    }
}

/// A history that found something, shrunk.
#[derive(Debug)]
pub struct Failure {
    /// Its seed.
    pub seed: u64,
    /// The pool that it began with.
    pub spec: Spec,
    /// The steps that are needed.
    pub steps: Vec<Step>,
    /// What is not so.
    pub finding: Finding,
}

/// What histories did.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// Histories.
    pub histories: u64,
    /// Instructions that succeeded.
    pub succeeded: u64,
    /// Movements by rebalances, up and down.
    pub movements: (u64, u64),
    /// Decreases of the staker's, and those that the budget refused.
    pub staker_decreases: (u64, u64),
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.histories += other.histories;
        self.succeeded += other.succeeded;
        self.movements.0 += other.movements.0;
        self.movements.1 += other.movements.1;
        self.staker_decreases.0 += other.staker_decreases.0;
        self.staker_decreases.1 += other.staker_decreases.1;
    }
}

impl Tally {
    const fn add(&mut self, book: &Book) {
        self.histories += 1;
        self.succeeded += book.succeeded;
        self.movements.0 += book.increases;
        self.movements.1 += book.decreases;
        self.staker_decreases.0 += book.staker_decreases;
        self.staker_decreases.1 += book.refused;
    }
}

/// A machine with the program.
///
/// # Panics
/// Where the program has not been built.
pub fn machine() -> Vm {
    Vm::new(Address::new_unique(), &read_program_elf())
}

/// The pool and the steps that follow from a seed.
pub fn draw(property: &Property, seed: u64) -> (Spec, Vec<Step>) {
    let mut random = Rng::with_seed(seed);
    let mut spec = Spec::draw(&mut random);
    (property.prepare)(&mut spec, &mut random);
    let most = if spec.validators.len() > LARGE { STEPS_OF_LARGE } else { STEPS };
    let steps = (0..property.steps.min(most)).map(|_| Step::draw(&mut random)).collect();
    (spec, steps)
}

/// Runs a history and checks the property of its end.
///
/// # Errors
/// What is not so, and after how many steps.
pub fn replay(
    property: &Property,
    seed: u64,
    spec: &Spec,
    steps: &[Step],
    vm: &mut Vm,
) -> Result<Book, (usize, Finding)> {
    let mut world = World::new(spec, vm);
    for (index, step) in steps.iter().enumerate() {
        world.apply(step).map_err(|finding| (index + 1, finding))?;
    }
    (property.check)(&mut world, &mut Rng::with_seed(!seed)).map_err(|finding| (steps.len(), finding))?;
    Ok(world.book)
}

/// Runs histories, one per seed from `first` on.
///
/// # Errors
/// The first that finds something.
pub fn run(property: &Property, first: u64, histories: u64, vm: &mut Vm) -> Result<Tally, Box<Failure>> {
    let mut tally = Tally::default();
    for seed in first..first + histories {
        let (spec, steps) = draw(property, seed);
        match replay(property, seed, &spec, &steps, vm) {
            Ok(book) => tally.add(&book),
            Err((length, finding)) => {
                let failure = Failure { seed, spec, steps: steps[..length].to_vec(), finding };
                return Err(Box::new(shrink(property, failure, vm)));
            }
        }
    }
    Ok(tally)
}

/// Drops steps as long as something is found.
fn shrink(property: &Property, mut failure: Failure, vm: &mut Vm) -> Failure {
    let mut index = failure.steps.len();
    while index > 0 {
        index -= 1;
        let mut fewer = failure.steps.clone();
        fewer.remove(index);
        if let Err((length, finding)) = replay(property, failure.seed, &failure.spec, &fewer, vm) {
            fewer.truncate(length);
            index = index.min(fewer.len());
            failure = Failure { steps: fewer, finding, ..failure };
        }
    }
    failure
}

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")))
}

/// Runs a property's histories in a test: `histories` times `TIDEPOOL_CASES_FACTOR`, from the seed `TIDEPOOL_SEED` on.
///
/// # Panics
/// Where one finds something.
pub fn check(property: &Property, histories: u64) -> Tally {
    let factor = variable(CASES_FACTOR).unwrap_or(1);
    let seed = variable(SEED).unwrap_or(0).wrapping_mul(1 << 32);
    let tally = run(property, seed, histories * factor, &mut machine())
        .unwrap_or_else(|failure| panic!("{}: {failure:#?}", property.name));
    println!("{}: {tally:?}", property.name);
    tally
}
