//! Accounts mean to the crate what they mean to the published programs: the same values, the same refusals.

#[path = "../common/mod.rs"]
mod common;

mod damage;
mod in_place;
mod pool;
mod stake_account;
mod token_account;
mod token_data;
mod validator_list;
