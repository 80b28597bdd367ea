//! A quote of the client crate is what the program does, to the lamport: over random pools, in the real VM with the real
//! stake and token programs. Where the quote refuses, the program refuses with the same error. The same holds for the quotes of the
//! aggregators' crate, for pools of Tidepool and of the SPL stake pool program.

mod amm;
mod deposits;
mod harness;
mod updates;
mod withdrawals;
