//! Checks that the loader of a Solana cluster would accept an ELF ([`verify`]), and runs it ([`Vm`], with the feature `run`).
//!
//! The errors have the exact fault; a bank only reports that a program is not deployed.

#![cfg_attr(feature = "run", expect(missing_docs, reason = "its users are the crates of this repository"))]

#[cfg(feature = "run")]
mod run;

#[cfg(feature = "run")]
pub use run::{Outcome, Vm};

use solana_program_runtime::{
    execution_budget::SVMTransactionExecutionBudget,
    invoke_context::InvokeContext,
    solana_sbpf::{
        ebpf,
        elf::{Executable, get_sbpf_version},
        program::{BuiltinCodegen, BuiltinFunction, FunctionRegistry, SBPFVersion},
        verifier::RequisiteVerifier,
    },
};
use solana_svm_feature_set::SVMFeatureSet;
use solana_syscalls::create_program_runtime_environment;
use std::{fmt, sync::Arc};

/// Fault of an ELF that the loader would reject.
#[derive(Debug)]
pub enum Fault {
    /// The file has an old version or an invalid layout.
    Load(String),
    /// An instruction is not allowed, or calls an unknown syscall.
    Verify(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Load(reason) => write!(formatter, "the loader cannot load the ELF: {reason}"),
            Self::Verify(reason) => write!(formatter, "the loader's verifier rejects the code: {reason}"),
        }
    }
}

impl std::error::Error for Fault {}

/// The oldest version that a cluster deploys (SIMD-0500).
const OLDEST_VERSION: SBPFVersion = SBPFVersion::V3;

/// Loads and verifies an ELF as a deployment on a cluster with all features active does. Also checks that every syscall
/// exists: the loader of v3 leaves that to run time.
///
/// Returns the sBPF version.
///
/// # Errors
/// The fault and, for a fault in the code, the index of the instruction.
pub fn verify(elf: &[u8]) -> Result<u32, Fault> {
    if !elf.starts_with(b"\x7fELF") {
        return Err(Fault::Load("not an ELF file".into()));
    }
    let version = get_sbpf_version(elf).map_err(|error| Fault::Load(error.to_string()))?;
    if version < OLDEST_VERSION {
        return Err(Fault::Load(format!(
            "it is sBPF {version:?}: clusters deploy only {OLDEST_VERSION:?} and later (SIMD-0500)"
        )));
    }
    let features = SVMFeatureSet::all_enabled();
    let budget = SVMTransactionExecutionBudget::new_with_defaults(features.raise_cpi_nesting_limit_to_8);
    let environment = create_program_runtime_environment(&features, &budget, true, false)
        .map_err(|error| Fault::Load(error.to_string()))?;
    let executable = Executable::<InvokeContext>::load(elf, Arc::clone(&environment))
        .map_err(|error| Fault::Load(error.to_string()))?;
    executable.verify::<RequisiteVerifier>().map_err(|error| Fault::Verify(error.to_string()))?;
    verify_syscalls(executable.get_text_bytes().1, environment.get_function_registry())?;
    Ok(version as u32)
}

/// Checks that each static syscall (SIMD-0178) is registered.
fn verify_syscalls<'a>(
    code: &[u8],
    syscalls: &FunctionRegistry<(BuiltinFunction<InvokeContext<'a, 'a>>, BuiltinCodegen<InvokeContext<'a, 'a>>)>,
) -> Result<(), Fault> {
    let mut index = 0;
    while (index + 1) * ebpf::INSN_SIZE <= code.len() {
        let instruction = ebpf::get_insn(code, index);
        let is_syscall = instruction.opc == ebpf::CALL_IMM && instruction.src == 0;
        if is_syscall && syscalls.lookup_by_key(instruction.imm as u32).is_none() {
            return Err(Fault::Verify(format!("unknown syscall {:#x} (insn #{index})", instruction.imm as u32)));
        }
        index += if instruction.opc == ebpf::LD_DW_IMM { 2 } else { 1 };
    }
    Ok(())
}
