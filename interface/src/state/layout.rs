//! Where the fields of a pool account lie.

use {
    super::{POOL_HEAD_LENGTH, POOL_MAX_LENGTH, PodFee, U64, pool::split_head},
    core::mem::size_of,
    solana_address::Address,
    solana_program_error::ProgramError,
};

/// Where the fields of a pool lie whose offsets depend on what is set: for each option, and each fee that can be pending, the
/// offset of its tag. The fields between them have fixed lengths.
///
/// It belongs to the data that it was made from: with other data, reading gives other fields' bytes, or panics.
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

/// Offsets of the other tags, and of the pool's end, where nothing before them is set.
const PREFERRED_DEPOSIT: usize = NEXT_EPOCH_FEE + 1;
const PREFERRED_WITHDRAW: usize = PREFERRED_DEPOSIT + 1;
const NEXT_STAKE_WITHDRAWAL_FEE: usize = PREFERRED_WITHDRAW + 1 + 2 * FEE;
const SOL_DEPOSIT_AUTHORITY: usize = NEXT_STAKE_WITHDRAWAL_FEE + 1 + 1;
const SOL_WITHDRAW_AUTHORITY: usize = SOL_DEPOSIT_AUTHORITY + 1 + FEE + 1;
const NEXT_SOL_WITHDRAWAL_FEE: usize = SOL_WITHDRAW_AUTHORITY + 1 + FEE;
const END: usize = NEXT_SOL_WITHDRAWAL_FEE + 1 + 2 * NUMBER;

/// Length in bytes of what follows the tag of a pending fee and of an option, and the highest tag.
const NEXT_FEE: (usize, u8) = (FEE, 2);
const OPTION: (usize, u8) = (ADDRESS, 1);

/// Bytes that follow the tag at `at`.
#[inline(always)]
fn length_behind(data: &[u8], at: usize, (length, tag_max): (usize, u8)) -> Result<usize, ProgramError> {
    match *data.get(at).ok_or(ProgramError::BorshIoError)? {
        0 => Ok(0),
        tag if tag <= tag_max => Ok(length),
        _ => Err(ProgramError::BorshIoError),
    }
}

impl PoolLayout {
    /// Finds the fields of a pool account's data, whatever its account type. Bytes after the pool are ignored.
    ///
    /// # Errors
    /// `BorshIoError` where the data is too short or a tag in it is none of the contract's: where
    /// [`StakePool::decode`](super::StakePool::decode) fails.
    #[inline(always)]
    pub fn of(data: &[u8]) -> Result<Self, ProgramError> {
        split_head(data)?;
        // Where all fields are there, which is so in all accounts that are made for a pool, none of them has to be looked for.
        match data.first_chunk::<POOL_MAX_LENGTH>() {
            Some(data) => Self::walk(data),
            None => Self::walk_short(data),
        }
    }

    #[cold]
    #[inline(never)]
    fn walk_short(data: &[u8]) -> Result<Self, ProgramError> {
        Self::walk(data)
    }

    /// Adds up what is set on top of where the fields lie in a pool that has none of it.
    #[inline(always)]
    fn walk(data: &[u8]) -> Result<Self, ProgramError> {
        let mut set = length_behind(data, NEXT_EPOCH_FEE, NEXT_FEE)?;
        let preferred_deposit = PREFERRED_DEPOSIT.wrapping_add(set);
        set = set.wrapping_add(length_behind(data, preferred_deposit, OPTION)?);
        let preferred_withdraw = PREFERRED_WITHDRAW.wrapping_add(set);
        set = set.wrapping_add(length_behind(data, preferred_withdraw, OPTION)?);
        let next_stake_withdrawal_fee = NEXT_STAKE_WITHDRAWAL_FEE.wrapping_add(set);
        set = set.wrapping_add(length_behind(data, next_stake_withdrawal_fee, NEXT_FEE)?);
        let sol_deposit_authority = SOL_DEPOSIT_AUTHORITY.wrapping_add(set);
        set = set.wrapping_add(length_behind(data, sol_deposit_authority, OPTION)?);
        let sol_withdraw_authority = SOL_WITHDRAW_AUTHORITY.wrapping_add(set);
        set = set.wrapping_add(length_behind(data, sol_withdraw_authority, OPTION)?);
        let next_sol_withdrawal_fee = NEXT_SOL_WITHDRAWAL_FEE.wrapping_add(set);
        set = set.wrapping_add(length_behind(data, next_sol_withdrawal_fee, NEXT_FEE)?);
        let end = END.wrapping_add(set);
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
