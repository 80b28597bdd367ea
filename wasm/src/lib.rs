//! Exact quotes of stake pools from account bytes, for WebAssembly.
//!
//! `clients/js` calls the exported functions ([`exports`]). They take the bytes of a snapshot ([`accounts`]) and numbers, return 0
//! or the code of a [`Failure`](failure::Failure), and leave their results where [`exports::output`] says. There is no state and
//! no allocation: the caller writes the snapshot behind `__heap_base`.

pub mod accounts;
pub mod exports;
pub mod failure;
pub mod ledger;
pub mod movements;
pub mod quote;
pub mod snapshot;
pub mod stake;
