//! The program of the published crate `spl-stake-pool`, entrypoint and all.
//!
//! It is what Tidepool has to be compatible with. The crate is a program itself, but cargo builds no ELF of a
//! dependency, so this crate is one around it. `cargo xtask reference` builds it.

pub use spl_stake_pool::*;
