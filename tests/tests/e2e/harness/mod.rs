//! What the tests stand on: a validator, a proxy in front of it, and users with the real binary.

pub mod cluster;
pub mod proxy;
pub mod rpc;
pub mod terminal;
pub mod user;

use std::{env, path::PathBuf, time::Duration};

/// Time after which whatever a test waits for has failed.
pub const PATIENCE: Duration = Duration::from_secs(180);

/// A path that `cargo xtask e2e` gives the tests.
pub fn path_from(variable: &str) -> PathBuf {
    let path = env::var_os(variable).unwrap_or_else(|| panic!("{variable} is not set: run `cargo xtask e2e`"));
    PathBuf::from(path)
}

/// Waits until `look` finds what it looks for.
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    const PAUSE: Duration = Duration::from_millis(20);
    let began = std::time::Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "{what}: not within {} seconds", PATIENCE.as_secs());
        std::thread::sleep(PAUSE);
    }
}
