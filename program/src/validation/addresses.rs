//! Checks of program-derived stake account addresses.
//!
//! The SPL program derives an address by a search for the highest bump whose hash is off the curve. Two shortcuts have the same
//! result.
//!
//! 1. If the stake program owns the account, any bump whose hash is the account's address is valid. A hash has no known private
//!    key, so only this program can have created the account, and it signs only with the search's bump. Without such an account,
//!    the search decides: with a wrong bump, existing stake could be counted as missing.
//! 2. In an extended pool, each record caches the bumps of its two stake accounts, so that an address costs one hash. The program
//!    caches only bumps that the search has found. A cached bump can be stale, because the SPL program may have changed the seed.
//!    It therefore identifies existing accounts only, and never signs for a missing one. If the cached bump does not match, or is
//!    absent, the first rule applies.

use {
    super::Pool,
    crate::hash::PdaHasher,
    pinocchio::{AccountView, Address, ProgramResult, error::ProgramError},
    tidepool_interface::{
        StakePoolError::InvalidStakeAccountAddress,
        address::{EPHEMERAL_STAKE_SEED, STAKE_PROGRAM_ID, TRANSIENT_STAKE_SEED},
        state::ValidatorStakeInfo,
    },
};

/// Checks the stake account addresses of a pool's validators.
pub struct StakeAddresses<'a> {
    pool: &'a Pool<'a>,
    validator: PdaHasher<0>,
    transient: PdaHasher<8>,
}

impl<'a> StakeAddresses<'a> {
    pub fn new(pool: &'a Pool<'a>) -> Self {
        Self {
            pool,
            validator: PdaHasher::new(pool.program_id, pool.address(), &[]),
            transient: PdaHasher::new(pool.program_id, pool.address(), &[0; 8]),
        }
    }

    /// As [`check_validator_stake`].
    #[inline(always)]
    pub fn check_validator_stake(&mut self, account: &AccountView, record: &mut ValidatorStakeInfo) -> ProgramResult {
        match record.validator_seed_suffix.get() {
            0 => check_validator(self.pool, &mut self.validator, account, record),
            _ => check_validator_stake(self.pool, account, record),
        }
    }

    /// As [`check_transient_stake`].
    #[inline(always)]
    pub fn check_transient_stake(&mut self, account: &AccountView, record: &mut ValidatorStakeInfo) -> ProgramResult {
        self.transient.set_suffix(&record.transient_seed_suffix.get().to_le_bytes());
        check_transient(self.pool, &mut self.transient, account, record).map(|_| ())
    }
}

/// Checks that `account` is the validator stake account of the record.
///
/// # Errors
/// [`InvalidStakeAccountAddress`] if it is another account.
#[inline(never)]
pub fn check_validator_stake(pool: &Pool, account: &AccountView, record: &mut ValidatorStakeInfo) -> ProgramResult {
    match record.validator_seed_suffix.get() {
        0 => {
            let mut hasher = PdaHasher::<0>::new(pool.program_id, pool.address(), &[]);
            check_validator(pool, &mut hasher, account, record)
        }
        seed => {
            let mut hasher = PdaHasher::<4>::new(pool.program_id, pool.address(), &seed.to_le_bytes());
            check_validator(pool, &mut hasher, account, record)
        }
    }
}

#[inline(always)]
fn check_validator<const SUFFIX: usize>(
    pool: &Pool,
    hasher: &mut PdaHasher<SUFFIX>,
    account: &AccountView,
    record: &mut ValidatorStakeInfo,
) -> ProgramResult {
    let exists = account.owned_by(&STAKE_PROGRAM_ID);
    let heads = [record.vote_account_address.as_ref()];
    if exists
        && pool.is_extended()
        && let Some(bump) = record.extension.validator_bump()
        && hasher.address(heads, bump) == *account.address()
    {
        return Ok(());
    }
    let bump =
        if exists { hasher.search_existing(heads, account.address()) } else { hasher.search(heads, account.address()) };
    let bump = bump.ok_or(InvalidStakeAccountAddress)?;
    if pool.is_extended() {
        record.extension.set_validator_bump(bump);
    }
    Ok(())
}

