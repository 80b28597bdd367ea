//! Random histories.

use tidepool_tests::{
    history::{self, Tally},
    twins::Twins,
};

/// Operations in the test run. `cargo xtask differential` runs more.
const OPERATIONS: u64 = 100_000;

/// Seeds of the two halves of the run: each takes one core.
const FIRST_SEED: u64 = 0;
const SECOND_SEED: u64 = 1_000_000;

fn run(seed: u64) {
    let Tally { instructions, succeeded } =
        history::run(seed, OPERATIONS / 2, &mut Twins::new()).unwrap_or_else(|divergence| panic!("{divergence:#?}"));
    println!("{instructions} instructions, {succeeded} of them successful");
    // Histories in which everything fails would prove little.
    assert!(succeeded * 4 > instructions, "{succeeded} of {instructions} succeeded");
}

#[test]
fn random_histories_end_alike() {
    run(FIRST_SEED);
}

#[test]
fn more_random_histories_end_alike() {
    run(SECOND_SEED);
}
