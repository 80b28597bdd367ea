//! Tidepool's on-chain program: an implementation of the SPL stake pool that works in place on account data, and the extension.
//!
//! [`processor`] has one file per instruction. `validation` checks accounts. `cpi` calls the system, stake, token and metadata
//! programs. The interface crate has layouts and encodings, the core crate all arithmetic.

#![no_std]
#![deny(clippy::arithmetic_side_effects)]

mod cpi;
mod entrypoint;
mod event;
mod hash;
pub mod processor;
mod security;
mod validation;
