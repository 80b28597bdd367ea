//! Rewrites what LLVM 22's BPF backend refuses, or has no code for, as something that it compiles.
//!
//! Each lowering is a file, which begins with what the backend says without it; `tests` below holds it to that. They
//! work on the merged module, before code generation, so they see all of a program, `core` included.

mod mul_overflow;
mod signed_division;
mod sret;
mod stack_args;
mod wide;
mod wide_shift;

use crate::llvm::Module;

/// Runs every lowering.
pub fn lower(module: &Module) -> anyhow::Result<()> {
    sret::lower(module);
    // First, because it makes 128-bit helper calls of what the others would have to look at.
    wide::lower(module)?;
    wide_shift::lower(module);
    signed_division::lower(module);
    mul_overflow::lower(module);
    // Last, because it looks at every call and function there is.
    stack_args::lower(module)
}

#[cfg(test)]
mod tests;
