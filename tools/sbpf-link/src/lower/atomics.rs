//! Atomic operations and fences.
//!
//! LLVM ends the process when it meets one of them: `Cannot select: AtomicFence`. A program has one thread, so they are
//! as good as plain loads and stores, and LLVM has a pass for that. A fence for the compiler alone is one of them:
//! there is one around each call of another program in most libraries.

use crate::llvm::{Machine, Module};

/// Rewrites them.
pub fn lower(module: &Module, machine: &Machine) -> anyhow::Result<()> {
    module.run_passes("lower-atomic", machine)
}
