//! Signed division and remainder, up to 64 bits.
//!
//! sBPF divides unsigned numbers only, and the backend says `unsupported signed division, please convert to
//! unsigned div/mod`. So the magnitudes are divided, and the result gets its sign: that of a quotient is the product
//! of the two signs, that of a remainder is the dividend's.

use super::mul_overflow::{magnitude, sign_of, with_sign};
use crate::llvm::{Module, TypeKind};
use bpf_linker::llvm_sys::LLVMOpcode::{LLVMSDiv, LLVMSRem, LLVMUDiv, LLVMURem};

/// Rewrites the divisions.
pub fn lower(module: &Module) {
    for division in module.instructions() {
        let opcode = division.opcode();
        let ty = division.value().ty();
        let narrow = matches!(ty.kind(), TypeKind::Integer(1..=64));
        if !narrow || !matches!(opcode, LLVMSDiv | LLVMSRem) {
            continue;
        }
        let builder = division.builder(module.context());
        let (a, b) = (division.operand(0), division.operand(1));
        let (a_magnitude, b_magnitude) = (magnitude(&builder, ty, a), magnitude(&builder, ty, b));
        let result = if opcode == LLVMSDiv {
            let quotient = builder.binary(LLVMUDiv, a_magnitude, b_magnitude);
            with_sign(&builder, quotient, sign_of(&builder, ty, builder.xor(a, b)))
        } else {
            let remainder = builder.binary(LLVMURem, a_magnitude, b_magnitude);
            with_sign(&builder, remainder, sign_of(&builder, ty, a))
        };
        division.replace_with(result);
    }
}
