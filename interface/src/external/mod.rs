//! Accounts of other programs, read in place: stake accounts, mints and token accounts.

pub mod stake;
pub mod stake_history;
pub mod token;
pub mod vote;
