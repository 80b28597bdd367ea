//! What the tests share: a virtual machine with the real programs, pools made of raw accounts, and random ones.

#![allow(missing_docs, reason = "a test kit, whose names say most")]

pub mod accounts;
pub mod attack;
pub mod bench;
pub mod compare;
pub mod extension;
pub mod fixtures;
pub mod gates;
pub mod harness;
pub mod history;
pub mod instructions;
pub mod invariants;
pub mod pool;
pub mod random;
pub mod scenario;
pub mod snapshot;
pub mod soak;
pub mod stake;
pub mod substitution;
pub mod vm;

/// Lamports of one SOL.
pub use solana_native_token::LAMPORTS_PER_SOL as SOL;
