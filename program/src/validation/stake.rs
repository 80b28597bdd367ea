//! Reading stake accounts.

use pinocchio::{AccountView, account::Ref};

/// The data of a stake account.
///
/// # Panics
/// Where the program still works on the account's data: somebody passed the validator list in the place of a stake account.
/// The contract's program ends in just this way, and callers see no error code of it.
#[inline(always)]
pub fn borrow_stake(account: &AccountView) -> Ref<'_, [u8]> {
    match account.try_borrow() {
        Ok(data) => data,
        Err(_) => panic!("the validator list is no stake account"),
    }
}
