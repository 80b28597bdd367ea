//! `UpdateValidatorListBalance`: the checks before the list is walked, in order, and the records that it passes over.

use {
    crate::update_harness::Harness,
    solana_address::Address,
    solana_instruction::{Instruction, error::InstructionError},
    tidepool_interface::state::StakeStatus,
    tidepool_tests::{extension::PoolKind, scenario::EPOCH, vm::Vm},
};

/// A check, and what breaks it.
struct Gate {
    name: &'static str,
    breach: fn(&mut Harness, &mut Instruction),
    error: InstructionError,
}

const fn gate(name: &'static str, breach: fn(&mut Harness, &mut Instruction), error: InstructionError) -> Gate {
    Gate { name, breach, error }
}

fn other(instruction: &mut Instruction, index: usize) {
    instruction.accounts[index].pubkey = Address::new_unique();
}

fn edit_data(h: &mut Harness, address: Address, change: impl FnOnce(&mut [u8])) {
    change(&mut h.vm.accounts.get_mut(&address).expect("an account").data);
}

fn disown(h: &mut Harness, address: Address) {
    h.vm.accounts.get_mut(&address).expect("an account").owner = Address::new_from_array([9; 32]);
}

/// Where `start` lies in the instruction's data, after the tag.
const START: std::ops::Range<usize> = 1..5;

fn start_at(instruction: &mut Instruction, start: u32) {
    instruction.data[START].copy_from_slice(&start.to_le_bytes());
}

const GATES: &[Gate] = &[
    gate("pool owner", |h, _| disown(h, h.pool.pool), InstructionError::IncorrectProgramId),
    gate("pool type", |h, _| edit_data(h, h.pool.pool, |data| data[0] = 2), InstructionError::Custom(2)),
    gate("list address", |_, instruction| other(instruction, 2), InstructionError::Custom(8)),
    gate("withdraw authority", |_, instruction| other(instruction, 1), InstructionError::Custom(1)),
    gate("reserve", |_, instruction| other(instruction, 3), InstructionError::Custom(1)),
    gate("stake program", |_, instruction| other(instruction, 6), InstructionError::IncorrectProgramId),
    gate("epoch rewards", |h, _| h.vm.set_epoch_rewards_active(true), InstructionError::Custom(43)),
    gate(
        "odd number of accounts",
        |_, instruction| {
            instruction.accounts.pop();
        },
        InstructionError::Custom(20),
    ),
    gate("list owner", |h, _| disown(h, h.pool.state.head.validator_list), InstructionError::IncorrectProgramId),
    gate("beyond the list", |_, instruction| start_at(instruction, 1), InstructionError::AccountDataTooSmall),
    gate(
        "list type",
        |h, _| edit_data(h, h.pool.state.head.validator_list, |data| data[0] = 1),
        InstructionError::Custom(2),
    ),
];

/// Runs an update of both validators that breaks these gates, the last first.
fn breach(vm: Vm, gates: &[Gate], kind: PoolKind) -> (Vm, Result<Result<(), InstructionError>, String>) {
    let mut h = Harness::new(vm, &[StakeStatus::Active; 2], kind);
    h.vm.set_epoch_rewards_active(false);
    let mut instruction = update(&h, 0, &[0, 1]);
    for gate in gates.iter().rev() {
        (gate.breach)(&mut h, &mut instruction);
    }
    let result = h.vm.compare(&instruction).map(|outcome| outcome.result.raw_result);
    (h.vm, result)
}

fn update(h: &Harness, start: u32, validators: &[usize]) -> Instruction {
    let stakes: Vec<_> =
        validators.iter().map(|index| (h.pool.validators[*index].stake, h.pool.validators[*index].transient)).collect();
    h.pool.update_list(start, false, &stakes)
}

