//! Compiles a program that needs every lowering with stock Rust and sbpf-link, runs it in the VM, and compares each
//! answer with the host's.

#[path = "fixture/src/cases.rs"]
mod cases;

use sbpf_build::{Program, Workspace};
use sbpf_vm::{Outcome, Vm};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

/// Built once for all tests.
static ELF: LazyLock<Result<Vec<u8>, String>> = LazyLock::new(|| build().map_err(|error| format!("{error:#}")));

fn build() -> anyhow::Result<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let program = Program {
        manifest: folder.join("tests/fixture/Cargo.toml"),
        package: "sbpf-link-fixture".into(),
        target_dir: Workspace::of(&folder.join("Cargo.toml"))?
            .target_dir
            .join("sbpf-fixtures"),
    };
    Ok(fs::read(program.build(Path::new(env!("CARGO_BIN_EXE_sbpf-link")))?)?)
}

fn elf() -> &'static [u8] {
    ELF.as_ref().unwrap_or_else(|error| panic!("{error}"))
}

fn compare(vm: &mut Vm, selector: u8, input: &[u8]) {
    let Outcome {
        result,
        return_data,
        logs,
        ..
    } = vm.run(&[&[selector], input].concat());
    assert_eq!(result, Ok(()), "case {selector} on {input:?}: {logs:#?}");
    let mut expected = Vec::new();
    cases::run(selector, input, &mut expected);
    assert_eq!(return_data, expected, "case {selector} on {input:?}");
}

fn compare_words(vm: &mut Vm, selector: u8, words: &[u64]) {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    compare(vm, selector, &bytes);
}

/// Numbers where limbs, halves and signs begin and end.
fn edges() -> Vec<u64> {
    let mut edges = vec![
        0,
        1,
        2,
        3,
        7,
        10,
        1_000_000_007,
        u64::MAX,
        u64::MAX - 1,
        0x1234_5678_9abc_def0,
    ];
    for power in [7, 8, 15, 16, 31, 32, 33, 62, 63] {
        let power = 1_u64 << power;
        edges.extend([power - 1, power, power + 1, power.wrapping_neg()]);
    }
    edges
}

#[test]
fn the_loader_accepts_the_program() {
    sbpf_vm::verify(elf()).unwrap();
}

#[test]
fn multiplication_and_division_of_64_bits() {
    let mut vm = Vm::new(elf());
    for a in edges() {
        for b in edges() {
            compare_words(&mut vm, cases::NARROW, &[a, b]);
        }
    }
}

#[test]
fn arithmetic_of_128_bits() {
    let mut vm = Vm::new(elf());
    let limbs = [
        0,
        1,
        2,
        10,
        (1 << 32) - 1,
        1 << 32,
        (1 << 32) + 1,
        1 << 63,
        (1 << 63) - 1,
        u64::MAX - 1,
        u64::MAX,
    ];
    for a_low in limbs {
        for a_high in limbs {
            for b_low in limbs {
                for b_high in limbs {
                    compare_words(&mut vm, cases::WIDE, &[a_low, a_high, b_low, b_high]);
                }
            }
        }
    }
}

/// Random numbers of every length, which is where divisions take all their branches.
#[test]
fn arithmetic_of_128_bits_at_random() {
    let mut vm = Vm::new(elf());
    let mut random = SplitMix(1);
    for _ in 0..20_000 {
        let [a, b] =
            [(); 2].map(|()| (random.wide() >> (random.next() % 128)) ^ (random.wide() << (random.next() % 128)));
        compare(&mut vm, cases::WIDE, &[a.to_le_bytes(), b.to_le_bytes()].concat());
    }
}

#[test]
fn arguments_that_do_not_fit_five_registers() {
    let mut vm = Vm::new(elf());
    for first in edges() {
        compare_words(&mut vm, cases::ARGUMENTS, &[first, 2, 3, u64::MAX, 5, !first]);
        compare_words(&mut vm, cases::ARGUMENTS, &[6, first, 1 << 63, first, !first, 1]);
    }
}

#[test]
fn results_that_do_not_fit_a_register() {
    let mut vm = Vm::new(elf());
    for a in edges() {
        for b in [0, 1, a, u64::MAX] {
            compare_words(&mut vm, cases::RESULTS, &[a, b]);
        }
    }
}

#[test]
fn collections_grow() {
    let mut vm = Vm::new(elf());
    for count in [0, 1, 3, 4, 5, 33, 64, 65, 200] {
        compare_words(&mut vm, cases::GROWTH, &[count, 0x9e37_79b9_7f4a_7c15]);
    }
}

#[test]
fn memory_functions_of_every_length_and_overlap() {
    let mut vm = Vm::new(elf());
    for length in (0..=70).chain([99, 100]) {
        for (from, to) in [
            (0, 0),
            (0, 1),
            (1, 0),
            (3, 12),
            (12, 3),
            (7, 8),
            (0, 100),
            (100, 5),
            (90, 91),
            (64, 32),
        ] {
            compare(&mut vm, cases::MEMORY, &[from, to, length, 0xa5]);
        }
    }
}

#[test]
fn atomics_of_the_only_thread() {
    let mut vm = Vm::new(elf());
    for (a, b) in [(0, 0), (1, 2), (u64::MAX, 1), (5, u64::MAX)] {
        compare_words(&mut vm, cases::ATOMICS, &[a, b]);
    }
}

#[test]
fn panics_say_where_without_saying_whose_machine() {
    let outcome = Vm::new(elf()).run(&[cases::PANIC]);
    assert!(outcome.result.is_err());
    let place = outcome
        .logs
        .iter()
        .find(|line| line.contains("cases.rs"))
        .expect("the panic is logged");
    assert!(
        place.ends_with(" src/cases.rs") || place.contains("sbpf-link-fixture"),
        "{place}"
    );
    assert!(!place.contains(env!("CARGO_MANIFEST_DIR")), "{place}");
}

/// A small generator, so that the tests are the same everywhere.
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn wide(&mut self) -> u128 {
        u128::from(self.next()) << 64 | u128::from(self.next())
    }
}
