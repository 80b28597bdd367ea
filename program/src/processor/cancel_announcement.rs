//! `CancelAnnouncement`.

use {
    crate::{
        event::emit,
        validation::{Pool, current_epoch},
    },
    pinocchio::{AccountView, Address, ProgramResult},
    tidepool_interface::{
        ExtensionError::{NoAnnouncement, NotExtended, WrongGuardian},
        StakePoolError::SignatureMissing,
        event::{AnnouncementEvent, AnnouncementStep},
        instruction::CancelAnnouncementAccounts,
        state::{Announcement, AnnouncementKind},
    },
};

#[inline(never)]
pub fn process(program_id: &Address, accounts: &[AccountView], kind: AnnouncementKind) -> ProgramResult {
    let accounts = CancelAnnouncementAccounts::of(accounts)?;
    let mut pool = Pool::load(program_id, accounts.pool)?;
    let authority = accounts.manager_or_guardian;
    let limits = &pool.extension()?.limits;
    // guard: cancel-authority
    if *authority.address() != pool.head().manager && limits.guardian() != Some(authority.address()) {
        return Err(WrongGuardian.into());
    }
    // guard: cancel-signature
    if !authority.is_signer() {
        return Err(SignatureMissing.into());
    }
    let place = pool.extension_mut().ok_or(NotExtended)?.announcements.get_mut(kind);
    if !place.is_pending() {
        return Err(NoAnnouncement.into());
    }
    let announcement = core::mem::replace(place, Announcement::NONE);
    emit(AnnouncementEvent {
        pool: *pool.address(),
        epoch: current_epoch()?.into(),
        kind: kind as u8,
        step: AnnouncementStep::Cancelled as u8,
        reserved: [0; 6],
        announcement,
    });
    Ok(())
}
