//! The parts of a withdrawal: stake accounts, their bounds and states, the quote, and the remainder.

pub mod accounts;
pub mod activation;
pub mod into;
pub mod landed;
pub mod left;
pub mod pieces;
pub mod quote;
pub mod withdrawn;
