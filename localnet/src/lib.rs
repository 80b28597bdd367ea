//! A Solana cluster in one process, and what can be shown on it.

pub mod embedded;
