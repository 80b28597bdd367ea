//! What histories did.

use {
    super::world::{FIRST_EPOCH, World},
    crate::invariants::exit,
    std::collections::BTreeMap,
};

/// What histories did.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub histories: u64,
    pub operations: u64,
    /// Epochs that passed.
    pub epochs: u64,
    /// Operations by their names.
    pub kinds: BTreeMap<String, u64>,
    /// Instructions of the program by their tags: how many succeeded, and how many were refused.
    pub instructions: BTreeMap<u8, (u64, u64)>,
    /// Refusals, by their reason.
    pub refusals: BTreeMap<String, u64>,
    /// How holders left.
    pub exits: exit::Tally,
    /// Instructions that succeeded.
    pub succeeded: u64,
    /// Rebalances that moved stake.
    pub rebalances: u64,
    /// Movements by rebalances, up and down.
    pub movements: (u64, u64),
    /// Movements that rebalances took back.
    pub recalls: u64,
    /// Decreases of the staker's, and those that the budget refused.
    pub staker_decreases: (u64, u64),
    /// Delegations that shrank to keep an account's rent, and those that became 0.
    pub shrunk: (u64, u64),
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.histories += other.histories;
        self.operations += other.operations;
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
        self.rebalances += other.rebalances;
        self.movements.0 += other.movements.0;
        self.movements.1 += other.movements.1;
        self.recalls += other.recalls;
        self.staker_decreases.0 += other.staker_decreases.0;
        self.staker_decreases.1 += other.staker_decreases.1;
        self.shrunk.0 += other.shrunk.0;
        self.shrunk.1 += other.shrunk.1;
    }
}

impl Tally {
    /// What a world saw of it at the end of its history.
    pub(super) fn of(world: &World, kinds: BTreeMap<String, u64>, operations: usize) -> Self {
        let book = &world.book;
        Self {
            histories: 1,
            operations: operations as u64,
            epochs: book.epoch - FIRST_EPOCH,
            kinds,
            instructions: book.instructions.clone(),
            refusals: book.refusals.clone(),
            exits: world.exits,
            succeeded: book.succeeded,
            rebalances: book.rebalances,
            movements: (book.increases, book.decreases),
            recalls: book.recalls,
            staker_decreases: (book.staker_decreases, book.refused),
            shrunk: book.shrunk,
        }
    }
}
