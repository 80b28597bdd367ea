//! Each account of each instruction replaced, in every way that a caller could: both programs refuse alike.

use {
    solana_address::Address,
    tidepool_interface::address::{CLOCK_ID, RENT_ID, TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID},
    tidepool_tests::{
        extension::PoolKind,
        scenario::{self, EPOCH, Scenario},
        substitution::{apply, substitutions},
        vm::Vm,
    },
};

/// Runs all substitutions of a scenario and returns what differs.
fn differences(name: &str, token_program: Address, kind: PoolKind, vm: &mut Vm) -> Vec<String> {
    let Scenario { instruction, .. } = scenario::make(name, token_program, kind, vm);
    let accounts = vm.accounts.clone();
    let mut found = vec![];
    for index in 0..instruction.accounts.len() {
        for substitution in substitutions(&instruction, index) {
            vm.accounts.clone_from(&accounts);
            let mut instruction = instruction.clone();
            if apply(substitution, index, &mut instruction, vm)
                && let Err(difference) = vm.compare(&instruction)
            {
                found.push(format!("{name}, {kind:?}, account {index}, {substitution:?}: {difference}"));
            }
        }
    }
    found
}

#[test]
fn each_account_of_each_instruction_is_checked_alike() {
    let mut vm = Vm::beside_reference();
    vm.set_epoch(EPOCH);
    let mut found = vec![];
    // Token programs tell nothing of the extension.
    let cases = [
        (TOKEN_PROGRAM_ID, PoolKind::Littered),
        (TOKEN_PROGRAM_ID, PoolKind::EXTENDED),
        (TOKEN_2022_PROGRAM_ID, PoolKind::Plain),
    ];
    for (token_program, kind) in cases {
        for name in scenario::names() {
            found.extend(differences(name, token_program, kind, &mut vm));
        }
    }
    assert!(found.is_empty(), "{} differences:\n{}", found.len(), found.join("\n"));
}

/// Both programs decode sysvars while they walk the list: a wrong one outranks an account that is missing behind it.
#[test]
fn a_wrong_sysvar_and_a_missing_account_are_refused_alike() {
    let mut vm = Vm::beside_reference();
    vm.set_epoch(EPOCH);
    let (mut found, mut cases) = (vec![], 0);
    for name in scenario::names() {
        let Scenario { instruction, .. } = scenario::make(name, TOKEN_PROGRAM_ID, PoolKind::Plain, &mut vm);
        let count = instruction.accounts.len();
        let is_sysvar = |index: &usize| [CLOCK_ID, RENT_ID].contains(&instruction.accounts[*index].pubkey);
        for index in (0..count).filter(is_sysvar) {
            for length in index + 1..count {
                let mut instruction = instruction.clone();
                instruction.accounts[index].pubkey = Address::new_unique();
                instruction.accounts.truncate(length);
                cases += 1;
                if let Err(difference) = vm.compare(&instruction) {
                    found.push(format!("{name}, account {index}, the first {length}: {difference}"));
                }
            }
        }
    }
    assert!(cases > 0, "no instruction has a sysvar");
    assert!(found.is_empty(), "{} differences:\n{}", found.len(), found.join("\n"));
}
