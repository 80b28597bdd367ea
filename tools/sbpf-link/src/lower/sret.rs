//! Results by pointer.
//!
//! A function whose result does not fit a register gets the address of the result as an argument, marked `sret`. The
//! backend says `aggregate returns are not supported`. What it refuses is the mark, not the convention: without it, the
//! address is an argument like any other.

use crate::llvm::Module;

const ATTRIBUTE: &str = "sret";

/// Removes the attribute everywhere.
pub fn lower(module: &Module) {
    for function in module.functions() {
        for parameter in 0..function.ty().parameters().len() {
            function.remove_parameter_attribute(parameter, ATTRIBUTE);
        }
    }
    for call in module.instructions().into_iter().filter_map(|instruction| instruction.value().as_call()) {
        for argument in 0..call.called_type().parameters().len() {
            call.remove_argument_attribute(argument, ATTRIBUTE);
        }
    }
}
