//! Tidepool against the published SPL stake pool, in the same state, with the same instruction: the same result, the same
//! accounts to the byte, the same return data.

mod errors;
mod histories;
mod substitution;
mod success;
mod token_loaders;
mod update_compact;
mod update_gates;
mod update_harness;
mod update_table;
mod withdraw_harness;
mod withdraw_source;
mod withdraw_table;
