//! An embedded Solana cluster in one process, with a demo of a pool and a rehearsal with a live pool's accounts.

pub mod demo;
pub mod embedded;
pub mod rehearse;
pub mod run;
pub mod terminal;
