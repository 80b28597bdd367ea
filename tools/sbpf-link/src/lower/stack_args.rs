//! Functions whose arguments do not fit five registers.
//!
//! The backend says `stack arguments are not supported`: its calls have five registers and nothing else. Here the
//! arguments that do not fit go into a struct in the caller's frame, whose address takes the last register. Which ones
//! those are depends on the function type alone, so calls through a pointer, as of a trait object's method, agree with
//! the functions that they reach.

use crate::llvm::{Function, Instruction, Module, Type, TypeKind};
use anyhow::ensure;

const REGISTERS: usize = 5;

/// How the arguments of a function type are passed.
struct Convention {
    /// Number of arguments in registers.
    kept: usize,
    /// The types of the others.
    spilled: Type,
    /// The function type that the backend sees.
    ty: Type,
}

/// Rewrites functions and calls.
pub fn lower(module: &Module) -> anyhow::Result<()> {
    for function in module.functions().into_iter().filter(|function| !is_intrinsic(*function)) {
        let Some(convention) = convention(module, function.ty()) else {
            continue;
        };
        let name = function.name();
        ensure!(
            !function.is_declaration(),
            "{name} takes more arguments than five registers hold, and is not part of the program: \
             if it is a syscall, declare it with five arguments at most"
        );
        rewrite_function(module, function, &convention);
    }
    for call in module.instructions() {
        if call.value().as_call().is_none() || call.called_function().is_some_and(is_intrinsic) {
            continue;
        }
        if let Some(convention) = convention(module, call.called_type()) {
            rewrite_call(module, call, &convention);
        }
    }
    Ok(())
}

/// LLVM's own functions are not called; some take arguments that are not even values.
fn is_intrinsic(function: Function) -> bool {
    function.name().starts_with("llvm.")
}

/// The convention for a function type, unless its arguments fit the registers.
fn convention(module: &Module, ty: Type) -> Option<Convention> {
    let parameters = ty.parameters();
    let registers = |ty: &Type| module.size_of(*ty).div_ceil(8) as usize;
    // The address of a result that does not fit a register takes a register itself.
    let hidden = match ty.result().kind() {
        TypeKind::Void => 0,
        _ if registers(&ty.result()) > 1 => 1,
        _ => 0,
    };
    if hidden + parameters.iter().map(registers).sum::<usize>() <= REGISTERS {
        return None;
    }
    let mut free = REGISTERS - 1 - hidden;
    let mut kept = 0;
    while registers(&parameters[kept]) <= free {
        free -= registers(&parameters[kept]);
        kept += 1;
    }
    let context = module.context();
    let seen: Vec<_> = parameters[..kept].iter().copied().chain([context.pointer()]).collect();
    Some(Convention { kept, spilled: context.structure(&parameters[kept..]), ty: ty.result().function(&seen) })
}

fn rewrite_function(module: &Module, function: Function, convention: &Convention) {
    let replacement = module.add_function("", convention.ty);
    replacement.take_attributes(function);
    // It reads memory now, which the optimiser may have ruled out before.
    replacement.remove_attribute("memory");
    replacement.take_body(function);
    let entry = replacement.blocks()[0].instructions()[0];
    let builder = entry.builder(module.context());
    let spilled = replacement.parameter(convention.kept);
    for (index, ty) in function.ty().parameters().into_iter().enumerate() {
        let value = match index.checked_sub(convention.kept) {
            None => replacement.parameter(index),
            Some(field) => builder.load(ty, builder.field_address(convention.spilled, spilled, field as u32)),
        };
        function.parameter(index).replace_uses(value);
    }
    function.value().replace_uses(replacement.value());
    replacement.take_name(function);
    function.delete();
}

fn rewrite_call(module: &Module, call: Instruction, convention: &Convention) {
    let Some(callee) = call.callee() else { return };
    let builder = call.builder(module.context());
    let slot = builder.frame_slot(call.function(), convention.spilled);
    builder.slot_begins(module, slot);
    let mut arguments = Vec::new();
    for index in 0..call.called_type().parameters().len() {
        let argument = call.operand(index);
        match index.checked_sub(convention.kept) {
            None => arguments.push(argument),
            Some(field) => builder.store(argument, builder.field_address(convention.spilled, slot, field as u32)),
        }
    }
    arguments.push(slot);
    let replacement = builder.call(convention.ty, callee, &arguments);
    replacement.take_convention(call);
    builder.slot_ends(module, slot);
    call.replace_with(replacement.value());
}
