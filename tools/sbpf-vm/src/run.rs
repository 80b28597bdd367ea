//! Runs an ELF in a bank's VM without a bank.

use mollusk_svm::{Mollusk, program::loader_keys};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use solana_svm_log_collector::LogCollector;

/// Result of a run.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Result of the program, or an error of the VM.
    pub result: Result<(), String>,
    pub return_data: Vec<u8>,
    /// Log lines of the program and the VM.
    pub logs: Vec<String>,
    /// Compute units used.
    pub compute_units: u64,
}

/// A VM with one program.
pub struct Vm {
    mollusk: Mollusk,
    program_id: Pubkey,
}

impl Vm {
    /// Loads an ELF.
    pub fn new(elf: &[u8]) -> Self {
        let program_id = Pubkey::new_from_array([7; 32]);
        let mut mollusk = Mollusk::default();
        // Mollusk turns on the log of the whole process. An outcome has the logs of its own run.
        log::set_max_level(log::LevelFilter::Off);
        mollusk.add_program_with_loader_and_elf(&program_id, &loader_keys::LOADER_V3, elf);
        Self { mollusk, program_id }
    }

    /// Runs the program with instruction data and no accounts.
    pub fn run(&mut self, data: &[u8]) -> Outcome {
        let logger = LogCollector::new_ref();
        self.mollusk.logger = Some(logger.clone());
        let instruction = Instruction::new_with_bytes(self.program_id, data, Vec::new());
        let outcome = self.mollusk.process_instruction(&instruction, &[]);
        let logs = logger.borrow().get_recorded_content().to_vec();
        Outcome {
            result: outcome.raw_result.map_err(|error| error.to_string()),
            return_data: outcome.return_data,
            logs,
            compute_units: outcome.compute_units_consumed,
        }
    }
}
