//! Derived addresses.
//!
//! The contract derives an address by a search: of all bumps the highest counts whose hash is on no curve. Two shortcuts lead
//! to the same answer.
//!
//! Where the stake program owns the account, any bump whose hash is the account's address will do. Only the program can have
//! made such an account at a derived address, as nobody has a key of a hash, and it signs under no bump but the search's.
//! Where there is no such account it is the search that decides: under a wrong bump, stake could be taken for gone.
//!
//! In a pool with the extension each record caches the bumps of its two stake accounts: an address then costs one hash. The
//! program writes a bump only when it is known to be the search's. Another program may have changed the seed since, so a
//! cached bump may be stale: it identifies accounts that exist, and is never signed under for one that does not. Where the
//! cached bump does not fit the account, or none is cached, the above holds.

use {
    super::Pool,
    crate::hash::Derivation,
    pinocchio::{AccountView, Address, error::ProgramError},
    tidepool_interface::{
        StakePoolError::InvalidStakeAccountAddress,
        address::{EPHEMERAL_STAKE_SEED, STAKE_PROGRAM_ID, TRANSIENT_STAKE_SEED},
        state::ValidatorStakeInfo,
    },
};

/// The addresses of the stake accounts of a pool's validators.
pub struct StakeAddresses<'a> {
    pool: &'a Pool<'a>,
    validator: Derivation<0>,
    transient: Derivation<8>,
}

impl<'a> StakeAddresses<'a> {
    pub fn new(pool: &'a Pool<'a>) -> Self {
        Self {
            pool,
            validator: Derivation::new(pool.program_id, pool.address(), &[]),
            transient: Derivation::new(pool.program_id, pool.address(), &[0; 8]),
        }
    }

    /// As [`check_validator_stake`].
    #[inline(always)]
    pub fn check_validator_stake(
        &mut self,
        account: &AccountView,
        record: &mut ValidatorStakeInfo,
    ) -> Result<(), ProgramError> {
        match record.validator_seed_suffix.get() {
            0 => check_validator(self.pool, &mut self.validator, account, record),
            _ => check_validator_stake(self.pool, account, record),
        }
    }

    /// As [`check_transient_stake`].
    #[inline(always)]
    pub fn check_transient_stake(
        &mut self,
        account: &AccountView,
        record: &mut ValidatorStakeInfo,
    ) -> Result<(), ProgramError> {
        self.transient.set_suffix(&record.transient_seed_suffix.get().to_le_bytes());
        check_transient(self.pool, &mut self.transient, account, record).map(|_| ())
    }
}

/// Checks that `account` is the validator stake account of the record.
///
/// # Errors
/// [`InvalidStakeAccountAddress`] where it is another one.
#[inline(never)]
pub fn check_validator_stake(
    pool: &Pool,
    account: &AccountView,
    record: &mut ValidatorStakeInfo,
) -> Result<(), ProgramError> {
    match record.validator_seed_suffix.get() {
        0 => {
            let mut derivation = Derivation::<0>::new(pool.program_id, pool.address(), &[]);
            check_validator(pool, &mut derivation, account, record)
        }
        seed => {
            let mut derivation = Derivation::<4>::new(pool.program_id, pool.address(), &seed.to_le_bytes());
            check_validator(pool, &mut derivation, account, record)
        }
    }
}

#[inline(always)]
fn check_validator<const SUFFIX: usize>(
    pool: &Pool,
    derivation: &mut Derivation<SUFFIX>,
    account: &AccountView,
    record: &mut ValidatorStakeInfo,
) -> Result<(), ProgramError> {
    let exists = account.owned_by(&STAKE_PROGRAM_ID);
    let heads = [record.vote_account_address.as_ref()];
    if exists
        && pool.is_extended()
        && let Some(bump) = record.extension.validator_bump()
        && derivation.address(heads, bump) == *account.address()
    {
        return Ok(());
    }
    let bump = if exists {
        derivation.search_existing(heads, account.address())
    } else {
        derivation.search(heads, account.address())
    };
    let bump = bump.ok_or(InvalidStakeAccountAddress)?;
    if pool.is_extended() {
        record.extension.set_validator_bump(bump);
    }
    Ok(())
}

