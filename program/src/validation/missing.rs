//! Errors of missing accounts.

use {
    super::{Rent, clock_epoch},
    pinocchio::{AccountView, error::ProgramError},
};

/// A sysvar in an instruction's list of accounts.
#[derive(Clone, Copy)]
pub enum SysvarAt {
    /// The clock, at this index.
    Clock(usize),
    /// Rent, at this index.
    Rent(usize),
}

/// The error for an account list that is too short. The SPL program decodes each sysvar when it reads its account, so the error of a
/// wrong sysvar takes precedence over missing accounts. `sysvars` are the instruction's, in its order.
#[cold]
pub fn missing_account(error: ProgramError, accounts: &[AccountView], sysvars: &[SysvarAt]) -> ProgramError {
    let check = |sysvar: &SysvarAt| match *sysvar {
        SysvarAt::Clock(index) => accounts.get(index).map(|account| clock_epoch(account).map(|_| ())),
        SysvarAt::Rent(index) => accounts.get(index).map(|account| Rent::from_account(account).map(|_| ())),
    };
    sysvars.iter().filter_map(check).find_map(Result::err).unwrap_or(error)
}
