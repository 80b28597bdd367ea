//! Which address each account name of an instruction stands for.

/// The accounts of an instruction. A name alone stands for the pool's own account, sysvar or program of that name, or
/// else for the variable.
macro_rules! accounts {
    ($snapshot:expr => $table:ident { $($name:ident $(: $address:expr)?),* $(,)? }) => {
        $table { $($name: $crate::actions::accounts::account!($snapshot, $name $(, $address)?)),* }
    };
}

macro_rules! account {
    ($snapshot:expr, $name:ident, $address:expr) => {
        $address
    };
    ($snapshot:expr, pool) => {
        $snapshot.address()
    };
    ($snapshot:expr, withdraw_authority) => {
        $snapshot.withdraw_authority()
    };
    ($snapshot:expr, staker) => {
        $snapshot.pool().head.staker
    };
    ($snapshot:expr, manager) => {
        $snapshot.pool().head.manager
    };
    ($snapshot:expr, validator_list) => {
        $snapshot.pool().head.validator_list
    };
    ($snapshot:expr, reserve_stake) => {
        $snapshot.pool().head.reserve_stake
    };
    ($snapshot:expr, manager_fee_account) => {
        $snapshot.pool().head.manager_fee_account
    };
    ($snapshot:expr, pool_mint) => {
        $snapshot.pool().head.pool_mint
    };
    ($snapshot:expr, token_program) => {
        $snapshot.pool().head.token_program_id
    };
    ($snapshot:expr, clock) => {
        ::tidepool_interface::address::CLOCK_ID
    };
    ($snapshot:expr, rent) => {
        ::tidepool_interface::address::RENT_ID
    };
    ($snapshot:expr, stake_history) => {
        ::tidepool_interface::address::STAKE_HISTORY_ID
    };
    ($snapshot:expr, stake_config) => {
        ::tidepool_interface::address::STAKE_CONFIG_ID
    };
    ($snapshot:expr, instructions) => {
        ::tidepool_interface::address::INSTRUCTIONS_ID
    };
    ($snapshot:expr, system_program) => {
        ::tidepool_interface::address::SYSTEM_PROGRAM_ID
    };
    ($snapshot:expr, stake_program) => {
        ::tidepool_interface::address::STAKE_PROGRAM_ID
    };
    ($snapshot:expr, $variable:ident) => {
        $variable
    };
}

pub(super) use {account, accounts};
