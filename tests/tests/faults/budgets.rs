//! Every instruction with too few compute units, however many: nothing of it is kept. This makes each of its calls fail in turn, and
//! the program between them.

use {
    crate::bank::{Bank, MOST_UNITS, UNITS_OF_ASKING, calls_done},
    solana_address::Address,
    solana_instruction::error::InstructionError::{ComputationalBudgetExceeded, ProgramFailedToComplete},
    std::collections::BTreeSet,
    tidepool_interface::address::{METADATA_PROGRAM_ID, TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID},
    tidepool_tests::{
        attack::{self, AttackScenario},
        extension::PoolKind,
    },
};

/// Budgets of each scenario that are too small, spread evenly.
const STEPS: u64 = 40;

/// Runs a scenario with each budget. Returns how many of the scenario's calls some budget has let succeed before it ran out.
fn sweep(scenario: &AttackScenario, bank: &Bank) -> BTreeSet<usize> {
    bank.put_scenario(scenario);
    let full = bank.run(&scenario.instruction).unwrap_or_else(|failure| panic!("{}: {failure:#?}", scenario.name));
    let calls = calls_done(scenario, &full.logs);
    let needed = full.units_consumed;
    let mut done = BTreeSet::new();
    let below = (0..STEPS).map(|step| UNITS_OF_ASKING + (needed - UNITS_OF_ASKING) * step / STEPS);
    bank.put_scenario(scenario);
    let before = bank.read(scenario);
    for units in below.chain([needed - 1]) {
        let limit = u32::try_from(units).expect("a few units");
        let failure = bank.run_within(limit, &scenario.instruction).expect_err(scenario.name);
        assert!(
            [ComputationalBudgetExceeded, ProgramFailedToComplete].contains(&failure.error),
            "{} within {units}: {failure:#?}",
            scenario.name
        );
        assert!(bank.read(scenario) == before, "{} within {units}: something was kept", scenario.name);
        done.insert(calls_done(scenario, &failure.logs));
    }
    assert!(needed < u64::from(MOST_UNITS));
    let exact = bank.run_within(u32::try_from(needed).expect("a few units"), &scenario.instruction);
    assert!(exact.is_ok(), "{} within the {needed} that it needs: {exact:#?}", scenario.name);
    assert!(done.iter().all(|done| *done <= calls), "{}: {done:?} of {calls} calls", scenario.name);
    done
}

fn sweep_all(token_program: Address, at_least: usize) {
    let mut vm = attack::machine();
    let bank = Bank::new(&vm);
    let (mut interrupted, mut tried) = (0, 0);
    for scenario in attack::all(token_program, PoolKind::EXTENDED, &mut vm) {
        // The bank does not have the metadata program.
        if scenario.instruction.accounts.iter().any(|meta| meta.pubkey == METADATA_PROGRAM_ID) {
            continue;
        }
        tried += 1;
        // Somewhere between its first call and its last.
        interrupted += sweep(&scenario, &bank).into_iter().filter(|done| *done > 0).count();
    }
    assert!(tried >= 55, "{tried} scenarios");
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
