//! Checks of accounts. Their order and their errors are SPL behaviour.

mod accounts;
mod addresses;
mod alone;
mod limits;
mod missing;
mod notice;
mod pool;
mod rent;
mod stake;

pub use {
    accounts::{
        check_owner, check_program, check_stake_history, check_stake_program, check_system_program,
        check_token_program, clock_epoch, clock_slot, current_epoch, current_slot, current_time, epoch_from,
        epoch_rewards_active,
    },
    addresses::{
        StakeAddresses, check_ephemeral_stake, check_new_validator_stake, check_transient_stake,
        check_transient_stake_under, check_validator_stake,
    },
    alone::check_alone,
    missing::{SysvarAt, missing_account},
    notice::{announced_fee, announced_value},
    pool::{Pool, check_left_in_reserve},
    rent::Rent,
    stake::borrow_stake,
};
