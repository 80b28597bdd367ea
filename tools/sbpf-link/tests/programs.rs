//! Compiles a program that needs every lowering with stock Rust and sbpf-link, runs it in the VM, and compares each
//! answer with the host's.

#[path = "fixture/src/cases.rs"]
mod cases;

use sbpf_build::{Platform, Program, Workspace};
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
        platform: Platform::Core,
        target_dir: Workspace::of(&folder.join("Cargo.toml"))?.target_dir.join("sbpf-fixtures"),
        cargo_home: None,
    };
    Ok(fs::read(program.build(Path::new(env!("CARGO_BIN_EXE_sbpf-link")))?)?)
}

fn elf() -> &'static [u8] {
    ELF.as_ref().unwrap_or_else(|error| panic!("{error}"))
}

/// Runs a case on each item in the VM and on the host. Many items go into one run, which takes a small part of the
/// time; if their digests differ, they are run one by one.
fn compare(selector: u8, items: &[Vec<u8>]) {
    let mut vm = Vm::new(elf());
    for batch in items.chunks(200) {
        let input = [&[batch[0].len() as u8], &*batch.concat()].concat();
        if !agrees(&mut vm, selector + cases::BATCH, &input) {
            compare_each(&mut vm, selector, batch);
            panic!("case {selector}: a batch fails, and none of its items");
        }
    }
}

fn compare_each(vm: &mut Vm, selector: u8, items: &[Vec<u8>]) {
    for item in items {
        assert!(agrees(vm, selector, item), "case {selector} on {item:?}");
    }
}

fn agrees(vm: &mut Vm, selector: u8, input: &[u8]) -> bool {
    let Outcome { result, return_data, logs, .. } = vm.run(&[&[selector], input].concat());
    let mut expected = Vec::new();
    cases::run(selector, input, &mut expected);
    if result.is_err() {
        eprintln!("{logs:#?}");
    }
    result.is_ok() && return_data == expected
}

