//! Integers of 65 to 127 bits.
//!
//! Rust has none, but the optimiser makes them where nothing looks at the rest. Of the operations on 128 bits that the
//! backend has no code for, it has none for these either; here they become operations on 128 bits.

use crate::llvm::{Module, TypeKind};
use bpf_linker::llvm_sys::LLVMOpcode::{LLVMAShr, LLVMLShr, LLVMMul, LLVMSDiv, LLVMSRem, LLVMShl, LLVMUDiv, LLVMURem};

/// Widens the operations.
pub fn lower(module: &Module) {
    let int128 = module.context().int(128);
    for operation in module.instructions() {
        let ty = operation.value().ty();
        if !matches!(ty.kind(), TypeKind::Integer(65..=127)) {
            continue;
        }
        let opcode = operation.opcode();
        let signed = match opcode {
            LLVMMul | LLVMUDiv | LLVMURem | LLVMShl | LLVMLShr => false,
            LLVMSDiv | LLVMSRem | LLVMAShr => true,
            _ => continue,
        };
        let builder = operation.builder(module.context());
        let widen = |index, signed| {
            let operand = operation.operand(index);
            if signed { builder.sign_extend(operand, int128) } else { builder.zero_extend(operand, int128) }
        };
        // The amount of a shift has no sign.
        let wide = builder.binary(opcode, widen(0, signed), widen(1, signed && opcode != LLVMAShr));
        operation.replace_with(builder.truncate(wide, ty));
    }
}
