//! The validator list account: a header and one record of 73 bytes per validator.

use {
    super::{EntryExtension, U32, U64, pool::AccountType},
    crate::error::StakePoolError,
    bytemuck::{Pod, Zeroable},
    core::mem::size_of,
    num_derive::FromPrimitive,
    num_traits::FromPrimitive as _,
    solana_address::Address,
    solana_program_error::ProgramError,
};

/// Bytes of the list before its first record.
pub const VALIDATOR_LIST_HEADER_LENGTH: usize = size_of::<ValidatorListHeader>();

/// Bytes of a record.
pub const VALIDATOR_STAKE_INFO_LENGTH: usize = size_of::<ValidatorStakeInfo>();

/// Where a validator of the pool is on its way out.
#[derive(Clone, Copy, Debug, Eq, FromPrimitive, PartialEq)]
#[repr(u8)]
pub enum StakeStatus {
    /// In the pool.
    Active,
    /// Removed: only its transient stake is left, and it is being deactivated.
    DeactivatingTransient,
    /// Removed: nothing is left, and the entry can be cleaned up.
    ReadyForRemoval,
    /// Removed: its stake is being deactivated; it has no transient stake.
    DeactivatingValidator,
    /// Removed: its stake and its transient stake are being deactivated.
    DeactivatingAll,
}

impl StakeStatus {
    /// The status once the validator stake account is gone.
    pub const fn without_validator_stake(self) -> Self {
        match self {
            Self::DeactivatingAll => Self::DeactivatingTransient,
            Self::DeactivatingValidator => Self::ReadyForRemoval,
            Self::Active | Self::DeactivatingTransient | Self::ReadyForRemoval => self,
        }
    }

    /// The status once the transient stake account is gone.
    pub const fn without_transient_stake(self) -> Self {
        match self {
            Self::DeactivatingAll => Self::DeactivatingValidator,
            Self::DeactivatingTransient => Self::ReadyForRemoval,
            Self::Active | Self::DeactivatingValidator | Self::ReadyForRemoval => self,
        }
    }
}

/// The start of the list account.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct ValidatorListHeader {
    /// [`AccountType`].
    pub account_type: u8,
    /// Records that the account has room for.
    pub max_validators: U32,
    /// Records in use.
    pub length: U32,
}

const _: () = assert!(VALIDATOR_LIST_HEADER_LENGTH == 9);

/// A validator's record.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct ValidatorStakeInfo {
    /// Lamports in the validator stake account, rent included, as of `last_update_epoch`.
    pub active_stake_lamports: U64,
    /// Lamports in the transient stake account, rent included, as of `last_update_epoch`; 0 means that there is none.
    pub transient_stake_lamports: U64,
    /// Epoch in which the record was last updated.
    pub last_update_epoch: U64,
    /// Seed of the transient stake account's address.
    pub transient_seed_suffix: U64,
    /// Unused in the contract, and preserved: in a pool with the extension, what Tidepool keeps of the validator.
    pub extension: EntryExtension,
    /// Seed of the validator stake account's address; 0 stands for none.
    pub validator_seed_suffix: U32,
    /// [`StakeStatus`]; other bytes can occur in the account and are refused when they are used.
    pub status: u8,
    /// The validator's vote account.
    pub vote_account_address: Address,
}

const _: () = assert!(VALIDATOR_STAKE_INFO_LENGTH == 73 && align_of::<ValidatorStakeInfo>() == 1);

impl ValidatorStakeInfo {
    /// The status.
    ///
    /// # Errors
    /// `InvalidAccountData` where the byte is no status.
    #[inline]
    pub fn stake_status(&self) -> Result<StakeStatus, ProgramError> {
        StakeStatus::from_u8(self.status).ok_or(ProgramError::InvalidAccountData)
    }

    /// Whether the validator is in the pool and not on its way out.
    #[inline(always)]
    pub const fn is_active(&self) -> bool {
        self.status == StakeStatus::Active as u8
    }

    /// Whether the entry holds nothing any more and can be dropped.
    #[inline]
    pub const fn is_removed(&self) -> bool {
        self.status == StakeStatus::ReadyForRemoval as u8
            && self.active_stake_lamports.get() == 0
            && self.transient_stake_lamports.get() == 0
    }

