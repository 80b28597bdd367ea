//! Tidepool's on-chain program: the SPL stake pool's contract, executed in place on the accounts' bytes.
//!
//! Where things are: [`processor`] has one file per instruction; `validation` loads an instruction's accounts and checks
//! them; `cpi` calls the system, stake, token and metadata programs. Layouts, encodings and all arithmetic are the
//! interface crate's.

#![no_std]
#![deny(clippy::arithmetic_side_effects)]

mod cpi;
#[cfg(not(feature = "no-entrypoint"))]
mod entrypoint;
mod event;
mod hash;
pub mod processor;
#[cfg(not(feature = "no-entrypoint"))]
mod security;
mod validation;
