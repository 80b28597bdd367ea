//! Programs, owners and sysvars.

use {
    pinocchio::{AccountView, Address, ProgramResult, error::ProgramError, sysvars::get_sysvar},
    solana_address::address_eq,
    tidepool_interface::address::{
        CLOCK_ID, EPOCH_REWARDS_ID, STAKE_HISTORY_ID, STAKE_PROGRAM_ID, SYSTEM_PROGRAM_ID, TOKEN_2022_PROGRAM_ID,
        TOKEN_PROGRAM_ID,
    },
};

/// Offset of the epoch in the clock, after the slot and the epoch's start time of eight bytes each.
const EPOCH_OFFSET: usize = 16;

/// # Errors
/// `IncorrectProgramId` if the account is not the program `expected`.
#[inline(always)]
pub fn check_program(account: &AccountView, expected: &Address) -> ProgramResult {
    // guard: program-address
    if address_eq(account.address(), expected) { Ok(()) } else { Err(ProgramError::IncorrectProgramId) }
}

/// # Errors
/// As [`check_program`].
#[inline(always)]
pub fn check_stake_program(account: &AccountView) -> ProgramResult {
    check_program(account, &STAKE_PROGRAM_ID)
}

/// # Errors
/// As [`check_program`].
#[inline(always)]
pub fn check_system_program(account: &AccountView) -> ProgramResult {
    check_program(account, &SYSTEM_PROGRAM_ID)
}

/// # Errors
/// `IncorrectProgramId` if the account is neither token program.
pub fn check_token_program(account: &AccountView) -> ProgramResult {
    // guard: token-program-address
    if *account.address() == TOKEN_PROGRAM_ID || *account.address() == TOKEN_2022_PROGRAM_ID {
        Ok(())
    } else {
        Err(ProgramError::IncorrectProgramId)
    }
}

/// # Errors
/// `IncorrectProgramId` if the account is not owned by `program`.
#[inline(always)]
pub fn check_owner(account: &AccountView, program: &Address) -> ProgramResult {
    if account.owned_by(program) { Ok(()) } else { Err(ProgramError::IncorrectProgramId) }
}

/// The epoch, read from the clock's account.
///
/// # Errors
/// `InvalidArgument` if the account is not the clock.
#[inline]
pub fn clock_epoch(account: &AccountView) -> Result<u64, ProgramError> {
    if !address_eq(account.address(), &CLOCK_ID) {
        return Err(ProgramError::InvalidArgument);
    }
    let data = account.try_borrow()?;
    let epoch = data.get(16..24).and_then(|bytes| bytes.try_into().ok()).ok_or(ProgramError::InvalidArgument)?;
    Ok(u64::from_le_bytes(epoch))
}

/// The slot, from the clock's account.
///
/// # Errors
/// As [`clock_epoch`].
#[inline]
pub fn clock_slot(clock: &AccountView) -> Result<u64, ProgramError> {
    let data = clock.try_borrow()?;
    Ok(u64::from_le_bytes(*data.first_chunk().ok_or(ProgramError::InvalidArgument)?))
}

/// The slot, for instructions without a clock account.
///
/// # Errors
/// `UnsupportedSysvar` if the runtime has no clock.
pub fn current_slot() -> Result<u64, ProgramError> {
    let mut slot = [0; 8];
    get_sysvar(&mut slot, &CLOCK_ID, 0)?;
    Ok(u64::from_le_bytes(slot))
}

/// The epoch, for instructions without a clock account.
///
/// # Errors
/// `UnsupportedSysvar` if the runtime has no clock.
#[inline]
pub fn current_epoch() -> Result<u64, ProgramError> {
    let mut epoch = [0; 8];
    get_sysvar(&mut epoch, &CLOCK_ID, EPOCH_OFFSET)?;
    Ok(u64::from_le_bytes(epoch))
}

/// The epoch, from the account if it is the clock's, otherwise from the runtime.
///
/// # Errors
/// As [`current_epoch`].
#[inline(always)]
pub fn epoch_from(account: &AccountView) -> Result<u64, ProgramError> {
    clock_epoch(account).or_else(|_| current_epoch())
}

/// # Errors
/// `InvalidArgument` if the account is not the stake history.
pub fn check_stake_history(account: &AccountView) -> ProgramResult {
    if *account.address() == STAKE_HISTORY_ID { Ok(()) } else { Err(ProgramError::InvalidArgument) }
}

/// Whether epoch rewards are being paid: the stake program then rejects changes of stake.
///
/// # Errors
/// `UnsupportedSysvar` if the runtime has no epoch rewards sysvar.
pub fn epoch_rewards_active() -> Result<bool, ProgramError> {
    /// Offset of the flag: three `u64`, a hash, a `u128` and two `u64` precede it.
    const ACTIVE_OFFSET: usize = 80;
    let mut active = [0];
    get_sysvar(&mut active, &EPOCH_REWARDS_ID, ACTIVE_OFFSET)?;
    Ok(active[0] != 0)
}
