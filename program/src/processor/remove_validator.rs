//! `RemoveValidatorFromPool`: deactivates all of a validator's stake. Later updates merge it into the reserve.

use {
    crate::{
        cpi::PoolAuthority,
        event::Funds,
        processor::turnover::check_turnover,
        validation::{
            Pool, Rent, SysvarAt, borrow_stake, check_owner, check_stake_program, check_transient_stake,
            check_validator_stake, clock_epoch, missing_account,
        },
    },
    pinocchio::{AccountView, Address, ProgramResult, error::ProgramError},
    tidepool_core::rebalance::removal_turnover,
    tidepool_interface::{
        STAKE_ACCOUNT_SPACE,
        StakePoolError::ValidatorNotFound,
        external::stake::StakeState,
        instruction::{RemoveValidatorFromPoolAccounts, tag},
        state::{PodLockup, StakeStatus, ValidatorListMut, find_record},
    },
};

#[inline(never)]
pub fn process(program_id: &Address, accounts: &[AccountView]) -> ProgramResult {
    let mut accounts = RemoveValidatorFromPoolAccounts::of(accounts)
        .map_err(|error| missing_account(error, accounts, &[SysvarAt::Clock(6)]))?
        .copied();
    let epoch = clock_epoch(&accounts.clock)?;
    check_stake_program(&accounts.stake_program)?;
    let mut pool = Pool::load(program_id, &accounts.pool)?;
    let authority = pool.check_withdraw_authority(&accounts.withdraw_authority)?;
    pool.check_staker(&accounts.staker)?;
    pool.check_fresh(epoch)?;
    pool.check_validator_list(&accounts.validator_list)?;
    check_owner(&accounts.validator_list, program_id)?;
    let mut list_data = accounts.validator_list.try_borrow_mut()?;
    let mut list = ValidatorListMut::decode(&mut list_data)?;

    let stake = &accounts.validator_stake;
    let (vote, is_delegated) = {
        let data = borrow_stake(stake);
        let (_, delegation) = StakeState::decode_delegated(&data)?;
        (delegation.voter, delegation.is_delegated())
    };
    let place = find_record(list.records(), &vote).ok_or(ValidatorNotFound)?;
    let record = &mut list.records()[place];
    check_validator_stake(&pool, stake, record)?;
    if !record.is_active() {
        return Err(ValidatorNotFound.into());
    }
    let transient = &accounts.transient_stake;
    let has_transient = record.transient_stake_lamports.get() > 0; // guard: removal-of-recorded-transient
    let mut is_transient_delegated = false;
    if has_transient {
        check_transient_stake(&pool, transient, record)?;
        is_transient_delegated = is_delegated_by_pool(transient, &authority, &pool.head().lockup)?;
    }
    if pool.is_extended() {
        let stake_rent = Rent::get()?.minimum_balance(STAKE_ACCOUNT_SPACE);
        let turnover = removal_turnover(record, [is_delegated, is_transient_delegated], stake_rent);
        check_turnover(&pool, list.records(), turnover, stake_rent)?; // guard: removal-turnover
    }
    let record = &mut list.records()[place];

    let mut funds = Funds::before(&pool, epoch, tag::REMOVE_VALIDATOR_FROM_POOL);
    funds.validator_before(record);
    let status = if has_transient { StakeStatus::DeactivatingAll } else { StakeStatus::DeactivatingValidator };
    if is_transient_delegated {
        authority.deactivate(transient, &accounts.clock)?;
    }
    // The stake of a delinquent validator may be deactivated already, because `DeactivateDelinquent` is permissionless.
    if is_delegated {
        authority.deactivate(stake, &accounts.clock)?;
    }
    record.status = status as u8;
    if pool.is_extended() {
        record.extension.set_weight(0);
        record.extension.set_deactivating(true);
    }
    funds.validator_after(record);
    pool.view_mut().unset_preferred(|preferred| *preferred == vote)?; // guard: removal-of-preference
    funds.emit(&pool);
    Ok(())
}

/// Whether the pool controls the stake and the stake is not deactivated.
fn is_delegated_by_pool(
    stake: &AccountView,
    authority: &PoolAuthority,
    lockup: &PodLockup,
) -> Result<bool, ProgramError> {
    let data = borrow_stake(stake);
    Ok(match StakeState::decode(&data) {
        Ok(StakeState::Stake(meta, delegation)) => {
            meta.is_usable_by_pool(authority.account.address(), lockup) && delegation.is_delegated()
        }
        _ => false,
    })
}
