//! The accounts of a snapshot, in bytes.
//!
//! A snapshot is the stake program's minimum delegation (u64), then [`COUNT`] rows in the order of the constants here, then the data
//! of the accounts in the same order. All numbers are little-endian.

use crate::failure::{Failure, Reason};
use bytemuck::{Pod, Zeroable};
use tidepool_interface::{
    Address,
    state::{U32, U64},
};

/// The pool.
pub const POOL: usize = 0;
/// Its validator list.
pub const VALIDATOR_LIST: usize = 1;
/// Its reserve.
pub const RESERVE: usize = 2;
/// The pool mint.
pub const MINT: usize = 3;
/// The manager's fee account.
pub const MANAGER_FEE: usize = 4;
/// The clock sysvar.
pub const CLOCK: usize = 5;
/// The rent sysvar.
pub const RENT: usize = 6;
/// The epoch rewards sysvar.
pub const EPOCH_REWARDS: usize = 7;
/// The stake history sysvar.
pub const STAKE_HISTORY: usize = 8;
/// The stake account of the validator that the quote is about.
pub const VALIDATOR_STAKE: usize = 9;
/// Its transient stake account.
pub const TRANSIENT_STAKE: usize = 10;
/// The stake account to deposit, or the ticket.
pub const SUBJECT: usize = 11;
/// Number of accounts.
pub const COUNT: usize = 12;

/// State of a row: the account was not read.
pub const UNREAD: u32 = 0;
/// State of a row: the account exists.
pub const EXISTS: u32 = 1;
/// State of a row: the account was read, and does not exist.
pub const ABSENT: u32 = 2;

/// A row of a snapshot.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct Row {
    /// [`UNREAD`], [`EXISTS`] or [`ABSENT`].
    pub state: U32,
    /// Length of the data.
    pub length: U32,
    /// Lamports.
    pub lamports: U64,
    /// The owner program.
    pub owner: Address,
}

/// An account.
#[derive(Clone, Copy, Debug)]
pub struct Account<'a> {
    /// Lamports.
    pub lamports: u64,
    /// The owner program.
    pub owner: &'a Address,
    /// The data.
    pub data: &'a [u8],
}

/// What a snapshot has of an account.
#[derive(Clone, Copy, Debug)]
pub enum Slot<'a> {
    /// The account was not read.
    Unread,
    /// It exists.
    Exists(Account<'a>),
    /// It does not exist.
    Absent,
}

impl<'a> Slot<'a> {
    /// The account, if it was read and exists.
    pub const fn account(&self) -> Option<Account<'a>> {
        if let Self::Exists(account) = self { Some(*account) } else { None }
    }
}

/// The accounts of a snapshot, and the stake program's minimum delegation.
#[derive(Clone, Copy, Debug)]
pub struct Accounts<'a> {
    slots: [Slot<'a>; COUNT],
    /// Result of the stake program's `GetMinimumDelegation`, in lamports.
    pub stake_program_minimum: u64,
}

impl<'a> Accounts<'a> {
    /// Splits a snapshot.
    ///
    /// # Errors
    /// [`Reason::MalformedSnapshot`].
    pub fn split(bytes: &'a [u8]) -> Result<Self, Failure> {
        let malformed = Failure::Other(Reason::MalformedSnapshot);
        let (minimum, rest) = bytes.split_first_chunk().ok_or(malformed)?;
        let (rows, mut data) = rest.split_at_checked(COUNT * size_of::<Row>()).ok_or(malformed)?;
        let rows: &[Row] = bytemuck::cast_slice(rows);
        let mut slots = [Slot::Unread; COUNT];
        for (slot, row) in slots.iter_mut().zip(rows) {
            let (own, rest) = data.split_at_checked(row.length.get() as usize).ok_or(malformed)?;
            data = rest;
            *slot = match row.state.get() {
                UNREAD => Slot::Unread,
                EXISTS => Slot::Exists(Account { lamports: row.lamports.get(), owner: &row.owner, data: own }),
                ABSENT => Slot::Absent,
                _ => return Err(malformed),
            };
        }
        Ok(Self { slots, stake_program_minimum: u64::from_le_bytes(*minimum) })
    }

    /// What the snapshot has of an account.
    pub const fn slot(&self, index: usize) -> Slot<'a> {
        self.slots[index]
    }

    /// An account that must exist.
    ///
    /// # Errors
    /// [`Reason::MissingAccount`].
    pub fn need(&self, index: usize) -> Result<Account<'a>, Failure> {
        Ok(self.slot(index).account().ok_or(Reason::MissingAccount)?)
    }
}
