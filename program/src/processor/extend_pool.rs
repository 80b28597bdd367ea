//! `ExtendPool`: adds the extension to a pool.

use {
    crate::{
        cpi::transfer,
        event::emit,
        validation::{Pool, Rent, check_owner, check_system_program, current_epoch},
    },
    bytemuck::bytes_of,
    pinocchio::{AccountView, Address, ProgramResult, UnsafeResize, error::ProgramError},
    tidepool_interface::{
        ExtensionError::{AlreadyExtended, UnknownExtensionVersion},
        StakePoolError::SignatureMissing,
        event::PolicyEvent,
        instruction::ExtendPoolAccounts,
        state::{
            EXTENDED_POOL_LENGTH, EntryExtension, POOL_MAX_LENGTH, PoolExtension, RebalancePolicy, ValidatorListMut,
        },
    },
};

#[inline(never)]
pub fn process(program_id: &Address, accounts: &[AccountView]) -> ProgramResult {
    let mut accounts = ExtendPoolAccounts::load(&mut accounts.iter().copied())?;
    check_system_program(&accounts.system_program)?;
    let pool = Pool::load(program_id, &accounts.pool)?;
    pool.check_manager(&accounts.manager)?;
    if pool.is_extended() {
        return Err(AlreadyExtended.into());
    }
    if PoolExtension::is_present(&accounts.pool.try_borrow()?) {
        return Err(UnknownExtensionVersion.into());
    }
    if !accounts.payer.is_signer() {
        return Err(SignatureMissing.into());
    }
    pool.check_validator_list(&accounts.validator_list)?;
    check_owner(&accounts.validator_list, program_id)?;
    clear_entries(&mut accounts.validator_list)?;
    let length = accounts.pool.data_len().max(EXTENDED_POOL_LENGTH);
    let missing = Rent::get()?.minimum_balance(length).saturating_sub(accounts.pool.lamports());
    if missing > 0 {
        transfer(&accounts.payer, &accounts.pool, missing)?;
    }
    grow(&mut accounts.pool, length)?;
    let policy = RebalancePolicy::DEFAULT;
    let mut data = accounts.pool.try_borrow_mut()?;
    let extension = data.get_mut(POOL_MAX_LENGTH..EXTENDED_POOL_LENGTH).ok_or(ProgramError::AccountDataTooSmall)?;
    extension.copy_from_slice(bytes_of(&PoolExtension::new(policy)));
    emit(PolicyEvent {
        pool: *pool.address(),
        epoch: current_epoch()?.into(),
        old: bytemuck::Zeroable::zeroed(),
        new: policy,
    });
    Ok(())
}

/// Clears the bytes of the records that the SPL layout leaves unused, because earlier values are neither bumps nor weights.
fn clear_entries(list: &mut AccountView) -> ProgramResult {
    let mut data = list.try_borrow_mut()?;
    for record in ValidatorListMut::decode(&mut data)?.records() {
        record.extension = EntryExtension::default(); // guard: new-extension-of-entry
    }
    Ok(())
}

/// Lengthens the pool account with zeroes. A longer account stays unchanged.
fn grow(pool: &mut AccountView, length: usize) -> ProgramResult {
    if length == pool.data_len() {
        return Ok(());
    }
    pool.check_borrow_mut()?;
    // SAFETY: The data is not borrowed. A pool that decodes has at least 435 bytes and grows to 739 bytes. The runtime reserves
    // 10 KiB for growth, and this is the only resize in the instruction.
    unsafe { pool.resize(length) };
    Ok(())
}
