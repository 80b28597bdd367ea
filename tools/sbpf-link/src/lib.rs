//! Links LLVM bitcode into an sBPF v3 ELF. Clusters reject the deployment of older versions (SIMD-0500).
//!
//! Solana's platform tools are a fork of Rust with a fork of LLVM. Stock Rust has a BPF backend too, and its output
//! runs on the same VM, but for what the backend refuses to compile: it is made for the programs of an operating
//! system kernel. This linker takes the bitcode of a program compiled with stock Rust, rewrites what the backend
//! refuses ([`lower`]), generates code, and packs it the way the loader expects it.
//!
//! rustc calls it: `-C linker=sbpf-link`. See [`link::link`] for the steps.

pub mod args;
pub mod link;
pub mod llvm;
pub mod lower;
mod runtime;
mod sections;
