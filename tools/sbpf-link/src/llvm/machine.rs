//! The BPF backend.

use super::{Module, take_buffer, take_message};
use anyhow::{bail, ensure};
use bpf_linker::llvm_sys::{
    target::{
        LLVMInitializeBPFAsmParser, LLVMInitializeBPFAsmPrinter, LLVMInitializeBPFTarget, LLVMInitializeBPFTargetInfo,
        LLVMInitializeBPFTargetMC,
    },
    target_machine::{
        LLVMCodeGenFileType, LLVMCodeGenOptLevel, LLVMCodeModel, LLVMCreateTargetMachine, LLVMDisposeTargetMachine,
        LLVMGetTargetFromTriple, LLVMRelocMode, LLVMTargetMachineEmitToMemoryBuffer, LLVMTargetMachineRef,
    },
};
use std::ptr;

/// The backend for sBPF v3: the instructions of BPF `v2`, with unaligned memory access.
///
/// Not BPF `v3`: LLVM then relies on 32-bit operations to clear the upper half of a register, but the VM's `add32`,
/// `sub32` and `mul32` sign-extend into it. The gain would be small anyway: the median of the compute units changes by
/// less than 0.1 %. BPF `v4` has instructions that the VM rejects.
pub struct Machine(LLVMTargetMachineRef);

impl Machine {
    /// Finds the backend in rustc's LLVM.
    pub fn new() -> anyhow::Result<Self> {
        let (triple, cpu, features) = (c"bpfel", c"v2", c"+allows-misaligned-mem-access");
        let (mut target, mut message) = (ptr::null_mut(), ptr::null_mut());
        // SAFETY: initialising twice does no harm; the strings outlive the calls; the message is the caller's.
        unsafe {
            LLVMInitializeBPFTarget();
            LLVMInitializeBPFTargetMC();
            LLVMInitializeBPFTargetInfo();
            LLVMInitializeBPFAsmPrinter();
            LLVMInitializeBPFAsmParser();
            if LLVMGetTargetFromTriple(triple.as_ptr(), &mut target, &mut message) != 0 {
                bail!("rustc's LLVM has no BPF backend: {}", take_message(message));
            }
            let machine = LLVMCreateTargetMachine(
                target,
                triple.as_ptr(),
                cpu.as_ptr(),
                features.as_ptr(),
                LLVMCodeGenOptLevel::LLVMCodeGenLevelAggressive,
                LLVMRelocMode::LLVMRelocStatic,
                LLVMCodeModel::LLVMCodeModelDefault,
            );
            ensure!(!machine.is_null(), "LLVM made no backend for bpfel, CPU v2");
            Ok(Self(machine))
        }
    }

    pub(super) fn raw(&self) -> LLVMTargetMachineRef {
        self.0
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // SAFETY: owned.
        unsafe { LLVMDisposeTargetMachine(self.0) };
    }
}

/// Memory functions that the backend says it cannot call, and then calls all the same. They are in the runtime, so the
/// calls find them. LLVM 23 does not complain any more.
const CALLS_THAT_WORK: [&str; 5] = ["'memcpy'", "'memmove'", "'memset'", "'memcmp'", "'bcmp'"];

/// Generates code, as an ELF object.
///
/// The backend goes on after an error and reports the next one, so the failure names everything that it refuses.
pub fn emit_object(module: &Module, machine: &Machine) -> anyhow::Result<Vec<u8>> {
    let (mut buffer, mut message) = (ptr::null_mut(), ptr::null_mut());
    let kind = LLVMCodeGenFileType::LLVMObjectFile;
    // SAFETY: machine and module are alive; message and buffer are the caller's.
    let (failed, message) = unsafe {
        let failed = LLVMTargetMachineEmitToMemoryBuffer(machine.0, module.raw, kind, &mut message, &mut buffer);
        (failed, take_message(message))
    };
    ensure!(failed == 0, "LLVM cannot generate code: {message}");
    // SAFETY: LLVM made the buffer because it did not fail.
    let object = unsafe { take_buffer(buffer) };
    let mut errors = module.context.take_errors();
    errors.retain(|error| !CALLS_THAT_WORK.iter().any(|name| error.contains(name)));
    errors.dedup();
    let errors: Vec<_> = errors.iter().map(|error| explain(error)).collect();
    ensure!(errors.is_empty(), "the BPF backend refuses the program:\n{}", errors.join("\n"));
    Ok(object)
}

/// An error of the backend with functions named as in the source, and with what to do about it.
fn explain(error: &str) -> String {
    let words = error.trim().trim_start_matches("<unknown>:0:0: ").split(' ');
    let text: Vec<_> = words.map(|word| format!("{:#}", rustc_demangle::demangle(word))).collect();
    format!("{}{}", text.join(" "), advice(error))
}

fn advice(error: &str) -> &'static str {
    let function = error.split("built-in function '").nth(1).unwrap_or_default();
    let function = function.split('\'').next().unwrap_or_default();
    if error.contains("stack limit is exceeded") {
        " Each function has 4096 bytes of stack: put large values in a `Box`."
    } else if error.contains("dynamic stack allocation") {
        " There is no stack space of a length known at run time only: use a `Vec`."
    } else if function.contains("sf") || function.contains("df") {
        " The VM has no floating-point numbers: use integers."
    } else {
        ""
    }
}
