//! Reads of stake accounts.

use {
    pinocchio::{AccountView, account::Ref, error::ProgramError},
    tidepool_interface::external::stake::{Delegation, StakeState},
};

/// The data of a stake account.
///
/// # Panics
/// If the program has borrowed the account's data, because the validator list was passed as a stake account. The SPL program panics
/// in the same case, without an error code.
#[inline(always)]
pub fn borrow_stake(account: &AccountView) -> Ref<'_, [u8]> {
    match account.try_borrow() {
        Ok(data) => data,
        Err(_) => panic!("the validator list is no stake account"),
    }
}

/// Reads from the delegation of a stake account.
///
/// # Errors
/// As [`StakeState::decode_delegated`].
///
/// # Panics
/// As [`borrow_stake`].
#[inline(always)]
pub fn read_delegation<T>(account: &AccountView, read: impl FnOnce(&Delegation) -> T) -> Result<T, ProgramError> {
    Ok(read(StakeState::decode_delegated(&borrow_stake(account))?.1))
}
