//! `solana-test-validator` as a child process: command line, ports, genesis accounts, readiness.
//!
//! `cargo xtask e2e` runs its tests on it. `cargo xtask localnet` runs it with a pool, for use by hand.

#![expect(missing_docs, reason = "its users are its binary and the tests")]

pub mod http;
pub mod localnet;
pub mod ports;
pub mod process;
pub mod rpc;
pub mod validator;
