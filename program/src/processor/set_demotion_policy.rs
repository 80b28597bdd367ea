//! `SetDemotionPolicy`.

use {
    crate::{
        event::emit,
        validation::{Pool, announced_value, current_epoch},
    },
    bytemuck::bytes_of,
    pinocchio::{AccountView, Address, ProgramResult},
    tidepool_interface::{
        ExtensionError::NotExtended,
        event::DemotionPolicyEvent,
        instruction::SetDemotionPolicyAccounts,
        state::{AnnouncementKind, DemotionPolicy},
    },
};

#[inline(never)]
pub fn process(program_id: &Address, accounts: &[AccountView], policy: &DemotionPolicy) -> ProgramResult {
    let accounts = SetDemotionPolicyAccounts::of(accounts)?;
    let mut pool = Pool::load(program_id, accounts.pool)?;
    let old = pool.extension()?.demotion;
    pool.check_manager(accounts.manager)?; // guard: demotion-policy-manager
    policy.check()?;
    // A stricter policy could take all stake down, a looser one keep it with a bad validator: both are announced.
    if *policy != old && !pool.may_change(AnnouncementKind::DemotionPolicy, || announced_value([bytes_of(policy)]))? {
        return Ok(());
    }
    pool.extension_mut().ok_or(NotExtended)?.demotion = *policy;
    emit(DemotionPolicyEvent { pool: *pool.address(), epoch: current_epoch()?.into(), old, new: *policy });
    Ok(())
}
