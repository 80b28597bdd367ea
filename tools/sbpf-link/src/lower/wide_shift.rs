//! Shifts and rotations of 128 bits by an amount that is only known at run time.
//!
//! The backend wants `__ashlti3` and its family, and says that a call to it is not supported. By a constant amount, it
//! shifts two limbs itself.

use crate::llvm::{Builder, Comparison, Context, Instruction, Module, Value};
use bpf_linker::llvm_sys::LLVMOpcode::{self, LLVMAShr, LLVMLShr, LLVMShl};

/// Rewrites the rotations as shifts, and the shifts as shifts of limbs.
pub fn lower(module: &Module) {
    let context = module.context();
    for call in module.instructions() {
        let Some(function) = call.called_function() else {
            continue;
        };
        let left = match function.name().as_str() {
            "llvm.fshl.i128" => true,
            "llvm.fshr.i128" => false,
            _ => continue,
        };
        if !call.operand(2).is_constant() {
            let builder = call.builder(context);
            call.replace_with(funnel(&builder, context, call, left));
        }
    }
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

/// Two numbers side by side, shifted, of which one is left: with the same number twice, a rotation.
fn funnel(builder: &Builder, context: &Context, call: Instruction, left: bool) -> Value {
    let constant = |value| context.int(128).constant(value);
    let amount = builder.and(call.operand(2), constant(127));
    let rest = builder.xor(amount, constant(127));
    // The rest of 128 is one more than the rest of 127; in two steps, a shift by 128 is defined as well.
    let (high, low) = if left {
        (
            builder.shl(call.operand(0), amount),
            builder.lshr(builder.lshr(call.operand(1), constant(1)), rest),
        )
    } else {
        (
            builder.shl(builder.shl(call.operand(0), constant(1)), rest),
            builder.lshr(call.operand(1), amount),
        )
    };
    builder.or(high, low)
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
        return [
            builder.select(crosses, constant(0), moved),
            builder.select(crosses, moved, upper),
        ];
    }
    let carried = builder.shl(builder.shl(high, constant(1)), rest);
    let lower = builder.or(builder.lshr(low, within), carried);
    let (moved, filling) = if opcode == LLVMAShr {
        (builder.ashr(high, within), builder.ashr(high, constant(63)))
    } else {
        (builder.lshr(high, within), constant(0))
    };
    [
        builder.select(crosses, moved, lower),
        builder.select(crosses, filling, moved),
    ]
}
