//! Reads of stake accounts.

use pinocchio::{AccountView, account::Ref};

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
