//! `SetRebalancePolicy`.

use {
    crate::{
        event::emit,
        validation::{Pool, current_epoch},
    },
    pinocchio::{AccountView, Address, ProgramResult},
    tidepool_interface::{
        ExtensionError::NotExtended,
        event::PolicyEvent,
        instruction::SetRebalancePolicyAccounts,
        state::{PoolExtension, RebalancePolicy},
    },
};

#[inline(never)]
pub fn process(program_id: &Address, accounts: &[AccountView], policy: &RebalancePolicy) -> ProgramResult {
    let mut accounts = SetRebalancePolicyAccounts::load(&mut accounts.iter().copied())?;
    let pool = Pool::load(program_id, &accounts.pool)?;
    let old = pool.extension_policy()?;
    pool.check_manager(&accounts.manager)?; // guard: policy-manager
    policy.check()?;
    let mut data = accounts.pool.try_borrow_mut()?;
    PoolExtension::find_mut(&mut data).ok_or(NotExtended)?.policy = *policy;
    emit(PolicyEvent { pool: *pool.address(), epoch: current_epoch()?.into(), old, new: *policy });
    Ok(())
}
