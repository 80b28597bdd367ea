//! Derived addresses.
//!
//! In a pool with the extension each record caches the bumps of its two stake accounts. A bump gets there only when the
//! search has found it, so that it can be trusted later: an address then costs one hash. Where the cached one does not fit
//! the account, or none is cached, the search decides. So it does where there is no stake account: under a wrong bump,
//! wherever it came from, stake could be taken for gone.

use {
    super::Pool,
    crate::hash::derive_address,
    pinocchio::{AccountView, Address, error::ProgramError},
    tidepool_interface::{
        StakePoolError::InvalidStakeAccountAddress,
        address::{
            STAKE_PROGRAM_ID, TRANSIENT_STAKE_SEED, ValidatorStakeSeeds, find_ephemeral_stake, find_transient_stake,
            find_validator_stake,
        },
        state::ValidatorStakeInfo,
    },
};

#[inline(always)]
fn check((expected, bump): (Address, u8), account: &AccountView) -> Result<u8, ProgramError> {
    if *account.address() == expected { Ok(bump) } else { Err(InvalidStakeAccountAddress.into()) }
}

/// Checks that `account` is the validator stake account of the record.
///
/// # Errors
/// [`InvalidStakeAccountAddress`] where it is another one.
pub fn check_validator_stake(
    pool: &Pool,
    account: &AccountView,
    record: &mut ValidatorStakeInfo,
) -> Result<(), ProgramError> {
    if is_cached_validator_stake(pool, account, record) {
        return Ok(());
    }
    let seed = record.validator_seed_suffix.get();
    let bump = check_new_validator_stake(pool, account, &record.vote_account_address, seed)?;
    if pool.is_extended() {
        record.extension.set_validator_bump(bump);
    }
    Ok(())
}

/// The bump of the validator stake account of `vote` under `seed`.
///
/// # Errors
/// As [`check_validator_stake`].
#[inline(never)]
pub fn check_new_validator_stake(
    pool: &Pool,
    account: &AccountView,
    vote: &Address,
    seed: u32,
) -> Result<u8, ProgramError> {
    check(find_validator_stake(pool.program_id, vote, pool.address(), seed), account)
}

/// Checks that `account` is the transient stake account of the record, under its seed.
///
/// # Errors
/// As [`check_validator_stake`].
pub fn check_transient_stake(
    pool: &Pool,
    account: &AccountView,
    record: &mut ValidatorStakeInfo,
) -> Result<(), ProgramError> {
    let seed = record.transient_seed_suffix.get();
    check_transient_stake_under(pool, account, record, seed).map(|_| ())
}

/// The bump of the transient stake account of the record's validator under `seed`, which may be another one than the
/// record's.
///
/// # Errors
/// As [`check_validator_stake`].
pub fn check_transient_stake_under(
    pool: &Pool,
    account: &AccountView,
    record: &mut ValidatorStakeInfo,
    seed: u64,
) -> Result<u8, ProgramError> {
    let is_current = seed == record.transient_seed_suffix.get();
    if is_current && let Some(bump) = cached_transient_bump(pool, account, record) {
        return Ok(bump);
    }
    let bump = search_transient_stake(pool, account, &record.vote_account_address, seed)?;
    if is_current && pool.is_extended() {
        let is_leaving = record.transient_stake_lamports.get() > 0 && record.extension.is_leaving();
        record.extension.set_transient_bump(bump, is_leaving);
    }
    Ok(bump)
}

#[inline(never)]
fn search_transient_stake(pool: &Pool, account: &AccountView, vote: &Address, seed: u64) -> Result<u8, ProgramError> {
    check(find_transient_stake(pool.program_id, vote, pool.address(), seed), account)
}

/// The bump of the pool's ephemeral stake account.
///
/// # Errors
/// As [`check_validator_stake`].
#[inline(never)]
pub fn check_ephemeral_stake(pool: &Pool, account: &AccountView, seed: u64) -> Result<u8, ProgramError> {
    check(find_ephemeral_stake(pool.program_id, pool.address(), seed), account)
}

/// Whether the record's cached bump yields the account's address.
fn is_cached_validator_stake(pool: &Pool, account: &AccountView, record: &ValidatorStakeInfo) -> bool {
    let Some(bump) = record.extension.validator_bump().filter(|_| pool.is_extended()) else {
        return false;
    };
    if !account.owned_by(&STAKE_PROGRAM_ID) {
        return false;
    }
    let seeds = ValidatorStakeSeeds::new(record.validator_seed_suffix.get());
    let seeds = [record.vote_account_address.as_ref(), pool.address().as_ref(), seeds.suffix()];
    derive_address(seeds, bump, pool.program_id) == *account.address()
}

/// The record's cached bump, if it yields the account's address.
fn cached_transient_bump(pool: &Pool, account: &AccountView, record: &ValidatorStakeInfo) -> Option<u8> {
    let bump = record.extension.transient_bump().filter(|_| pool.is_extended())?;
    // Where the record expects nothing, there is nothing to be taken for gone.
    if record.transient_stake_lamports.get() > 0 && !account.owned_by(&STAKE_PROGRAM_ID) {
        return None;
    }
    let seed = record.transient_seed_suffix.get().to_le_bytes();
    let seeds = [TRANSIENT_STAKE_SEED, record.vote_account_address.as_ref(), pool.address().as_ref(), &seed];
    (derive_address(seeds, bump, pool.program_id) == *account.address()).then_some(bump)
}
