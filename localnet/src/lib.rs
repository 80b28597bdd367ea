//! A Solana cluster in one process, and what can be shown on it.

pub mod demo;
pub mod embedded;
pub mod rehearse;
pub mod run;
pub mod terminal;
