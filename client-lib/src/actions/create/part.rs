//! An account of a new pool, as far as it exists.

use {
    crate::error::Sol,
    solana_account::Account,
    solana_address::Address,
    solana_rent::Rent,
    std::fmt::{Debug, Display},
    tidepool_interface::address::SYSTEM_PROGRAM_ID,
};

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Progress {
    /// No account with data exists.
    Missing,
    /// It has its owner and length, and its data is zero.
    Allocated,
    /// Its program has initialized it as required.
    Initialized,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Piece {
    pub progress: Progress,
    /// Lamports at its address, even without an account.
    pub lamports: u64,
}

impl Piece {
    pub const MISSING: Self = Self { progress: Progress::Missing, lamports: 0 };
}

/// An existing account that differs from what the pool requires.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the {role} {address} exists with {what} {found}, expected {expected}")]
pub struct ExistingAccount {
    /// Role of the account: `pool`, `validator list`, `reserve`, `mint` or `manager's fee account`.
    pub role: &'static str,
    /// Its address.
    pub address: Address,
    /// The property that differs: `owner`, `length`, `mint authority`, ...
    pub what: &'static str,
    /// Required value.
    pub expected: String,
    /// Actual value.
    pub found: String,
    /// Whether the account is an initialized pool with other settings.
    pub is_setting: bool,
}

pub(super) struct Part<'a> {
    role: &'static str,
    address: Address,
    pub account: Option<&'a Account>,
    pub piece: Piece,
}

impl<'a> Part<'a> {
    pub fn of(role: &'static str, address: Address, account: Option<&'a Account>) -> Self {
        let is_bare = |account: &&Account| account.owner == SYSTEM_PROGRAM_ID && account.data.is_empty();
        let progress = match account.filter(|account| !is_bare(account)) {
            None => Progress::Missing,
            Some(account) if account.data.iter().all(|byte| *byte == 0) => Progress::Allocated,
            Some(_) => Progress::Initialized,
        };
        let lamports = account.map_or(0, |account| account.lamports);
        Self { role, address, account, piece: Piece { progress, lamports } }
    }

    /// Checks that it is missing or owned by `owner`.
    pub fn owned_by(&self, owner: &Address) -> Result<&Self, ExistingAccount> {
        match self.account.filter(|_| self.piece.progress != Progress::Missing) {
            Some(account) if account.owner != *owner => Err(self.wrong("owner", owner, account.owner)),
            _ => Ok(self),
        }
    }

    /// Checks that it is missing, or owned by `owner` with a length from `lengths`, the first of which a new account
    /// gets. An address with more lamports than the account needs counts as a wallet in use: the account would lock
    /// them up.
    pub fn allocated(self, rent: &Rent, owner: &Address, lengths: &[usize]) -> Result<Self, ExistingAccount> {
        self.owned_by(owner)?;
        let needed = rent.minimum_balance(lengths[0]);
        if self.piece.progress == Progress::Missing && self.piece.lamports > needed {
            return Err(self.wrong("balance", format!("at most {}", Sol(needed)), Sol(self.piece.lamports)));
        }
        match self.account.filter(|_| self.piece.progress != Progress::Missing) {
            Some(account) if !lengths.contains(&account.data.len()) => {
                Err(self.wrong("length", format!("{} bytes", lengths[0]), format!("{} bytes", account.data.len())))
            }
            _ => Ok(self),
        }
    }

    pub fn initialized(&self) -> Option<&'a Account> {
        self.account.filter(|_| self.piece.progress == Progress::Initialized)
    }

    pub fn wrong(&self, what: &'static str, expected: impl Display, found: impl Display) -> ExistingAccount {
        ExistingAccount {
            role: self.role,
            address: self.address,
            what,
            expected: expected.to_string(),
            found: found.to_string(),
            is_setting: false,
        }
    }

    pub fn check<T: Debug + PartialEq>(
        &self,
        what: &'static str,
        expected: T,
        found: T,
        write: impl Fn(&T) -> String,
    ) -> Result<(), ExistingAccount> {
        if expected == found { Ok(()) } else { Err(self.wrong(what, write(&expected), write(&found))) }
    }
}
