//! Tidepool against the published SPL stake pool, in the same state, with the same instruction: the same result, the same
//! accounts to the byte, the same return data.

mod errors;
mod histories;
mod substitution;
mod success;
mod token_loaders;
mod update_bed;
mod update_compact;
mod update_gates;
mod update_table;
mod withdraw_bed;
mod withdraw_source;
mod withdraw_table;
