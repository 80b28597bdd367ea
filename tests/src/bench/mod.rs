//! What instructions cost, beside the published SPL stake pool in the same state: compute units are exact, so a table of them is
//! committed, and the tests hold the program to it.

mod cases;
mod cost;
mod holders;
mod movements;
mod reading;
mod rebalance;
mod table;
mod turnover;
mod update;

pub use {
    cases::cases,
    movements::Movements,
    reading::Reading,
    table::{Row, Table, committed_form, differences},
    turnover::{TURNOVER_SIZES, Turnover},
};

use {
    crate::{
        gates::Gates,
        vm::{Elf, Vm, read_elf},
    },
    solana_address::Address,
    solana_instruction::Instruction,
    std::path::{Path, PathBuf},
};

/// Sizes of the pools whose turnovers are in the committed table: the tests measure it each time.
pub const COMMITTED_SIZES: [u32; 2] = [20, 200];

/// The program id in all cases: one whose derived addresses are found by search like any other's.
const PROGRAM_ID: Address = Address::new_from_array([77; 32]);

/// Where the committed table is.
pub fn committed_table() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("compute_units.tsv")
}

/// A measured case.
pub struct Case {
    /// The instruction, and its special case.
    pub name: String,
    /// Records of the validator list.
    pub validators: u32,
    /// Where in the list the validator is that it is about.
    pub place: Place,
    /// The token program of the mint.
    pub token_program: &'static str,
    /// Whether only Tidepool has it.
    pub is_extension: bool,
    /// What the figures are divided by: the validators of an update, for example.
    pub per: u32,
    make: Box<dyn Fn(&mut Vm) -> Instruction>,
}

/// Where in the list the validator is that an instruction is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Place {
    /// The list has no others, or they do not matter.
    Only,
    /// Before all others.
    First,
    /// After all others.
    Last,
}

impl Place {
    /// As tables have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Only => "",
            Self::First => "first",
            Self::Last => "last",
        }
    }
}

/// Measures cases under one set of feature gates.
pub struct Bench {
    gates: Gates,
    ours: Vm,
    theirs: Option<Vm>,
}

impl Bench {
    /// A bench for Tidepool alone.
    pub fn of_tidepool(gates: Gates) -> Self {
        Self { gates, ours: machine(&read_elf(Elf::Tidepool), gates), theirs: None }
    }

    /// A bench for both programs.
    pub fn of_both(gates: Gates) -> Self {
        Self { theirs: Some(machine(&read_elf(Elf::Reference), gates)), ..Self::of_tidepool(gates) }
    }

    /// Measures a case.
    pub fn run(&mut self, case: &Case) -> Row {
        let ours = measure(&mut self.ours, case);
        let theirs = self.theirs.as_mut().filter(|_| !case.is_extension).map(|vm| measure(vm, case));
        Row::new(case, ours, theirs)
    }
}

impl Bench {
    /// Measures all cases, the turnovers of pools of these sizes, and, if there are any, the movements of a transaction.
    pub fn run_all(&mut self, filter: Option<&str>, sizes: &[u32]) -> Table {
        let cases = cases();
        let wanted = cases.iter().filter(|case| filter.is_none_or(|filter| case.name.contains(filter)));
        let rows = wanted.map(|case| self.run(case)).collect();
        let movements = if sizes.is_empty() { vec![] } else { movements::measure(&mut self.ours) };
        Table { gates: self.gates, rows, turnovers: self.turnovers(sizes), movements }
    }

    /// Measures the turnovers of an epoch for pools of these sizes, of Tidepool and, where it is there, of the SPL stake pool.
    pub fn turnovers(&mut self, sizes: &[u32]) -> Vec<Turnover> {
        let ours = turnover::of_tidepool(sizes, &mut self.ours);
        let theirs = self.theirs.as_mut().map(|vm| turnover::of_spl_stake_pool(sizes, vm));
        ours.into_iter().chain(theirs.into_iter().flatten()).collect()
    }
}

fn machine(elf: &[u8], gates: Gates) -> Vm {
    let mut vm = Vm::with_gates(PROGRAM_ID, elf, gates);
    vm.lengthen_stake_history();
    vm
}

fn measure(vm: &mut Vm, case: &Case) -> Reading {
    vm.accounts.clear();
    vm.steady_addresses();
    let instruction = (case.make)(vm);
    let outcome = vm.simulate(&instruction);
    assert!(outcome.is_ok(), "{}, {} validators: {:#?}", case.name, case.validators, outcome.logs);
    Reading::of(&outcome) / case.per
}
