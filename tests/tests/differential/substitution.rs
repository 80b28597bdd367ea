//! Each account of each instruction replaced, in every way that a caller could: both programs refuse alike.

use {
    solana_account::Account,
    solana_address::Address,
    solana_instruction::{AccountMeta, Instruction},
    tidepool_interface::address::{CLOCK_ID, RENT_ID, TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID},
    tidepool_tests::{
        extension::PoolKind,
        scenario::{self, EPOCH, Scenario},
        twins::Twins,
        vm::Vm,
    },
};

/// What is done to one account of an instruction.
#[derive(Clone, Copy, Debug)]
enum Substitution {
    /// Another address, at which there is nothing.
    Nothing,
    /// Another address with the same account.
    Copy,
    /// The same address, owned by another program.
    Owner,
    /// The same address, without data.
    Empty,
    /// The same address, its data cut by a byte.
    Truncated,
    /// The same address, its data all zeroes.
    Zeroed,
    /// Not writable.
    ReadOnly,
    /// Not signing.
    Unsigned,
    /// Missing, with all that follow.
    Missing,
    /// The account at this other place of the list.
    Duplicate(usize),
}

fn substitutions(instruction: &Instruction, index: usize) -> Vec<Substitution> {
    use Substitution::*;
    let mut all = vec![Nothing, Copy, Owner, Empty, Truncated, Zeroed, ReadOnly, Unsigned, Missing];
    all.extend((0..instruction.accounts.len()).filter(|other| *other != index).map(Duplicate));
    all
}

/// Changes the account at `index`; `false` where that changes nothing.
fn apply(substitution: Substitution, index: usize, instruction: &mut Instruction, vm: &mut Vm) -> bool {
    let address = instruction.accounts[index].pubkey;
    let replace = |meta: &mut AccountMeta, address: Address| meta.pubkey = address;
    let mut change = |change: &dyn Fn(&mut Account)| {
        // Programs and sysvars cannot be changed by anyone.
        let Some(account) = vm.accounts.get_mut(&address) else {
            return false;
        };
        let before = account.clone();
        change(account);
        *account != before
    };
    match substitution {
        Substitution::Nothing => replace(&mut instruction.accounts[index], Address::new_unique()),
        Substitution::Copy => {
            let Some(account) = vm.accounts.get(&address).cloned() else {
                return false;
            };
            let copy = Address::new_unique();
            vm.accounts.insert(copy, account);
            replace(&mut instruction.accounts[index], copy);
        }
        Substitution::Owner => return change(&|account| account.owner = Address::new_from_array([9; 32])),
        Substitution::Empty => return change(&|account| account.data.clear()),
        Substitution::Truncated => {
            return change(&|account| account.data.truncate(account.data.len().saturating_sub(1)));
        }
        Substitution::Zeroed => return change(&|account| account.data.fill(0)),
        Substitution::ReadOnly => return std::mem::take(&mut instruction.accounts[index].is_writable),
        Substitution::Unsigned => return std::mem::take(&mut instruction.accounts[index].is_signer),
        Substitution::Missing => instruction.accounts.truncate(index),
        Substitution::Duplicate(other) => {
            let other = instruction.accounts[other].pubkey;
            if other == address {
                return false;
            }
            replace(&mut instruction.accounts[index], other);
        }
    }
    true
}

/// Runs all substitutions of a scenario and returns what differs.
fn differences(name: &str, token_program: Address, kind: PoolKind, twins: &mut Twins) -> Vec<String> {
    let Scenario { instruction, .. } = scenario::make(name, token_program, kind, &mut twins.ours);
    let accounts = twins.ours.accounts.clone();
    let mut found = vec![];
    for index in 0..instruction.accounts.len() {
        for substitution in substitutions(&instruction, index) {
            twins.ours.accounts.clone_from(&accounts);
            let mut instruction = instruction.clone();
            if apply(substitution, index, &mut instruction, &mut twins.ours)
                && let Err(difference) = twins.process(&instruction)
            {
                found.push(format!("{name}, {kind:?}, account {index}, {substitution:?}: {difference}"));
            }
        }
    }
    found
}

#[test]
fn each_account_of_each_instruction_is_checked_alike() {
    let mut twins = Twins::new();
    twins.set_epoch(EPOCH);
    let mut found = vec![];
    // Token programs tell nothing of the extension.
    let cases = [
        (TOKEN_PROGRAM_ID, PoolKind::Littered),
        (TOKEN_PROGRAM_ID, PoolKind::EXTENDED),
        (TOKEN_2022_PROGRAM_ID, PoolKind::Plain),
    ];
    for (token_program, kind) in cases {
        for name in scenario::names() {
            found.extend(differences(name, token_program, kind, &mut twins));
        }
    }
    assert!(found.is_empty(), "{} differences:\n{}", found.len(), found.join("\n"));
}

/// Both programs decode sysvars while they walk the list: a wrong one outranks an account that is missing behind it.
#[test]
fn a_wrong_sysvar_and_a_missing_account_are_refused_alike() {
    let mut twins = Twins::new();
    twins.set_epoch(EPOCH);
    let (mut found, mut cases) = (vec![], 0);
    for name in scenario::names() {
        let Scenario { instruction, .. } = scenario::make(name, TOKEN_PROGRAM_ID, PoolKind::Plain, &mut twins.ours);
        let count = instruction.accounts.len();
        let is_sysvar = |index: &usize| [CLOCK_ID, RENT_ID].contains(&instruction.accounts[*index].pubkey);
        for index in (0..count).filter(is_sysvar) {
            for length in index + 1..count {
                let mut instruction = instruction.clone();
                instruction.accounts[index].pubkey = Address::new_unique();
                instruction.accounts.truncate(length);
                cases += 1;
                if let Err(difference) = twins.process(&instruction) {
                    found.push(format!("{name}, account {index}, the first {length}: {difference}"));
                }
            }
        }
    }
    assert!(cases > 0, "no instruction has a sysvar");
    assert!(found.is_empty(), "{} differences:\n{}", found.len(), found.join("\n"));
}
