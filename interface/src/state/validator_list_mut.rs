//! The mutable view of the validator list.

use {
    super::{
        AccountType, StakeStatus, VALIDATOR_LIST_HEADER_LENGTH, VALIDATOR_STAKE_INFO_LENGTH, ValidatorListHeader,
        ValidatorStakeInfo, find_record,
        validator_list::{check_type, checked_length, find_in_rows, initialized_header},
    },
    solana_address::Address,
    solana_program_error::ProgramError,
};

/// A mutable view of a list account.
pub struct ValidatorListMut<'a> {
    header: &'a mut ValidatorListHeader,
    /// All records up to the account's maximum; those in use come first.
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
        // guard: list-within-length
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
    /// `AccountDataTooSmall` if the list is full.
    pub fn push(&mut self, record: ValidatorStakeInfo) -> Result<(), ProgramError> {
        let length = self.header.length.get();
        let slot = self.slots.get_mut(length as usize).ok_or(ProgramError::AccountDataTooSmall)?;
        *slot = record;
        self.header.length.set(length.saturating_add(1));
        Ok(())
    }

    /// Removes the entries without stake and keeps the order of the rest. The bytes behind the new end stay unchanged.
    pub fn remove_ready(&mut self) {
        self.remove_ready_with(|_| {});
    }

    /// As [`Self::remove_ready`]; calls `drop` with each entry before its removal.
    pub fn remove_ready_with(&mut self, mut drop: impl FnMut(&ValidatorStakeInfo)) {
        let records = self.records();
        let (mut kept, mut next) = (0usize, 0usize);
        // The entries between two removed ones move in one copy.
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
        // The number of records does not grow, so it fits 32 bits.
        self.header.length.set(kept as u32);
    }
}

/// Index of the first entry that can be removed.
fn find_removed(records: &[ValidatorStakeInfo]) -> Option<usize> {
    let is_ready = |record: &ValidatorStakeInfo| record.status == StakeStatus::ReadyForRemoval as u8;
    // guard: ready-is-removed
    find_in_rows(records, is_ready, ValidatorStakeInfo::is_removed)
}
