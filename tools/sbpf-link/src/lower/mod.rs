//! Rewrites what LLVM 22's BPF backend refuses, or has no code for, as something that it compiles.
//!
//! Each lowering is a file, which begins with what the backend says without it; `tests` below holds it to that. They
//! work on the merged module, before code generation, so they see all of a program, `core` included.

mod atomics;
mod long_copies;
mod mul_overflow;
mod odd_width;
mod signed_division;
mod sret;
mod stack_args;
mod wide;
mod wide_shift;

use crate::llvm::{Machine, Module};

/// Runs the lowerings without which the backend fails. What the optimiser does with their result may call for another
/// run.
pub fn lower(module: &Module, machine: &Machine) -> anyhow::Result<()> {
    atomics::lower(module, machine)?;
    sret::lower(module);
    signed_division::lower(module);
    mul_overflow::lower(module);
    // Makes operations of 128 bits, so it comes before those that rewrite them.
    odd_width::lower(module);
    wide_shift::lower(module);
    wide::lower(module)?;
    // Looks at all functions and calls, also those of the others.
    stack_args::lower(module)?;
    module.verify()
}

/// Runs the lowerings that make a better program, once the optimiser is done.
pub fn finish(module: &Module) -> anyhow::Result<()> {
    long_copies::lower(module);
    module.verify()
}

#[cfg(test)]
mod tests;