    /// Seed of the transient stake account that a rebalance uses: that of the transient stake, or the next one where there is none.
    #[inline]
    pub const fn rebalance_seed(&self) -> u64 {
        let seed = self.transient_seed_suffix.get();
        if self.transient_stake_lamports.get() > 0 { seed } else { seed.wrapping_add(1) }
    }

    /// Lamports in both stake accounts.
    ///
    /// # Errors
    /// [`StakePoolError::CalculationFailure`] where the sum exceeds 64 bits.
    #[inline]
    pub fn stake_lamports(&self) -> Result<u64, StakePoolError> {
        self.active_stake_lamports
            .get()
            .checked_add(self.transient_stake_lamports.get())
            .ok_or(StakePoolError::CalculationFailure)
    }
}

/// Records that a list account of `data_length` bytes has room for.
pub const fn max_validators_for(data_length: usize) -> usize {
    data_length.saturating_sub(VALIDATOR_LIST_HEADER_LENGTH) / VALIDATOR_STAKE_INFO_LENGTH
}

/// Bytes that a list account for `max_validators` records needs.
pub const fn validator_list_length(max_validators: u32) -> usize {
    (max_validators as usize).saturating_mul(VALIDATOR_STAKE_INFO_LENGTH).saturating_add(VALIDATOR_LIST_HEADER_LENGTH)
}

/// The header of an initialized list. It comes before the records are looked at: the account may be another one.
fn initialized_header(data: &[u8]) -> Result<&ValidatorListHeader, ProgramError> {
    let header = data.get(..VALIDATOR_LIST_HEADER_LENGTH).ok_or(ProgramError::BorshIoError)?;
    let header: &ValidatorListHeader = bytemuck::from_bytes(header);
    check_type(header)?;
    if header.account_type != AccountType::ValidatorList as u8 {
        return Err(StakePoolError::InvalidState.into());
    }
    Ok(header)
}

fn check_type(header: &ValidatorListHeader) -> Result<(), ProgramError> {
    if header.account_type > AccountType::ValidatorList as u8 { Err(ProgramError::BorshIoError) } else { Ok(()) }
}

/// Records in use, of which a list with `room` bytes for records holds all.
fn checked_length(header: &ValidatorListHeader, room: usize) -> Result<usize, ProgramError> {
    let length = header.length.get() as usize;
    if length > room / VALIDATOR_STAKE_INFO_LENGTH {
        return Err(ProgramError::AccountDataTooSmall);
    }
    Ok(length)
}

/// The header and the records in use of an initialized list account's data.
///
/// # Errors
/// `BorshIoError` where the data is too short for a header or its type is none of the contract's;
/// [`StakePoolError::InvalidState`] where it is not an initialized list; `AccountDataTooSmall` where it names more records
/// than it holds.
pub fn split_validator_list(data: &[u8]) -> Result<(&ValidatorListHeader, &[ValidatorStakeInfo]), ProgramError> {
    let header = initialized_header(data)?;
    let records = &data[VALIDATOR_LIST_HEADER_LENGTH..];
    let length = checked_length(header, records.len())?;
    // The check bounds the product by the slice's length.
    let records = &records[..length.saturating_mul(VALIDATOR_STAKE_INFO_LENGTH)];
    Ok((header, bytemuck::cast_slice(records)))
}

/// Records that are compared in a row, before the loop's own cost.
const COMPARED_IN_A_ROW: usize = 16;

/// Place of the record of the validator `vote`.
pub fn find_record(records: &[ValidatorStakeInfo], vote: &Address) -> Option<usize> {
    // No two addresses that anybody finds begin alike: eight bytes decide, and the rest is only looked at to be sure.
    let start = address_start(vote);
    find_in_rows(
        records,
        |record| address_start(&record.vote_account_address) == start,
        |record| record.vote_account_address == *vote,
    )
}

/// Place of the first record that `is_it` holds for. `may_be_it` holds for it, too, and says no quickly for the rest.
#[inline(always)]
fn find_in_rows(
    records: &[ValidatorStakeInfo],
    may_be_it: impl Fn(&ValidatorStakeInfo) -> bool,
    is_it: impl Fn(&ValidatorStakeInfo) -> bool,
) -> Option<usize> {
    let mut place = 0usize;
    let (rows, rest) = records.as_chunks::<COMPARED_IN_A_ROW>();
    for row in rows {
        if row.iter().any(&may_be_it)
            && let Some(offset) = row.iter().position(&is_it)
        {
            return Some(place.wrapping_add(offset));
        }
        place = place.wrapping_add(COMPARED_IN_A_ROW);
    }
    let offset = rest.iter().position(|record| may_be_it(record) && is_it(record))?;
    Some(place.wrapping_add(offset))
}

