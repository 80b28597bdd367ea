//! `SetRebalancePolicy`.

use {
    crate::{
        event::emit,
        validation::{Pool, announced_value, current_epoch},
    },
    bytemuck::bytes_of,
    pinocchio::{AccountView, Address, ProgramResult},
    tidepool_interface::{
        ExtensionError::NotExtended,
        event::PolicyEvent,
        instruction::SetRebalancePolicyAccounts,
        state::{AnnouncementKind, PoolExtension, RebalancePolicy},
    },
};

#[inline(never)]
pub fn process(program_id: &Address, accounts: &[AccountView], policy: &RebalancePolicy) -> ProgramResult {
    let mut accounts = SetRebalancePolicyAccounts::load(&mut accounts.iter().copied())?;
    let mut pool = Pool::load(program_id, &accounts.pool)?;
    let old = pool.extension_policy()?;
    pool.check_manager(&accounts.manager)?; // guard: policy-manager
    policy.check()?;
    // Whichever way it changes: a lower cap or a higher reserve share moves stake into the reserve, where it earns nothing.
    if *policy != old && !pool.may_change(AnnouncementKind::RebalancePolicy, || announced_value([bytes_of(policy)]))? {
        return Ok(());
    }
    let mut data = accounts.pool.try_borrow_mut()?;
    PoolExtension::find_mut(&mut data).ok_or(NotExtended)?.policy = *policy;
    emit(PolicyEvent { pool: *pool.address(), epoch: current_epoch()?.into(), old, new: *policy });
    Ok(())
}
