//! Random histories, as many as are wanted, and the shortest of those that find something.

use {
    super::{
        spec::Spec,
        step::Step,
        world::{FIRST_EPOCH, Finding, World},
    },
    crate::{
        invariants::exit,
        random::{CASES_FACTOR, SEED},
        vm::Vm,
    },
    fastrand::Rng,
    std::collections::BTreeMap,
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
    /// Draws one of them.
    pub draw: fn(&mut Rng) -> Step,
    /// Whether the property holds of the state at the end. What it draws follows from the history's seed.
    pub check: fn(&mut World, &mut Rng) -> Result<(), Finding>,
}

impl Property {
    /// A property of pools as they are drawn, after a whole history.
    pub const fn new(name: &'static str, check: fn(&mut World, &mut Rng) -> Result<(), Finding>) -> Self {
        Self { name, prepare: |_, _| {}, steps: STEPS, draw: Step::draw, check }
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
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Histories.
    pub histories: u64,
    /// Steps.
    pub steps: u64,
    /// Epochs that passed.
    pub epochs: u64,
    /// Steps by their names.
    pub kinds: BTreeMap<String, u64>,
    /// Instructions of the program by their tags: how many succeeded, and how many were refused.
    pub instructions: BTreeMap<u8, (u64, u64)>,
    /// Refusals, by their reason.
    pub refusals: BTreeMap<String, u64>,
    /// How holders left.
    pub exits: exit::Tally,
    /// Instructions that succeeded.
    pub succeeded: u64,
    /// Movements by rebalances, up and down.
    pub movements: (u64, u64),
    /// Movements that rebalances took back.
    pub recalls: u64,
    /// Decreases of the staker's, and those that the budget refused.
    pub staker_decreases: (u64, u64),
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.histories += other.histories;
        self.steps += other.steps;
        self.epochs += other.epochs;
        for (name, count) in other.kinds {
            *self.kinds.entry(name).or_default() += count;
        }
        for (tag, (succeeded, refused)) in other.instructions {
            let sum = self.instructions.entry(tag).or_default();
            *sum = (sum.0 + succeeded, sum.1 + refused);
        }
        for (reason, count) in other.refusals {
            *self.refusals.entry(reason).or_default() += count;
        }
        self.exits += other.exits;
        self.succeeded += other.succeeded;
        self.movements.0 += other.movements.0;
        self.movements.1 += other.movements.1;
        self.recalls += other.recalls;
        self.staker_decreases.0 += other.staker_decreases.0;
        self.staker_decreases.1 += other.staker_decreases.1;
    }
}

impl Tally {
    /// What a world saw of it at the end of its history.
    fn of(world: &World, kinds: BTreeMap<String, u64>, steps: usize) -> Self {
        let book = &world.book;
        Self {
            histories: 1,
            steps: steps as u64,
            epochs: book.epoch - FIRST_EPOCH,
            kinds,
            instructions: book.instructions.clone(),
            refusals: book.refusals.clone(),
            exits: world.exits,
            succeeded: book.succeeded,
            movements: (book.increases, book.decreases),
            recalls: book.recalls,
            staker_decreases: (book.staker_decreases, book.refused),
        }
    }
}

/// A machine with the program.
///
/// # Panics
/// Where the program has not been built.
pub fn machine() -> Vm {
    Vm::of_tidepool()
}

/// The pool and the steps that follow from a seed.
pub fn draw(property: &Property, seed: u64) -> (Spec, Vec<Step>) {
    let mut random = Rng::with_seed(seed);
    let mut spec = Spec::draw(&mut random);
    (property.prepare)(&mut spec, &mut random);
    let most = if spec.validators.len() > LARGE { STEPS_OF_LARGE } else { property.steps };
    let steps = (0..property.steps.min(most)).map(|_| (property.draw)(&mut random)).collect();
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
) -> Result<Tally, (usize, Finding)> {
    let mut world = World::new(spec, vm);
    let mut kinds = BTreeMap::new();
    for (index, step) in steps.iter().enumerate() {
        world.apply(step).map_err(|finding| (index + 1, finding))?;
        *kinds.entry(step.name()).or_default() += 1;
    }
    (property.check)(&mut world, &mut Rng::with_seed(!seed))
        .and_then(|()| world.take_finding())
        .map_err(|finding| (steps.len(), finding))?;
    Ok(Tally::of(&world, kinds, steps.len()))
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
            Ok(of_history) => tally += of_history,
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