/// Each gate alone, and each with all that come after it: the first one answers. The odd number and the slice beyond the list
/// are one breach together, as half of an odd number is rounded down.
#[test]
fn each_gate_refuses_in_its_order() {
    let mut vm = Vm::beside_reference();
    let mut failures = vec![];
    let cases = GATES.iter().enumerate().flat_map(|case| PoolKind::ALL.map(|kind| (case, kind)));
    for ((index, gate), kind) in cases {
        for gates in [&GATES[index..=index], &GATES[index..]] {
            let result;
            (vm, result) = breach(vm, gates, kind);
            if result != Ok(Err(gate.error.clone())) {
                failures.push(format!("{} and {} more, {kind:?}: {result:?}", gate.name, gates.len() - 1));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// What part of the list is updated.
struct Slice {
    name: &'static str,
    instruction: fn(&mut Harness) -> Instruction,
    /// Which of the two records are fresh then, or the error.
    expected: Result<[bool; 2], InstructionError>,
}

fn slice(h: &Harness, start: u32, validators: &[usize], edit: impl FnOnce(&mut Instruction)) -> Instruction {
    let mut instruction = update(h, start, validators);
    edit(&mut instruction);
    instruction
}

const STALE: Result<[bool; 2], InstructionError> = Ok([false, false]);
const TOO_SMALL: Result<[bool; 2], InstructionError> = Err(InstructionError::AccountDataTooSmall);

/// The first validator's accounts are 7 and 8 of the instruction.
const SLICES: &[Slice] = &[
    Slice { name: "both", instruction: |h| update(h, 0, &[0, 1]), expected: Ok([true, true]) },
    Slice { name: "the first", instruction: |h| update(h, 0, &[0]), expected: Ok([true, false]) },
    Slice { name: "the second", instruction: |h| update(h, 1, &[1]), expected: Ok([false, true]) },
    Slice { name: "none", instruction: |h| update(h, 0, &[]), expected: STALE },
    Slice { name: "none at the end", instruction: |h| update(h, 2, &[]), expected: STALE },
    Slice { name: "none beyond the end", instruction: |h| update(h, 3, &[]), expected: TOO_SMALL },
    Slice { name: "far beyond the end", instruction: |h| update(h, u32::MAX, &[0]), expected: TOO_SMALL },
    Slice { name: "more than the list", instruction: |h| update(h, 0, &[0, 1, 1]), expected: TOO_SMALL },
    Slice { name: "swapped records", instruction: |h| update(h, 0, &[1, 0]), expected: STALE },
    Slice { name: "wrong record", instruction: |h| update(h, 0, &[1]), expected: STALE },
    Slice {
        name: "wrong validator account",
        instruction: |h| slice(h, 0, &[0, 1], |instruction| other(instruction, 7)),
        expected: Ok([false, true]),
    },
    Slice {
        name: "wrong transient account",
        instruction: |h| slice(h, 0, &[0, 1], |instruction| other(instruction, 8)),
        expected: Ok([false, true]),
    },
    Slice {
        name: "swapped accounts",
        instruction: |h| slice(h, 0, &[0, 1], |instruction| instruction.accounts.swap(7, 8)),
        expected: Ok([false, true]),
    },
    Slice {
        name: "another validator seed in the record",
        instruction: |h| {
            h.pool.edit_record(0, &mut h.vm, |record| record.validator_seed_suffix = 1.into());
            update(h, 0, &[0, 1])
        },
        expected: Ok([false, true]),
    },
    Slice {
        name: "another transient seed in the record",
        instruction: |h| {
            h.pool.edit_record(0, &mut h.vm, |record| record.transient_seed_suffix = 1.into());
            update(h, 0, &[0, 1])
        },
        expected: Ok([false, true]),
    },
];

#[test]
fn wrong_addresses_leave_their_records_stale() {
    let mut vm = Vm::beside_reference();
    let mut failures = vec![];
    for (row, kind) in SLICES.iter().flat_map(|row| PoolKind::ALL.map(|kind| (row, kind))) {
        let mut h = Harness::new(vm, &[StakeStatus::Active; 2], kind);
        let instruction = (row.instruction)(&mut h);
        let before = [0, 1].map(|index| h.pool.record(index, &h.vm));
        let result = h.vm.compare(&instruction).map(|outcome| {
            outcome.result.raw_result?;
            let fresh = |index: usize| {
                let record = h.pool.record(index, &h.vm);
                record != before[index] && record.last_update_epoch.get() == EPOCH
            };
            Ok([fresh(0), fresh(1)])
        });
        if result.as_ref() != Ok(&row.expected) {
            failures.push(format!("{}, {kind:?}: {result:?}, not {:?}", row.name, row.expected));
        }
        vm = h.vm;
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
