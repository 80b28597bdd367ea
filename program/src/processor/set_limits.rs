//! `SetLimits`.

use {
    crate::{
        event::emit,
        validation::{Pool, current_epoch},
    },
    pinocchio::{AccountView, Address, ProgramResult, error::ProgramError::InvalidAccountData},
    tidepool_core::maths::{Fee, FutureEpoch},
    tidepool_interface::{
        ExtensionError::{FeeAboveCeiling, LimitLoosened, NotExtended, WrongGuardian},
        StakePoolError::{SignatureMissing, WrongManager},
        event::LimitsEvent,
        instruction::SetLimitsAccounts,
        state::{FeeCeilings, Limits, POOL_HEAD_LENGTH, PoolTerms},
    },
};

#[inline(never)]
pub fn process(program_id: &Address, accounts: &[AccountView], new: &Limits) -> ProgramResult {
    let accounts = SetLimitsAccounts::of(accounts)?;
    let mut pool = Pool::load(program_id, accounts.pool)?;
    let old = pool.extension()?.limits;
    check_authority(&pool, accounts.manager_or_guardian, &old, new)?;
    new.check()?;
    old.check_tightened(new)?; // guard: limits-tighten
    check_fees(&pool, accounts.pool, &new.ceilings)?;
    pool.extension_mut().ok_or(NotExtended)?.limits = *new;
    emit(LimitsEvent { pool: *pool.address(), epoch: current_epoch()?.into(), old, new: *new });
    Ok(())
}

/// The manager sets limits, and the guardian where there is none. The guardian hands over itself, and nothing else.
fn check_authority(pool: &Pool, authority: &AccountView, old: &Limits, new: &Limits) -> ProgramResult {
    let is_guardian = old.guardian() == Some(authority.address());
    if *authority.address() == pool.head().manager {
        pool.check_manager(authority)?; // guard: limits-manager
        // guard: guardian-stays
        let may_set_guardian = old.guardian().is_none() || is_guardian || new.guardian == old.guardian;
        return if may_set_guardian { Ok(()) } else { Err(WrongGuardian.into()) };
    }
    // guard: guardian-of-limits
    if !is_guardian {
        return Err(WrongManager.into());
    }
    // guard: guardian-signs
    if !authority.is_signer() {
        return Err(SignatureMissing.into());
    }
    // guard: guardian-sets-no-limit
    if (Limits { guardian: new.guardian, ..*old }) == *new { Ok(()) } else { Err(LimitLoosened.into()) }
}

/// Checks that no fee in force or pending is above its ceiling.
fn check_fees(pool: &Pool, account: &AccountView, ceilings: &FeeCeilings) -> ProgramResult {
    let terms = account.try_borrow()?.get(POOL_HEAD_LENGTH..).map(PoolTerms::decode).ok_or(InvalidAccountData)??;
    let pending = |fee: FutureEpoch<Fee>| fee.pending().map_or(Fee::default(), |(fee, _)| fee);
    let fees = [
        (ceilings.epoch, pool.head().epoch_fee.get()),
        (ceilings.epoch, pending(terms.next_epoch_fee)),
        (ceilings.sol_deposit, terms.sol_deposit_fee),
        (ceilings.stake_deposit, terms.stake_deposit_fee),
        (ceilings.sol_withdrawal, terms.sol_withdrawal_fee),
        (ceilings.sol_withdrawal, pending(terms.next_sol_withdrawal_fee)),
        (ceilings.stake_withdrawal, terms.stake_withdrawal_fee),
        (ceilings.stake_withdrawal, pending(terms.next_stake_withdrawal_fee)),
    ];
    let all_hold = fees.iter().all(|(ceiling, fee)| ceiling.holds_for(fee)); // guard: ceiling-above-fees
    if all_hold { Ok(()) } else { Err(FeeAboveCeiling.into()) }
}
