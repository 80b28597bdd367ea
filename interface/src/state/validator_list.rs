//! The validator list account: a header and one record of 73 bytes per validator.

use {
    super::{EntryExtension, U32, U64, pool::AccountType},
    crate::error::StakePoolError,
    core::mem::size_of,
    num_derive::FromPrimitive,
    num_traits::FromPrimitive as _,
    solana_address::Address,
    solana_program_error::ProgramError,
    tidepool_core::{ValidatorRow, maths::Lamports},
};

/// Bytes of the list before its first record.
pub const VALIDATOR_LIST_HEADER_LENGTH: usize = size_of::<ValidatorListHeader>();

/// Bytes of a record.
pub const VALIDATOR_STAKE_INFO_LENGTH: usize = size_of::<ValidatorStakeInfo>();

numbered! {
    /// Status of a validator: active, or a step of its removal.
    #[derive(FromPrimitive)]
    pub enum StakeStatus {
        /// In the pool.
        Active,
        /// Removed: its transient stake is deactivating; it has no other stake.
        DeactivatingTransient,
        /// Removed: it has no stake, and its entry can be cleaned up.
        ReadyForRemoval,
        /// Removed: its stake is deactivating; it has no transient stake.
        DeactivatingValidator,
        /// Removed: its stake and its transient stake are deactivating.
        DeactivatingAll,
    }
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

layout! {
    /// The start of the list account.
    pub struct ValidatorListHeader {
        /// [`AccountType`].
        pub account_type: u8 as AccountType,
        /// Maximum number of records in the account.
        pub max_validators: U32,
        /// Records in use.
        pub length: U32,
    }
}

const _: () = assert!(VALIDATOR_LIST_HEADER_LENGTH == 9);

layout! {
    /// A validator's record.
    pub struct ValidatorStakeInfo {
        /// Lamports in the validator stake account, rent included, as of `last_update_epoch`.
        pub active_stake_lamports: U64 as Lamports,
        /// Lamports in the transient stake account, rent included, as of `last_update_epoch`; 0 without such an account.
        pub transient_stake_lamports: U64 as Lamports,
        /// Epoch in which the record was last updated.
        pub last_update_epoch: U64,
        /// Seed of the transient stake account's address.
        pub transient_seed_suffix: U64,
        /// The extension of the record, in an extended pool. The SPL program does not use these bytes and preserves them.
        pub extension: EntryExtension,
        /// Seed of the validator stake account's address; 0 for none.
        pub validator_seed_suffix: U32,
        /// [`StakeStatus`]. The account can contain other bytes; instructions that use the status reject them.
        pub status: u8 as StakeStatus,
        /// The validator's vote account.
        pub vote_account_address: Address,
    }
}

const _: () = assert!(VALIDATOR_STAKE_INFO_LENGTH == 73 && align_of::<ValidatorStakeInfo>() == 1);

impl ValidatorStakeInfo {
    /// The status.
    ///
    /// # Errors
    /// `InvalidAccountData` if the byte is not a status.
    #[inline]
    pub fn stake_status(&self) -> Result<StakeStatus, ProgramError> {
        StakeStatus::from_u8(self.status).ok_or(ProgramError::InvalidAccountData)
    }

    /// Whether the validator is in the pool and is not being removed.
    #[inline(always)]
    pub const fn is_active(&self) -> bool {
        self.status == StakeStatus::Active as u8
    }

    /// Whether the entry has no stake and can be removed.
    #[inline]
    pub const fn is_removed(&self) -> bool {
        self.status == StakeStatus::ReadyForRemoval as u8
            && self.active_stake_lamports.get() == 0
            && self.transient_stake_lamports.get() == 0
    }

    /// Seed of the transient stake account that a rebalance uses: the seed of present transient stake, or else the next seed.
    #[inline]
    pub const fn rebalance_seed(&self) -> u64 {
        let seed = self.transient_seed_suffix.get();
        if self.transient_stake_lamports.get() > 0 { seed } else { seed.wrapping_add(1) }
    }

    /// Lamports in both stake accounts.
    ///
    /// # Errors
    /// [`StakePoolError::CalculationFailure`] if the sum exceeds 64 bits.
    #[inline]
    pub fn stake_lamports(&self) -> Result<u64, StakePoolError> {
        self.active_stake_lamports
            .get()
            .checked_add(self.transient_stake_lamports.get())
            .ok_or(StakePoolError::CalculationFailure)
    }
}

impl ValidatorRow for ValidatorStakeInfo {
    #[inline(always)]
    fn active_lamports(&self) -> u64 {
        self.active_stake_lamports.get()
    }

    #[inline(always)]
    fn transient_lamports(&self) -> u64 {
        self.transient_stake_lamports.get()
    }

    #[inline(always)]
    fn is_active(&self) -> bool {
        self.is_active()
    }

    #[inline(always)]
    fn is_deactivating(&self) -> bool {
        self.extension.is_deactivating()
    }

    #[inline(always)]
    fn weight_or_mark(&self) -> u16 {
        self.extension.weight_or_mark()
    }
}

/// Maximum number of records in a list account of `data_length` bytes.
pub const fn max_validators_for(data_length: usize) -> usize {
    data_length.saturating_sub(VALIDATOR_LIST_HEADER_LENGTH) / VALIDATOR_STAKE_INFO_LENGTH
}

/// Length in bytes of a list account for `max_validators` records.
pub const fn validator_list_length(max_validators: u32) -> usize {
    (max_validators as usize).saturating_mul(VALIDATOR_STAKE_INFO_LENGTH).saturating_add(VALIDATOR_LIST_HEADER_LENGTH)
}

/// The header of an initialized list. It is checked before the records, because the account may be of another type.
pub(super) fn initialized_header(data: &[u8]) -> Result<&ValidatorListHeader, ProgramError> {
    let header = data.get(..VALIDATOR_LIST_HEADER_LENGTH).ok_or(ProgramError::BorshIoError)?;
    let header: &ValidatorListHeader = bytemuck::from_bytes(header);
    check_type(header)?;
    // guard: list-type
    if header.account_type != AccountType::ValidatorList as u8 {
        return Err(StakePoolError::InvalidState.into());
    }
    Ok(header)
}

pub(super) fn check_type(header: &ValidatorListHeader) -> Result<(), ProgramError> {
    if header.account_type > AccountType::ValidatorList as u8 { Err(ProgramError::BorshIoError) } else { Ok(()) }
}

/// Number of records in use, checked against the `room` in bytes for records.
pub(super) fn checked_length(header: &ValidatorListHeader, room: usize) -> Result<usize, ProgramError> {
    let length = header.length.get() as usize;
    // guard: list-length
    if length > room / VALIDATOR_STAKE_INFO_LENGTH {
        return Err(ProgramError::AccountDataTooSmall);
    }
    Ok(length)
}

/// The header and the records in use of an initialized list account's data.
///
/// # Errors
/// `BorshIoError` if the data is too short for a header or its account type is unknown; [`StakePoolError::InvalidState`] if it is not
/// an initialized list; `AccountDataTooSmall` if the header's number of records exceeds the data.
pub fn split_validator_list(data: &[u8]) -> Result<(&ValidatorListHeader, &[ValidatorStakeInfo]), ProgramError> {
    let header = initialized_header(data)?;
    let records = &data[VALIDATOR_LIST_HEADER_LENGTH..];
    let length = checked_length(header, records.len())?;
    // The check bounds the product by the slice's length.
    let records = &records[..length.saturating_mul(VALIDATOR_STAKE_INFO_LENGTH)];
    Ok((header, bytemuck::cast_slice(records)))
}

/// Records per unrolled iteration of a search, to save compute units.
const COMPARED_IN_A_ROW: usize = 16;

/// Index of the record of the validator `vote`.
pub fn find_record(records: &[ValidatorStakeInfo], vote: &Address) -> Option<usize> {
    // Eight bytes identify almost every address; the other bytes are compared only after a match.
    let start = address_start(vote);
    find_in_rows(
        records,
        |record| address_start(&record.vote_account_address) == start,
        |record| record.vote_account_address == *vote,
    )
}

/// Index of the first record for which `is_it` returns true. `may_be_it` is a cheaper necessary condition.
#[inline(always)]
pub(super) fn find_in_rows(
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
