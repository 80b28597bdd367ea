//! Random histories.

use {
    tidepool_interface::{address::STAKE_PROGRAM_ID, instruction::tag},
    tidepool_tests::{
        fixtures,
        gates::Gates,
        history::{
            Machine,
            properties::{DIFFERENTIAL, OPERATIONS_BESIDE_REFERENCE},
            runner,
        },
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

fn run(seed: u64, operations: u64, machine: &mut Machine) {
    let histories = operations.div_ceil(OPERATIONS_BESIDE_REFERENCE as u64);
    let tally = runner::run(&DIFFERENTIAL, seed, histories, machine).unwrap_or_else(|failure| panic!("{failure:#?}"));
    println!("{tally:?}");
    let instructions: u64 = tally.instructions.values().map(|(succeeded, refused)| succeeded + refused).sum();
    let (updates, _) = tally.instructions[&tag::UPDATE_VALIDATORS];
    // Histories in which everything fails would prove little.
    let is_telling = tally.succeeded * 4 > instructions && updates * 100 > operations;
    assert!(is_telling && tally.rebalances * 200 > operations, "{tally:?}");
}

#[test]
fn random_histories_end_alike() {
    run(SEEDS[0], operations() / 2, &mut Machine::beside_reference());
}

#[test]
fn more_random_histories_end_alike() {
    run(SEEDS[1], operations() / 2, &mut Machine::beside_reference());
}

#[test]
fn random_histories_with_an_older_stake_program_end_alike() {
    let mut machine = Machine::beside_reference();
    machine.vm.replace_program(&STAKE_PROGRAM_ID, &fixtures::read(fixtures::OLDER_STAKE_PROGRAM));
    run(SEEDS[2], OLDER_OPERATIONS, &mut machine);
}
