//! Whole instructions in the VM: what a case is, how it runs, and what has to hold.

mod case;
mod checks;
mod coverage;
mod operation;
mod stage;

pub use {
    case::Case,
    coverage::{install, trace},
    stage::Stage,
};