fn bytes_of(words: &[u64]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// Numbers where limbs, halves and signs begin and end.
fn edges() -> Vec<u64> {
    let mut edges = vec![0, 1, 2, 3, 7, 10, 1_000_000_007, 0x1234_5678_9abc_def0, u64::MAX];
    for power in [7, 8, 15, 16, 31, 32, 33, 62, 63] {
        let power = 1_u64 << power;
        edges.extend([power - 1, power, power + 1, power.wrapping_neg()]);
    }
    edges
}

fn pairs(of: &[u64]) -> impl Iterator<Item = [u64; 2]> {
    of.iter().flat_map(move |a| of.iter().map(move |b| [*a, *b]))
}

#[test]
fn the_loader_accepts_the_program() {
    sbpf_vm::verify(elf()).unwrap();
}

#[test]
fn the_verifier_rejects_versions_before_v3() {
    /// Offset of `e_flags` in the ELF header, which states the version.
    const FLAGS: usize = 48;
    let mut older = elf().to_vec();
    for version in 0..3 {
        older[FLAGS] = version;
        let message = sbpf_vm::verify(&older).unwrap_err().to_string();
        assert!(message.contains("SIMD-0500"), "{message}");
    }
}

/// Read-only data of sBPF v3 begins at address 0.
#[test]
fn no_constant_is_at_the_null_pointer() {
    let program_header = 64;
    let offset = u64::from_le_bytes(elf()[program_header + 8..][..8].try_into().unwrap()) as usize;
    let address = u64::from_le_bytes(elf()[program_header + 16..][..8].try_into().unwrap());
    assert_eq!((address, &elf()[offset..][..8]), (0, &[0; 8][..]));
    compare(cases::ADDRESSES, &(0..6).map(|index| vec![index]).collect::<Vec<_>>());
}

/// The VM has 64 frames; the entrypoint and what it calls take a few of them.
#[test]
fn frames_near_their_limit_stay_apart() {
    let items = [0, 1, 2, 7, 30, 58].map(|depth| bytes_of(&[depth, 1, 2, u64::MAX, 4, 1 << 63, 6]));
    compare_each(&mut Vm::new(elf()), cases::FRAMES, &items);
}

/// The loader of v3 accepts unknown syscalls: they fail only when they are called.
#[test]
fn the_verifier_rejects_unknown_syscalls() {
    /// `call` with the murmur3 hash of `abort`.
    const ABORT: [u8; 8] = [0x85, 0, 0, 0, 0x11, 0x1a, 0xfc, 0xb6];
    let mut unknown = elf().to_vec();
    let place = unknown.windows(8).position(|bytes| bytes == ABORT).expect("the panic handler calls abort");
    unknown[place + 4..][..4].copy_from_slice(&0xdead_beef_u32.to_le_bytes());
    let message = sbpf_vm::verify(&unknown).unwrap_err().to_string();
    assert!(message.contains("unknown syscall 0xdeadbeef"), "{message}");
}

#[test]
fn multiplication_and_division_of_64_bits() {
    let items: Vec<_> = pairs(&edges()).map(|pair| bytes_of(&pair)).collect();
    compare(cases::NARROW, &items);
}

#[test]
fn arithmetic_of_128_bits() {
    const HALF: u64 = 1 << 32;
    let limbs = [0, 1, 2, 10, HALF - 1, HALF, HALF + 1, 1 << 63, (1 << 63) - 1, u64::MAX - 1, u64::MAX];
    let numbers: Vec<_> = pairs(&limbs).collect();
    let items = numbers.iter().flat_map(|a| numbers.iter().map(|b| bytes_of(&[*a, *b].concat())));
    compare(cases::WIDE, &items.collect::<Vec<_>>());
}

/// Random numbers of every length, which is where divisions take all their branches.
#[test]
fn arithmetic_of_128_bits_at_random() {
    let mut random = SplitMix(1);
    let mut number = || (random.wide() >> (random.next() % 128)) ^ (random.wide() << (random.next() % 128));
    let items = (0..20_000).map(|_| [number().to_le_bytes(), number().to_le_bytes()].concat());
    compare(cases::WIDE, &items.collect::<Vec<_>>());
}

#[test]
fn arguments_that_do_not_fit_five_registers() {
    let items = edges().into_iter().flat_map(|first| {
        [[first, 2, 3, u64::MAX, 5, !first], [6, first, 1 << 63, first, !first, 1]].map(|words| bytes_of(&words))
    });
    compare(cases::ARGUMENTS, &items.collect::<Vec<_>>());
}

#[test]
fn results_that_do_not_fit_a_register() {
    let items: Vec<_> = pairs(&edges()).map(|pair| bytes_of(&pair)).collect();
    compare(cases::RESULTS, &items);
}

/// One run each, because the program's allocator never gives anything back.
#[test]
fn collections_grow() {
    let items = [0, 1, 3, 4, 5, 33, 64, 65, 200].map(|count| bytes_of(&[count, 0x9e37_79b9_7f4a_7c15]));
    compare_each(&mut Vm::new(elf()), cases::GROWTH, &items);
}

#[test]
fn memory_functions_of_every_length_and_overlap() {
    let places = [(0, 0), (0, 1), (1, 0), (3, 12), (12, 3), (7, 8), (0, 100), (100, 5), (90, 91), (64, 32)];
    let items = (0..=100).flat_map(|length| places.map(|(from, to)| vec![from, to, length, 0xa5]));
    compare(cases::MEMORY, &items.collect::<Vec<_>>());
}

#[test]
fn atomics_of_the_only_thread() {
    let items: Vec<_> = pairs(&[0, 1, 2, u64::MAX]).map(|pair| bytes_of(&pair)).collect();
    compare(cases::ATOMICS, &items);
}

#[test]
fn panics_say_where_without_saying_whose_machine() {
    let outcome = Vm::new(elf()).run(&[cases::PANIC]);
    assert!(outcome.result.is_err());
    let place = outcome.logs.iter().find(|line| line.contains("cases.rs")).expect("the panic is logged");
    assert_eq!(place, "Program log: src/cases.rs");
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
