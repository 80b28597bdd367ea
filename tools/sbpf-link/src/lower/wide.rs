//! 128-bit multiplication, division and remainder, signed or not, and the multiplications that report an overflow.
//!
//! The backend wants `__multi3`, `__udivti3` and their family, and says that a call to them is not supported: their
//! arguments and results do not fit its registers. The helpers of the runtime (`runtime/wide.rs`) take limbs in
//! registers and write the result to memory. The optimiser inlines the small ones, and then the memory goes away.
//!
//! Additions and comparisons of 128 bits are not here: the backend splits them by itself.

use crate::{
    llvm::{Comparison, Instruction, Module},
    runtime::HELPER_PREFIX,
};
use anyhow::ensure;
use bpf_linker::llvm_sys::LLVMOpcode::{LLVMMul, LLVMSDiv, LLVMSRem, LLVMUDiv, LLVMURem};

/// Rewrites the operations as calls of helpers.
pub fn lower(module: &Module) -> anyhow::Result<()> {
    for operation in module.instructions() {
        let Some(helper) = helper_for(module, operation) else {
            continue;
        };
        let caller = operation.function().name();
        ensure!(
            !caller.starts_with(HELPER_PREFIX),
            "LLVM recognised a 128-bit operation inside the helper {caller}, which would call itself: \
             write it differently in sbpf-link/runtime/wide.rs"
        );
        replace(module, operation, helper);
    }
    Ok(())
}

/// The helper that does what the instruction does, if it needs one.
fn helper_for(module: &Module, operation: Instruction) -> Option<&'static str> {
    if let Some(function) = operation.called_function() {
        return match function.name().as_str() {
            "llvm.umul.with.overflow.i128" => Some("__sbpf_umulo128"),
            "llvm.smul.with.overflow.i128" => Some("__sbpf_smulo128"),
            _ => None,
        };
    }
    if operation.value().ty() != module.context().int(128) {
        return None;
    }
    match operation.opcode() {
        LLVMMul => Some("__sbpf_mul128"),
        LLVMUDiv => Some("__sbpf_udiv128"),
        LLVMURem => Some("__sbpf_urem128"),
        LLVMSDiv => Some("__sbpf_sdiv128"),
        LLVMSRem => Some("__sbpf_srem128"),
        _ => None,
    }
}

fn replace(module: &Module, operation: Instruction, helper: &str) {
    let context = module.context();
    let (int64, int128) = (context.int(64), context.int(128));
    let ty = int64.function(&[context.pointer(), int64, int64, int64, int64]);
    let helper = module.function(helper).unwrap_or_else(|| module.add_function(helper, ty));
    let builder = operation.builder(context);
    let [a_low, a_high] = builder.split(operation.operand(0));
    let [b_low, b_high] = builder.split(operation.operand(1));
    let slot = builder.frame_slot(operation.function(), int128);
    builder.slot_begins(module, slot);
    let call = builder.call(ty, helper.value(), &[slot, a_low, a_high, b_low, b_high]);
    let value = builder.load(int128, slot);
    builder.slot_ends(module, slot);
    if operation.called_function().is_none() {
        return operation.replace_with(value);
    }
    let overflow = builder.compare(Comparison::NotEqual, call.value(), int64.constant(0));
    let result = builder.with_field(operation.value().ty().undefined(), 0, value);
    operation.replace_with(builder.with_field(result, 1, overflow));
}
