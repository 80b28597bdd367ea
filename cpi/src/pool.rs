//! The pool account, read in place.

use {
    solana_program_error::ProgramError,
    tidepool_core::maths::{ExchangeRate, PoolTokens},
    tidepool_interface::{
        Address, ExtensionError,
        StakePoolError::{self, CalculationFailure, StakeListAndPoolOutOfDate},
        state::{AccountType, Announcement, AnnouncementKind, PoolExtension, PoolHead, PoolLayout, PoolView},
    },
};

/// A pool account in place. Nothing is copied.
pub struct PoolReader<'a> {
    data: &'a [u8],
    layout: PoolLayout,
    extension: Option<&'a PoolExtension>,
}

impl<'a> PoolReader<'a> {
    /// Reads the data of the account that `owner` owns. `program_id` is the program whose pools you accept.
    ///
    /// # Errors
    /// `IncorrectProgramId` for an account of another program; `BorshIoError` if it does not decode; [`StakePoolError::InvalidState`] if it
    /// is not an initialized pool.
    #[inline]
    pub fn of(program_id: &Address, owner: &Address, data: &'a [u8]) -> Result<Self, ProgramError> {
        if owner != program_id {
            return Err(ProgramError::IncorrectProgramId);
        }
        let layout = PoolLayout::of(data)?;
        // Validator lists and tickets belong to the program, too.
        if data[0] != AccountType::StakePool as u8 {
            return Err(StakePoolError::InvalidState.into());
        }
        Ok(Self { data, layout, extension: PoolExtension::find(data) })
    }

    /// All fields: fees, authorities, addresses.
    #[inline]
    pub fn view(&self) -> PoolView<'_> {
        PoolView::new(self.data, &self.layout)
    }

    /// The fields at fixed offsets.
    #[inline]
    pub fn head(&self) -> &PoolHead {
        self.view().head()
    }

    /// Tidepool's extension, if the pool has it.
    #[inline]
    pub const fn extension(&self) -> Option<&'a PoolExtension> {
        self.extension
    }

    /// The exchange rate as of the last update.
    #[inline]
    pub fn rate(&self) -> ExchangeRate {
        self.head().exchange_rate()
    }

    /// The exchange rate before the last update into a new epoch.
    #[inline]
    pub fn rate_before_epoch(&self) -> ExchangeRate {
        self.view().rate_before_epoch()
    }

    /// The value of `pool_tokens` in lamports, rounded down, without the fee of a withdrawal.
    ///
    /// # Errors
    /// [`CalculationFailure`] if it exceeds 64 bits.
    #[inline]
    pub fn value(&self, pool_tokens: u64) -> Result<u64, ProgramError> {
        let lamports = self.rate().lamports_for_withdrawal(PoolTokens::new(pool_tokens));
        Ok(lamports.ok_or(CalculationFailure)?.get())
    }

    /// Epochs since the last update: 0 for a pool that is up to date.
    #[inline]
    pub fn epochs_behind(&self, epoch: u64) -> u64 {
        epoch.saturating_sub(self.head().last_update_epoch.get())
    }

    /// Checks that the pool was updated in `epoch`, the current epoch. Its program rejects deposits and withdrawals otherwise.
    ///
    /// # Errors
    /// [`StakeListAndPoolOutOfDate`].
    #[inline]
    pub fn check_fresh(&self, epoch: u64) -> Result<(), ProgramError> {
        if self.head().is_stale(epoch) { Err(StakeListAndPoolOutOfDate.into()) } else { Ok(()) }
    }

    /// The first epoch in which deposits and SOL withdrawals go on, if the rate guard has halted them in `epoch`.
    #[inline]
    pub fn halted_until(&self, epoch: u64) -> Option<u64> {
        let extension = self.extension.filter(|extension| extension.is_halted(epoch));
        extension.map(|extension| extension.halted_until_epoch.get())
    }

    /// Checks that the rate guard has not halted deposits and SOL withdrawals in `epoch`.
    ///
    /// # Errors
    /// [`ExtensionError::RateGuardHalt`].
    #[inline]
    pub fn check_not_halted(&self, epoch: u64) -> Result<(), ProgramError> {
        if self.halted_until(epoch).is_some() { Err(ExtensionError::RateGuardHalt.into()) } else { Ok(()) }
    }

    /// Checks that the rate has risen by at most `up` basis points, and fallen by at most `down`, since before the last update into a new epoch. 0
    /// is no bound.
    /// The figures are in every pool; a rate guard of the pool's own compares the same.
    ///
    /// # Errors
    /// [`ExtensionError::RateGuardHalt`].
    #[inline]
    pub fn check_moved(&self, up: u16, down: u16) -> Result<(), ProgramError> {
        let has_moved = self.rate().moved_beyond(&self.rate_before_epoch(), up, down);
        if has_moved { Err(ExtensionError::RateGuardHalt.into()) } else { Ok(()) }
    }

    /// Changes that the manager has announced, by kind. A pool without the extension announces nothing: its manager changes everything at
    /// once.
    pub fn announcements(&self) -> impl Iterator<Item = (AnnouncementKind, &'a Announcement)> {
        self.extension.into_iter().flat_map(|extension| extension.announcements.pending())
    }
}
