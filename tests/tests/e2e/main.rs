//! End to end: the real `tidepool` on a real `solana-test-validator`. `cargo xtask e2e` brings both, and runs this.
//!
//! With a harness of its own, since validators are shared by tests, and have to end with them.

mod chain;
mod faults;
mod genesis;
mod harness;
mod interrupts;
mod large;
mod life;
mod readme;
mod refusals;
mod stake;
mod world;

use libtest_mimic::{Arguments, Trial};
use std::{process::ExitCode, sync::Arc};
use world::World;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let world = Arc::new(World::default());
    let tests =
        [readme::TESTS, life::TESTS, faults::TESTS, refusals::TESTS, interrupts::TESTS, large::TESTS].concat();
    let trials = tests.into_iter().map(|(name, test)| {
        let world = Arc::clone(&world);
        Trial::test(name, move || {
            test(&world);
            Ok(())
        })
    });
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    // The validators end here, and not with the process.
    drop(world);
    conclusion.exit_code()
}