#[inline(always)]
fn address_start(address: &Address) -> u64 {
    let [start, ..]: &[[u8; 8]; 4] = bytemuck::cast_ref(address.as_array());
    u64::from_le_bytes(*start)
}

/// An initialized list account, to be written.
pub struct ValidatorListMut<'a> {
    header: &'a mut ValidatorListHeader,
    /// All records that the account has room for; those in use come first.
    slots: &'a mut [ValidatorStakeInfo],
}

impl<'a> ValidatorListMut<'a> {
    /// Views the data of an initialized list account.
    ///
    /// # Errors
    /// As [`split_validator_list`].
    pub fn decode(data: &'a mut [u8]) -> Result<Self, ProgramError> {
        initialized_header(data)?;
        Self::view(data)
    }

    /// Views the data of a list account of any type.
    ///
    /// # Errors
    /// As [`split_validator_list`], without `InvalidState`.
    pub fn view(data: &'a mut [u8]) -> Result<Self, ProgramError> {
        let (header, records) =
            data.split_at_mut_checked(VALIDATOR_LIST_HEADER_LENGTH).ok_or(ProgramError::BorshIoError)?;
        let header: &mut ValidatorListHeader = bytemuck::from_bytes_mut(header);
        check_type(header)?;
        checked_length(header, records.len())?;
        let room = records.len() / VALIDATOR_STAKE_INFO_LENGTH;
        let records = &mut records[..room.saturating_mul(VALIDATOR_STAKE_INFO_LENGTH)];
        Ok(Self { header, slots: bytemuck::cast_slice_mut(records) })
    }

    /// Whether the account is a validator list.
    pub const fn is_initialized(&self) -> bool {
        self.header.account_type == AccountType::ValidatorList as u8
    }

    /// The header.
    pub const fn header(&self) -> &ValidatorListHeader {
        self.header
    }

    /// The records in use.
    pub fn records(&mut self) -> &mut [ValidatorStakeInfo] {
        // Decoding checked the length against the room.
        &mut self.slots[..self.header.length.get() as usize]
    }

    /// The record of the validator `vote`.
    pub fn find(&mut self, vote: &Address) -> Option<&mut ValidatorStakeInfo> {
        let records = self.records();
        find_record(records, vote).and_then(|place| records.get_mut(place))
    }

    /// Appends a record.
    ///
    /// # Errors
    /// `AccountDataTooSmall` where there is no room.
    pub fn push(&mut self, record: ValidatorStakeInfo) -> Result<(), ProgramError> {
        let length = self.header.length.get();
        let slot = self.slots.get_mut(length as usize).ok_or(ProgramError::AccountDataTooSmall)?;
        *slot = record;
        self.header.length.set(length.saturating_add(1));
        Ok(())
    }

    /// Drops the entries that hold nothing and keeps the order of the rest. The bytes behind the new end stay.
    pub fn remove_ready(&mut self) {
        self.remove_ready_with(|_| {});
    }

    /// As [`Self::remove_ready`], and shows each entry to `drop` before.
    pub fn remove_ready_with(&mut self, mut drop: impl FnMut(&ValidatorStakeInfo)) {
        let records = self.records();
        let (mut kept, mut next) = (0usize, 0usize);
        // What stays between two entries that go moves as a whole.
        while let Some(rest) = records.get(next..) {
            let removed = find_removed(rest);
            let staying = removed.unwrap_or(rest.len());
            let end = next.saturating_add(staying);
            if kept != next {
                records.copy_within(next..end, kept);
            }
            kept = kept.saturating_add(staying);
            if removed.is_none() {
                break;
            }
            drop(&records[end]);
            next = end.saturating_add(1);
        }
        // There are no more records than before, and their number fitted.
        self.header.length.set(kept as u32);
    }
}

/// Place of the first entry that can be dropped.
fn find_removed(records: &[ValidatorStakeInfo]) -> Option<usize> {
    let is_ready = |record: &ValidatorStakeInfo| record.status == StakeStatus::ReadyForRemoval as u8;
    find_in_rows(records, is_ready, ValidatorStakeInfo::is_removed)
}
