//! The rebalance rule against a model of a pool that executes its verdicts: properties for every pool, every order of calls and every
//! caller.
//!
//! `TIDEPOOL_CASES_FACTOR` multiplies the number of cases. `TIDEPOOL_SEED` selects other cases.

#[path = "../common/mod.rs"]
mod common;

mod adversary;
mod bounds;
mod callers;
mod convergence;
mod demoted;
mod extremes;
mod griefing;
mod history;
mod holder;
mod limits;
mod model;
mod oracle;
mod order;
mod pools;
mod refill;
mod runner;
mod states;
mod stuck;
mod targets;
mod threshold;
