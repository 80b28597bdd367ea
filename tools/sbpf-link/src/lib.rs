//! Links LLVM bitcode into an sBPF v3 ELF. Clusters reject the deployment of older versions (SIMD-0500).
//!
//! Solana's platform tools are a fork of Rust with a fork of LLVM. Stock Rust also has a BPF backend, whose output runs on the same VM.
//! That backend is made for programs of an operating system kernel and rejects some code. This linker takes the bitcode of a program
//! compiled with stock Rust, rewrites the rejected code ([`lower`]), generates machine code, and writes the ELF layout of the loader.
//!
//! rustc calls it: `-C linker=sbpf-link`. See [`link::link`] for the steps.

pub mod args;
pub mod link;
pub mod llvm;
pub mod lower;
mod runtime;
mod sections;
