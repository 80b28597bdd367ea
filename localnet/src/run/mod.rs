//! What the demo and the rehearsal share: sending plans, watching rewards, balancing the books.

mod driver;
mod error;
mod ledger;
mod rewards;

pub use {
    driver::{Driver, Receipt},
    error::RunError,
    ledger::{Ledger, Side},
    rewards::{PaidRewards, next_epoch},
};

use std::path::PathBuf;

/// Where `cargo xtask build-program` puts the program, seen from the repository's folder.
pub fn default_program() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    target.join("deploy").join("tidepool.so")
}
