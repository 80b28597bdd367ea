//! Offsets of the fields of a pool account.

use {
    super::{POOL_HEAD_LENGTH, POOL_MAX_LENGTH, PodFee, U64, pool::split_head},
    core::mem::size_of,
    solana_address::Address,
    solana_program_error::ProgramError,
};

/// Offsets of a pool's fields after the head: for each optional field and each fee that can be pending, the offset of its tag. The
/// fields between them have fixed lengths.
///
/// A layout is valid only for the data that it was made from. With other data, reads return wrong fields or panic.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PoolLayout {
    pub(super) preferred_deposit: usize,
    pub(super) preferred_withdraw: usize,
    pub(super) next_stake_withdrawal_fee: usize,
    pub(super) sol_deposit_authority: usize,
    pub(super) sol_withdraw_authority: usize,
    pub(super) next_sol_withdrawal_fee: usize,
    pub(super) end: usize,
}

pub(super) const FEE: usize = size_of::<PodFee>();
pub(super) const ADDRESS: usize = size_of::<Address>();
pub(super) const NUMBER: usize = size_of::<U64>();

/// Offset of the tag of the pending fee on rewards, the first field after the head.
pub(super) const NEXT_EPOCH_FEE: usize = POOL_HEAD_LENGTH;

/// Offsets of all tags in a pool with no optional field set.
const TAGS: [usize; 7] = [
    NEXT_EPOCH_FEE,
    NOTHING_SET.preferred_deposit,
    NOTHING_SET.preferred_withdraw,
    NOTHING_SET.next_stake_withdrawal_fee,
    NOTHING_SET.sol_deposit_authority,
    NOTHING_SET.sol_withdraw_authority,
    NOTHING_SET.next_sol_withdrawal_fee,
];

/// The layout of a pool with no optional field set.
const NOTHING_SET: PoolLayout = {
    let preferred_deposit = NEXT_EPOCH_FEE + 1;
    let preferred_withdraw = preferred_deposit + 1;
    let next_stake_withdrawal_fee = preferred_withdraw + 1 + 2 * FEE;
    let sol_deposit_authority = next_stake_withdrawal_fee + 1 + 1;
    let sol_withdraw_authority = sol_deposit_authority + 1 + FEE + 1;
    let next_sol_withdrawal_fee = sol_withdraw_authority + 1 + FEE;
    PoolLayout {
        preferred_deposit,
        preferred_withdraw,
        next_stake_withdrawal_fee,
        sol_deposit_authority,
        sol_withdraw_authority,
        next_sol_withdrawal_fee,
        end: next_sol_withdrawal_fee + 1 + 2 * NUMBER,
    }
};

/// Where the field ends that begins with the tag at `at`.
#[inline(always)]
fn after_tagged(data: &[u8], at: usize, length: usize, tag_max: u8) -> Result<usize, ProgramError> {
    match *data.get(at).ok_or(ProgramError::BorshIoError)? {
        0 => Ok(at.wrapping_add(1)),
        tag if tag <= tag_max => Ok(at.wrapping_add(1 + length)),
        _ => Err(ProgramError::BorshIoError),
    }
}

#[inline(always)]
fn after_option(data: &[u8], at: usize) -> Result<usize, ProgramError> {
    after_tagged(data, at, ADDRESS, 1)
}

#[inline(always)]
fn after_future_fee(data: &[u8], at: usize) -> Result<usize, ProgramError> {
    after_tagged(data, at, FEE, 2)
}

impl PoolLayout {
    /// The layout of a pool account's data of any account type. Bytes after the pool are ignored.
    ///
    /// # Errors
    /// As [`StakePool::decode`](super::StakePool::decode): `BorshIoError` if the data is too short or a tag in it is invalid.
    #[inline(always)]
    pub fn of(data: &[u8]) -> Result<Self, ProgramError> {
        split_head(data)?;
        // Most pools have no optional field set, and clients allocate accounts of the maximum length.
        if let Some(data) = data.first_chunk::<POOL_MAX_LENGTH>()
            && TAGS.iter().fold(0, |tags, at| tags | data[*at]) == 0
        {
            return Ok(NOTHING_SET);
        }
        Self::walk(data)
    }

    /// Finds each field after the one before.
    #[inline(never)]
    fn walk(data: &[u8]) -> Result<Self, ProgramError> {
        let preferred_deposit = after_future_fee(data, NEXT_EPOCH_FEE)?;
        let preferred_withdraw = after_option(data, preferred_deposit)?;
        let next_stake_withdrawal_fee = after_option(data, preferred_withdraw)?.wrapping_add(2 * FEE);
        let sol_deposit_authority = after_future_fee(data, next_stake_withdrawal_fee)?.wrapping_add(1);
        let sol_withdraw_authority = after_option(data, sol_deposit_authority)?.wrapping_add(FEE + 1);
        let next_sol_withdrawal_fee = after_option(data, sol_withdraw_authority)?.wrapping_add(FEE);
        let end = after_future_fee(data, next_sol_withdrawal_fee)?.wrapping_add(2 * NUMBER);
        // guard: field-in-data
        if end > data.len() {
            return Err(ProgramError::BorshIoError);
        }
        Ok(Self {
            preferred_deposit,
            preferred_withdraw,
            next_stake_withdrawal_fee,
            sol_deposit_authority,
            sol_withdraw_authority,
            next_sol_withdrawal_fee,
            end,
        })
    }

    /// Moves the fields behind the one whose tag is at `at`, which grew or shrank by `length` bytes.
    #[inline(always)]
    pub(super) fn move_behind(&mut self, at: usize, length: usize, grows: bool) {
        let by = if grows { length } else { length.wrapping_neg() };
        for field in [
            &mut self.preferred_deposit,
            &mut self.preferred_withdraw,
            &mut self.next_stake_withdrawal_fee,
            &mut self.sol_deposit_authority,
            &mut self.sol_withdraw_authority,
            &mut self.next_sol_withdrawal_fee,
            &mut self.end,
        ] {
            if *field > at {
                *field = field.wrapping_add(by);
            }
        }
    }

    /// Length in bytes of the pool.
    pub const fn length(&self) -> usize {
        self.end
    }
}