/// The bump of the validator stake account of `vote` under `seed`, of which nothing is known.
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
        0 => Derivation::<0>::new(program_id, pool.address(), &[]).search(heads, expected),
        seed => Derivation::<4>::new(program_id, pool.address(), &seed.to_le_bytes()).search(heads, expected),
    };
    bump.ok_or(InvalidStakeAccountAddress.into())
}

/// Checks that `account` is the transient stake account of the record, under its seed.
///
/// # Errors
/// As [`check_validator_stake`].
#[inline(never)]
pub fn check_transient_stake(
    pool: &Pool,
    account: &AccountView,
    record: &mut ValidatorStakeInfo,
) -> Result<(), ProgramError> {
    let mut derivation = transient_derivation(pool, record.transient_seed_suffix.get());
    check_transient(pool, &mut derivation, account, record).map(|_| ())
}

/// The bump of the transient stake account of the record's validator under `seed`, which may be another one than the
/// record's. It is good for a signature: a search found it in this instruction, or the account exists already. A cached bump
/// alone is not enough. A program that does not know the extension changes the seed and leaves the byte, and under a stale
/// bump stake could be put where no update looks for it.
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
    let mut derivation = transient_derivation(pool, seed);
    if account.owned_by(&STAKE_PROGRAM_ID)
        && seed == record.transient_seed_suffix.get()
        && let Some(bump) = cached_transient_bump(pool, &mut derivation, account, record)
    {
        return Ok(bump);
    }
    search_transient(&mut derivation, account, record)
}

#[inline(always)]
fn transient_derivation(pool: &Pool, seed: u64) -> Derivation<8> {
    Derivation::new(pool.program_id, pool.address(), &seed.to_le_bytes())
}

#[inline(always)]
fn check_transient(
    pool: &Pool,
    derivation: &mut Derivation<8>,
    account: &AccountView,
    record: &mut ValidatorStakeInfo,
) -> Result<(), ProgramError> {
    if cached_transient_bump(pool, derivation, account, record).is_some() {
        return Ok(());
    }
    let bump = search_transient(derivation, account, record)?;
    if pool.is_extended() {
        let is_leaving = record.transient_stake_lamports.get() > 0 && record.extension.is_deactivating();
        record.extension.set_transient_bump(bump, is_leaving);
    }
    Ok(())
}

#[inline(always)]
fn search_transient(
    derivation: &mut Derivation<8>,
    account: &AccountView,
    record: &ValidatorStakeInfo,
) -> Result<u8, ProgramError> {
    let (heads, expected) = (transient_heads(record), account.address());
    let bump = if account.owned_by(&STAKE_PROGRAM_ID) {
        derivation.search_existing(heads, expected)
    } else {
        derivation.search(heads, expected)
    };
    bump.ok_or(InvalidStakeAccountAddress.into())
}

/// The record's cached bump, if it yields the account's address.
#[inline(always)]
fn cached_transient_bump(
    pool: &Pool,
    derivation: &mut Derivation<8>,
    account: &AccountView,
    record: &ValidatorStakeInfo,
) -> Option<u8> {
    let bump = record.extension.transient_bump().filter(|_| pool.is_extended())?;
    // Where the record expects nothing, there is nothing to be taken for gone.
    if record.transient_stake_lamports.get() > 0 && !account.owned_by(&STAKE_PROGRAM_ID) {
        return None;
    }
    (derivation.address(transient_heads(record), bump) == *account.address()).then_some(bump)
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
    let mut derivation = Derivation::<8>::new(pool.program_id, pool.address(), &seed.to_le_bytes());
    derivation.search([EPHEMERAL_STAKE_SEED], account.address()).ok_or(InvalidStakeAccountAddress.into())
}
