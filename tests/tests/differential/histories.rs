//! Random histories.

use {
    tidepool_interface::address::STAKE_PROGRAM_ID,
    tidepool_tests::{
        fixtures,
        gates::Gates,
        history::{self, Tally},
        vm::Vm,
    },
};

/// Operations in the test run: fewer under the second set of feature gates. `cargo xtask differential` runs more.
fn operations() -> u64 {
    match Gates::of_environment() {
        Gates::All => 100_000,
        Gates::Mainnet => 20_000,
    }
}

/// Operations with the older stake program on top.
const OLDER_OPERATIONS: u64 = 20_000;

/// Seeds of the parts of the run, which go on side by side.
const SEEDS: [u64; 3] = [0, 1_000_000, 2_000_000];

fn run(seed: u64, operations: u64, vm: &mut Vm) {
    let tally = history::run(seed, operations, vm).unwrap_or_else(|divergence| panic!("{divergence:#?}"));
    println!("{tally:?}");
    let Tally { instructions, succeeded, updates, rebalances, .. } = tally;
    // Histories in which everything fails would prove little.
    assert!(succeeded * 4 > instructions && updates * 100 > operations && rebalances * 200 > operations, "{tally:?}");
}

#[test]
fn random_histories_end_alike() {
    run(SEEDS[0], operations() / 2, &mut Vm::beside_reference());
}

#[test]
fn more_random_histories_end_alike() {
    run(SEEDS[1], operations() / 2, &mut Vm::beside_reference());
}

#[test]
fn random_histories_with_an_older_stake_program_end_alike() {
    let mut vm = Vm::beside_reference();
    vm.replace_program(&STAKE_PROGRAM_ID, &fixtures::read(fixtures::OLDER_STAKE_PROGRAM));
    run(SEEDS[2], OLDER_OPERATIONS, &mut vm);
}
