//! Derived addresses.

use {
    pinocchio::{AccountView, Address, error::ProgramError},
    tidepool_interface::{
        StakePoolError::InvalidStakeAccountAddress,
        address::{find_ephemeral_stake, find_transient_stake, find_validator_stake},
    },
};

#[inline(always)]
fn check((expected, bump): (Address, u8), account: &AccountView) -> Result<u8, ProgramError> {
    if *account.address() == expected { Ok(bump) } else { Err(InvalidStakeAccountAddress.into()) }
}

/// The bump of the validator stake account of `vote`.
///
/// # Errors
/// [`InvalidStakeAccountAddress`] where `account` is another one.
pub fn check_validator_stake(
    program_id: &Address,
    pool: &Address,
    account: &AccountView,
    vote: &Address,
    seed: u32,
) -> Result<u8, ProgramError> {
    check(find_validator_stake(program_id, vote, pool, seed), account)
}

/// The bump of the transient stake account of `vote`.
///
/// # Errors
/// As [`check_validator_stake`].
pub fn check_transient_stake(
    program_id: &Address,
    pool: &Address,
    account: &AccountView,
    vote: &Address,
    seed: u64,
) -> Result<u8, ProgramError> {
    check(find_transient_stake(program_id, vote, pool, seed), account)
}

/// The bump of the pool's ephemeral stake account.
///
/// # Errors
/// As [`check_validator_stake`].
pub fn check_ephemeral_stake(
    program_id: &Address,
    pool: &Address,
    account: &AccountView,
    seed: u64,
) -> Result<u8, ProgramError> {
    check(find_ephemeral_stake(program_id, pool, seed), account)
}
