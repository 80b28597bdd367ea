//! Every instruction with too few compute units, however many: nothing of it is kept. This makes each of its calls fail in turn, and
//! the program between them.

use {
    crate::bank::{Bank, MOST_UNITS, UNITS_OF_ASKING, calls_done},
    solana_address::Address,
    solana_instruction::error::InstructionError::{ComputationalBudgetExceeded, ProgramFailedToComplete},
    std::collections::BTreeSet,
    tidepool_interface::address::{METADATA_PROGRAM_ID, TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID},
    tidepool_tests::{
        extension::PoolKind,
        scenes::{self, Scene},
    },
};

/// Budgets of each scene that are too small, spread evenly.
const STEPS: u64 = 40;

/// Runs a scene with each budget. Returns how many of the scene's calls some budget has let succeed before it ran out.
fn sweep(scene: &Scene, bank: &Bank) -> BTreeSet<usize> {
    bank.put_scene(scene);
    let full = bank.run(&scene.instruction).unwrap_or_else(|failure| panic!("{}: {failure:#?}", scene.name));
    let calls = calls_done(scene, &full.logs);
    let needed = full.units_consumed;
    let mut done = BTreeSet::new();
    let below = (0..STEPS).map(|step| UNITS_OF_ASKING + (needed - UNITS_OF_ASKING) * step / STEPS);
    bank.put_scene(scene);
    let before = bank.read(scene);
    for units in below.chain([needed - 1]) {
        let limit = u32::try_from(units).expect("a few units");
        let failure = bank.run_within(limit, &scene.instruction).expect_err(scene.name);
        assert!(
            [ComputationalBudgetExceeded, ProgramFailedToComplete].contains(&failure.error),
            "{} within {units}: {failure:#?}",
            scene.name
        );
        assert!(bank.read(scene) == before, "{} within {units}: something was kept", scene.name);
        done.insert(calls_done(scene, &failure.logs));
    }
    assert!(needed < u64::from(MOST_UNITS));
    let exact = bank.run_within(u32::try_from(needed).expect("a few units"), &scene.instruction);
    assert!(exact.is_ok(), "{} within the {needed} that it needs: {exact:#?}", scene.name);
    assert!(done.iter().all(|done| *done <= calls), "{}: {done:?} of {calls} calls", scene.name);
    done
}

fn sweep_all(token_program: Address, at_least: usize) {
    let mut vm = scenes::machine();
    let bank = Bank::new(&vm);
    let (mut interrupted, mut tried) = (0, 0);
    for scene in scenes::all(token_program, PoolKind::EXTENDED, &mut vm) {
        // The bank does not have the metadata program.
        if scene.instruction.accounts.iter().any(|meta| meta.pubkey == METADATA_PROGRAM_ID) {
            continue;
        }
        tried += 1;
        // Somewhere between its first call and its last.
        interrupted += sweep(&scene, &bank).into_iter().filter(|done| *done > 0).count();
    }
    assert!(tried >= 55, "{tried} scenes");
    assert!(interrupted >= at_least, "{interrupted} times a call was followed by one that failed");
}

#[test]
fn an_instruction_that_runs_out_of_compute_units_keeps_nothing() {
    sweep_all(TOKEN_PROGRAM_ID, 80);
}

/// Token-2022 takes one instruction a call.
#[test]
fn nor_does_one_that_makes_more_calls() {
    sweep_all(TOKEN_2022_PROGRAM_ID, 100);
}