/// The bump of the validator stake account of `vote` with `seed`, without a record.
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
    let (program_id, heads, expected) = (pool.program_id, [vote.as_ref()], account.address());
    let bump = match seed {
        0 => PdaHasher::<0>::new(program_id, pool.address(), &[]).search(heads, expected),
        seed => PdaHasher::<4>::new(program_id, pool.address(), &seed.to_le_bytes()).search(heads, expected),
    };
    bump.ok_or(InvalidStakeAccountAddress.into())
}

/// Checks that `account` is the transient stake account of the record, with the record's seed.
///
/// # Errors
/// As [`check_validator_stake`].
#[inline(never)]
pub fn check_transient_stake(pool: &Pool, account: &AccountView, record: &mut ValidatorStakeInfo) -> ProgramResult {
    let mut hasher = transient_hasher(pool, record.transient_seed_suffix.get());
    check_transient(pool, &mut hasher, account, record).map(|_| ())
}

/// The bump of the transient stake account of the record's validator with `seed`, which can differ from the record's seed.
///
/// The bump is safe for signing: a search in this instruction has found it, or the account exists already. A cached bump alone is
/// not safe, because the SPL program changes the seed without the cached bump. With a stale bump, stake could end up in an account
/// that no update reads.
///
/// # Errors
/// As [`check_validator_stake`].
#[inline(never)]
pub fn check_transient_stake_under(
    pool: &Pool,
    account: &AccountView,
    record: &ValidatorStakeInfo,
    seed: u64,
) -> Result<u8, ProgramError> {
    let mut hasher = transient_hasher(pool, seed);
    // guard: bump-of-existing-account
    if account.owned_by(&STAKE_PROGRAM_ID)
        && seed == record.transient_seed_suffix.get()
        && let Some(bump) = cached_transient_bump(pool, &mut hasher, account, record)
    {
        return Ok(bump);
    }
    search_transient(&mut hasher, account, record)
}

#[inline(always)]
fn transient_hasher(pool: &Pool, seed: u64) -> PdaHasher<8> {
    PdaHasher::new(pool.program_id, pool.address(), &seed.to_le_bytes())
}

#[inline(always)]
fn check_transient(
    pool: &Pool,
    hasher: &mut PdaHasher<8>,
    account: &AccountView,
    record: &mut ValidatorStakeInfo,
) -> ProgramResult {
    if cached_transient_bump(pool, hasher, account, record).is_some() {
        return Ok(());
    }
    let bump = search_transient(hasher, account, record)?;
    if pool.is_extended() {
        let is_leaving = record.transient_stake_lamports.get() > 0 && record.extension.is_deactivating();
        record.extension.set_transient_bump(bump, is_leaving);
    }
    Ok(())
}

#[inline(always)]
fn search_transient(
    hasher: &mut PdaHasher<8>,
    account: &AccountView,
    record: &ValidatorStakeInfo,
) -> Result<u8, ProgramError> {
    let (heads, expected) = (transient_heads(record), account.address());
    let bump = if account.owned_by(&STAKE_PROGRAM_ID) {
        hasher.search_existing(heads, expected)
    } else {
        hasher.search(heads, expected)
    };
    bump.ok_or(InvalidStakeAccountAddress.into())
}

/// The record's cached bump, if the account has its address.
#[inline(always)]
fn cached_transient_bump(
    pool: &Pool,
    hasher: &mut PdaHasher<8>,
    account: &AccountView,
    record: &ValidatorStakeInfo,
) -> Option<u8> {
    let bump = record.extension.transient_bump().filter(|_| pool.is_extended())?;
    // A record without transient stake cannot have missing stake.
    if record.transient_stake_lamports.get() > 0 && !account.owned_by(&STAKE_PROGRAM_ID) {
        return None;
    }
    (hasher.address(transient_heads(record), bump) == *account.address()).then_some(bump)
}

#[inline(always)]
fn transient_heads(record: &ValidatorStakeInfo) -> [&[u8]; 2] {
    [TRANSIENT_STAKE_SEED, record.vote_account_address.as_ref()]
}

/// The bump of the pool's ephemeral stake account.
///
/// # Errors
/// As [`check_validator_stake`].
#[inline(never)]
pub fn check_ephemeral_stake(pool: &Pool, account: &AccountView, seed: u64) -> Result<u8, ProgramError> {
    let mut hasher = PdaHasher::<8>::new(pool.program_id, pool.address(), &seed.to_le_bytes());
    hasher.search([EPHEMERAL_STAKE_SEED], account.address()).ok_or(InvalidStakeAccountAddress.into())
}
