//! Accounts decode as in the published programs: the same values, the same errors.

#[path = "../common/mod.rs"]
mod common;

mod damage;
mod in_place;
mod pool;
mod stake_account;
mod token_account;
mod token_data;
mod validator_list;
