//! Changes that have to be announced before they can be made.

use {
    super::{Pool, current_time},
    crate::event::emit,
    pinocchio::error::ProgramError,
    solana_program_log::logger::log_message,
    tidepool_core::maths::Fee,
    tidepool_interface::{
        ExtensionError::NoticeNotOver,
        event::{AnnouncementEvent, AnnouncementStep},
        state::{ANNOUNCED_VALUE_LENGTH, Announcement, AnnouncementKind, PodFee},
    },
};

/// The arguments of a change, as an announcement stores them.
pub type AnnouncedValue = [u8; ANNOUNCED_VALUE_LENGTH];

/// The value of an announcement: `parts` one after the other, then zeros.
pub fn announced_value<const N: usize>(parts: [&[u8]; N]) -> AnnouncedValue {
    let mut value = [0; ANNOUNCED_VALUE_LENGTH];
    let bytes = parts.into_iter().flatten();
    value.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    value
}

/// The announced value of a fee.
pub fn announced_fee(fee: &Fee) -> AnnouncedValue {
    announced_value([bytemuck::bytes_of(&PodFee::from(*fee))])
}

impl Pool<'_> {
    /// Whether a change can be made now: always in a pool without a notice. Otherwise the first call announces the change, and only a
    /// call with the same value after the notice can make it. Another value takes the place of the announced one, with a new notice.
    ///
    /// All other checks of the instruction come before this one, in both calls.
    ///
    /// # Errors
    /// [`NoticeNotOver`] for the announced value before its time; `UnsupportedSysvar` if the runtime has no clock.
    #[inline(always)]
    pub fn may_change(
        &mut self,
        kind: AnnouncementKind,
        value: impl FnOnce() -> AnnouncedValue,
    ) -> Result<bool, ProgramError> {
        // guard: notice
        let has_notice = self.extension_if_any().is_some_and(|extension| extension.limits.has_notice());
        if has_notice { self.announce_or_change(kind, value()) } else { Ok(true) }
    }

    #[inline(never)]
    fn announce_or_change(&mut self, kind: AnnouncementKind, value: AnnouncedValue) -> Result<bool, ProgramError> {
        let address = *self.address();
        let Some(extension) = self.extension_mut() else { return Ok(true) };
        let (epoch, timestamp) = current_time()?;
        let limits = extension.limits;
        let announcement = extension.announcements.get_mut(kind);
        let is_announced = announcement.is_pending() && announcement.value == value;
        // guard: notice-over
        if is_announced && !announcement.is_due(epoch, timestamp) {
            return Err(NoticeNotOver.into());
        }
        let step = if is_announced { AnnouncementStep::Made } else { AnnouncementStep::Announced };
        let changed = if is_announced { *announcement } else { Announcement::new(&limits, epoch, timestamp, value) };
        // guard: announcement-used-once
        *announcement = if is_announced { Announcement::NONE } else { changed };
        emit(AnnouncementEvent {
            pool: address,
            epoch: epoch.into(),
            kind: kind as u8,
            step: step as u8,
            reserved: [0; 6],
            announcement: changed,
        });
        if !is_announced {
            log_message(b"Announced, not made: repeat the call when the notice is over");
        }
        Ok(is_announced)
    }
}
