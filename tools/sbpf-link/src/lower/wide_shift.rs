//! Shifts of 128 bits by an amount that is only known at run time.
//!
//! The backend wants `__ashlti3` and its family, and says that a call to it is not supported. Shifts by a constant
//! amount, and rotations by any, it makes from shifts of limbs itself; here the others are made like that.

use crate::llvm::{Builder, Comparison, Context, Instruction, Module, Value};
use bpf_linker::llvm_sys::LLVMOpcode::{self, LLVMAShr, LLVMLShr, LLVMShl};

/// Rewrites the shifts.
pub fn lower(module: &Module) {
    let context = module.context();
    for shift in module.instructions() {
        let opcode = shift.opcode();
        let wide = shift.value().ty() == context.int(128) && matches!(opcode, LLVMShl | LLVMLShr | LLVMAShr);
        if wide && !shift.operand(1).is_constant() {
            let builder = shift.builder(context);
            let limbs = shift_limbs(&builder, context, opcode, shift);
            shift.replace_with(builder.join(limbs));
        }
    }
}

/// The result as limbs, low before high.
fn shift_limbs(builder: &Builder, context: &Context, opcode: LLVMOpcode, shift: Instruction) -> [Value; 2] {
    let int64 = context.int(64);
    let constant = |value| int64.constant(value);
    let [low, high] = builder.split(shift.operand(0));
    let amount = builder.truncate(shift.operand(1), int64);
    let within = builder.and(amount, constant(63));
    let rest = builder.xor(within, constant(63));
    let crosses = builder.compare(Comparison::Less, constant(63), amount);
    if opcode == LLVMShl {
        let moved = builder.shl(low, within);
        let carried = builder.lshr(builder.lshr(low, constant(1)), rest);
        let upper = builder.or(builder.shl(high, within), carried);
        return [builder.select(crosses, constant(0), moved), builder.select(crosses, moved, upper)];
    }
    let carried = builder.shl(builder.shl(high, constant(1)), rest);
    let lower = builder.or(builder.lshr(low, within), carried);
    let (moved, filling) = if opcode == LLVMAShr {
        (builder.ashr(high, within), builder.ashr(high, constant(63)))
    } else {
        (builder.lshr(high, within), constant(0))
    };
    [builder.select(crosses, moved, lower), builder.select(crosses, filling, moved)]
}
