//! The functions that every program gets from the linker: memory primitives and 128-bit arithmetic.
//!
//! This is not a module of the linker. Its build script compiles this file to bitcode for the host, unoptimised, and
//! the linker gives that bitcode the BPF target and links it into each program (see `src/runtime.rs`). So a program
//! crate has nothing to declare, and the contract between a lowering and the helper that it calls stays inside this
//! crate. What a program does not use, the optimiser drops.
//!
//! Two rules hold here: no 128-bit operation that itself needs a helper, and no operation that can panic, for there is
//! no `core` of the target to call.

#![no_std]
// Keeps the optimiser from making a call of `memcpy` of what is inside `memcpy`.
#![no_builtins]

mod memory;
mod wide;
