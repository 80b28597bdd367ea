//! Checks that the loader of a Solana cluster would accept an ELF ([`verify`]), and runs it ([`Vm`], with the feature `run`).
//!
//! Where a bank says only that a program is not deployed, this names the fault.

#[cfg(feature = "run")]
mod run;

#[cfg(feature = "run")]
pub use run::{Outcome, Vm};

use solana_program_runtime::{
    execution_budget::SVMTransactionExecutionBudget,
    invoke_context::InvokeContext,
    solana_sbpf::{elf::Executable, verifier::RequisiteVerifier},
};
use solana_svm_feature_set::SVMFeatureSet;
use solana_syscalls::create_program_runtime_environment;
use std::{fmt, sync::Arc};

/// Why the loader would refuse an ELF.
#[derive(Debug)]
pub enum Fault {
    /// The file is not laid out as the loader expects, or calls a function that is no syscall.
    Load(String),
    /// An instruction is not allowed.
    Verify(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Load(reason) => write!(formatter, "the loader cannot load the ELF: {reason}"),
            Self::Verify(reason) => write!(formatter, "the loader's verifier refuses the code: {reason}"),
        }
    }
}

impl std::error::Error for Fault {}

/// Loads and verifies an ELF as a deployment on a cluster with the present features does.
pub fn verify(elf: &[u8]) -> Result<(), Fault> {
    if !elf.starts_with(b"\x7fELF") {
        return Err(Fault::Load("it is no ELF file".into()));
    }
    let features = SVMFeatureSet::all_enabled();
    let budget = SVMTransactionExecutionBudget::new_with_defaults(features.raise_cpi_nesting_limit_to_8);
    let environment = create_program_runtime_environment(&features, &budget, true, false)
        .map_err(|error| Fault::Load(error.to_string()))?;
    let executable = Executable::<InvokeContext>::load(elf, Arc::clone(&environment))
        .map_err(|error| Fault::Load(error.to_string()))?;
    executable.verify::<RequisiteVerifier>().map_err(|error| Fault::Verify(error.to_string()))
}
