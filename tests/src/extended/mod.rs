//! Random histories of a pool with the extension: whoever may act on it does, and anybody rebalances it.
//!
//! Every step is checked, whatever the history is about: who may move what, how far, and within which bounds, by formulas of
//! this module's own. The state that a history ends in is then checked for one of the properties.

mod apply;
mod book;
mod checks;
pub mod crank;
mod movements;
pub mod oracle;
mod outside;
pub mod properties;
pub mod runner;
pub mod spec;
pub mod step;
pub mod wild;
pub mod world;

pub use {
    book::{Book, Snapshot, Uncounted},
    runner::{Property, check, machine},
    spec::Spec,
    step::Step,
    world::{Finding, World},
};
