//! End to end: the real `tidepool` on a real `solana-test-validator`. `cargo xtask e2e` brings both, and runs this.
//!
//! With a harness of its own, since validators are shared by tests, and have to end with them.

mod alpenglow;
mod applying;
mod chain;
mod deployment;
mod events;
mod faults;
mod genesis;
mod harness;
mod interrupts;
mod large;
mod life;
mod localnet;
mod multisig;
mod readme;
mod refusals;
mod stake;
mod world;

use libtest_mimic::{Arguments, Trial};
use std::{process::ExitCode, sync::Arc};
use world::{Test, World};

/// Tests at the same time. Most of them wait for blocks, and not for a processor.
const THREADS: usize = 2;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(THREADS);
    // One validator at a time, so that it has a processor to itself: with epochs of two seconds it needs that.
    let parts: [&[&[Test]]; 5] = [
        &[readme::TESTS, refusals::TESTS, interrupts::TESTS, large::TESTS, applying::TESTS],
        &[faults::TESTS],
        &[life::TESTS, deployment::TESTS, events::TESTS, multisig::TESTS],
        &[alpenglow::TESTS],
        &[localnet::TESTS],
    ];
    let failed = parts.map(|part| run(&arguments, &part.concat()));
    if failed.contains(&true) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Runs tests in a world of their own, and says whether any has failed.
fn run(arguments: &Arguments, tests: &[Test]) -> bool {
    let world = Arc::new(World::default());
    let trials = tests.iter().map(|(name, test)| {
        let (world, test) = (Arc::clone(&world), *test);
        Trial::test(*name, move || {
            test(&world);
            Ok(())
        })
    });
    // The validators end when this returns, and not with the process.
    libtest_mimic::run(arguments, trials.collect()).has_failed()
}
