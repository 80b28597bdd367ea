//! The reference: the program of the published crate `spl-stake-pool`, with its entrypoint.
//!
//! Tidepool is compatible with it. The published crate is a program, but cargo builds no ELF of a dependency, so this crate wraps it.
//! `cargo xtask reference` builds it.

pub use spl_stake_pool::*;
