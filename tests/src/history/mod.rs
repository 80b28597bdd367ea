//! Random histories of a pool: a state machine whose next operation is drawn at random, valid and invalid ones.
//!
//! [`Oracle`]s judge each instruction: the reference program, invariants, formulas of rebalances. The state that a history ends in
//! is then checked for one of the properties.

mod apply;
mod book;
mod checks;
pub mod crank;
mod draw;
pub mod expectation;
mod formulas;
pub mod operation;
mod oracle;
mod outside;
pub mod properties;
pub mod runner;
pub mod spec;
mod tally;
pub mod world;

pub use {
    book::{Book, Snapshot, Uncounted},
    operation::Operation,
    oracle::{Machine, Oracle},
    outside::RENT_LADDER,
    runner::{Property, check},
    spec::Spec,
    tally::Tally,
    world::{Finding, World},
};
