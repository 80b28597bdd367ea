//! Copies and fills of a known length that is not small.
//!
//! The backend does not refuse these. It expands them to loads and stores of eight bytes, up to a length of 1 KiB, which
//! is two instructions a word where the VM's own memory call takes 10 CU and three instructions to prepare. In a
//! program that handles accounts of some hundred bytes, the expansions were a fifth of the code.
//!
//! This comes after the optimiser, which knows what a copy is and finds many to leave out.

use crate::llvm::{Module, Value};

/// Up to these lengths, the loads and stores cost less.
const LONGEST_EXPANDED_COPY: u64 = 64;
const LONGEST_EXPANDED_FILL: u64 = 128;

/// Rewrites them as calls of the VM.
pub fn lower(module: &Module) {
    for operation in module.instructions() {
        let Some(function) = operation.called_function() else { continue };
        let name = function.name();
        let fill = name.starts_with("llvm.memset.p0.");
        if !fill && !name.starts_with("llvm.memcpy.p0.p0.") && !name.starts_with("llvm.memmove.p0.p0.") {
            continue;
        }
        let limit = if fill { LONGEST_EXPANDED_FILL } else { LONGEST_EXPANDED_COPY };
        let long = operation.operand(2).as_constant().is_some_and(|length| length > limit);
        let volatile = operation.operand(3).as_constant() != Some(0);
        if !long || volatile {
            continue;
        }
        let context = module.context();
        let (pointer, int64) = (context.pointer(), context.int(64));
        let builder = operation.builder(context);
        let widen = |value: Value| if value.ty() == int64 { value } else { builder.zero_extend(value, int64) };
        let (syscall, second, ty) = if fill {
            ("sol_memset_", widen(operation.operand(1)), int64)
        } else {
            // A copy may be onto itself, which `sol_memcpy_` refuses.
            ("sol_memmove_", operation.operand(1), pointer)
        };
        let ty = context.void().function(&[pointer, ty, int64]);
        let syscall = module.function(syscall).unwrap_or_else(|| module.add_function(syscall, ty));
        builder.call(ty, syscall.value(), &[operation.operand(0), second, widen(operation.operand(2))]);
        operation.erase();
    }
}
