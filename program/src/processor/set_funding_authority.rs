//! `SetFundingAuthority`.

use {
    crate::{
        event::emit_authority,
        hash::PdaHasher,
        validation::{Pool, announced_value},
    },
    pinocchio::{AccountView, Address, ProgramResult, error::ProgramError},
    tidepool_interface::{
        address::DEPOSIT_AUTHORITY_SEED,
        event::Authority,
        instruction::{FundingType, SetFundingAuthorityAccounts},
        state::AnnouncementKind,
    },
};

#[inline(never)]
pub fn process(program_id: &Address, accounts: &[AccountView], funding_type: FundingType) -> ProgramResult {
    let accounts = SetFundingAuthorityAccounts::of(accounts)?;
    let mut pool = Pool::load(program_id, accounts.pool)?;
    pool.check_manager(accounts.manager)?;
    let new = accounts.new_authority.map(AccountView::address);
    if !may_set(&mut pool, funding_type, new)? {
        return Ok(());
    }
    match funding_type {
        FundingType::StakeDeposit => {
            let new = match new {
                Some(authority) => *authority,
                None => PdaHasher::new(program_id, pool.address(), DEPOSIT_AUTHORITY_SEED).find()?,
            };
            let old = core::mem::replace(&mut pool.view_mut().head_mut().stake_deposit_authority, new);
            emit_authority(&pool, Authority::StakeDeposit, &old, &new)
        }
        FundingType::SolDeposit => {
            if !pool.is_extended() {
                return pool.view_mut().set_sol_deposit_authority(new);
            }
            let old = pool.view().sol_deposit_authority().copied().unwrap_or_default();
            pool.view_mut().set_sol_deposit_authority(new)?;
            emit_authority(&pool, Authority::SolDeposit, &old, &new.copied().unwrap_or_default())
        }
        FundingType::SolWithdraw => {
            if !pool.is_extended() {
                return pool.view_mut().set_sol_withdraw_authority(new);
            }
            let old = pool.view().sol_withdraw_authority().copied().unwrap_or_default();
            pool.view_mut().set_sol_withdraw_authority(new)?;
            emit_authority(&pool, Authority::SolWithdraw, &old, &new.copied().unwrap_or_default())
        }
    }
}

/// Whether the authority can be set now. A pool can opt for deposits to be closed without notice.
#[inline(always)]
fn may_set(pool: &mut Pool, funding_type: FundingType, new: Option<&Address>) -> Result<bool, ProgramError> {
    if !pool.is_extended() {
        return Ok(true);
    }
    let kind = match funding_type {
        FundingType::StakeDeposit => AnnouncementKind::StakeDepositAuthority,
        FundingType::SolDeposit => AnnouncementKind::SolDepositAuthority,
        FundingType::SolWithdraw => AnnouncementKind::SolWithdrawAuthority,
    };
    let closes_deposits = new.is_some() && kind != AnnouncementKind::SolWithdrawAuthority;
    let at_once = pool.extension_if_any().is_some_and(|extension| extension.limits.closing_needs_no_notice == 1);
    // guard: closing-without-notice
    if closes_deposits && at_once {
        return Ok(true);
    }
    pool.may_change(kind, || announced_value([new.map_or(&[][..], Address::as_ref), &[u8::from(new.is_some())]]))
}
