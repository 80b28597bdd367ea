//! `UpdateValidatorListBalance` and its compact form `UpdateValidators`: update the records to the present epoch.

mod compact;
mod count;
mod update;

pub use compact::process as compact;

use {
    crate::{
        cpi::StakeSysvars,
        event::Funds,
        validation::{
            Pool, Rent, StakeAddresses, SysvarAt, check_owner, check_stake_program, clock_epoch, epoch_rewards_active,
            missing_account,
        },
    },
    pinocchio::{AccountView, Address, ProgramResult, error::ProgramError},
    tidepool_interface::{
        STAKE_ACCOUNT_SPACE,
        StakePoolError::{EpochRewardDistributionInProgress, InvalidState, UnexpectedValidatorListAccountSize},
        external::stake::StakeMeta,
        instruction::{UpdateValidatorListBalanceAccounts, tag},
        state::ValidatorListMut,
        update::Merging,
    },
    update::Update,
};

/// `UpdateValidatorListBalance`.
#[inline(never)]
pub fn process(program_id: &Address, accounts: &[AccountView], start_index: u32, no_merge: bool) -> ProgramResult {
    let mut remaining = accounts.iter();
    let mut accounts = UpdateValidatorListBalanceAccounts::load(&mut remaining.by_ref().copied())
        .map_err(|error| missing_account(error, accounts, &[SysvarAt::Clock(4)]))?;
    let stakes = remaining.as_slice();
    let epoch = clock_epoch(&accounts.clock)?;
    let rent = Rent::get()?;
    let pool = Pool::load(program_id, &accounts.pool)?;
    pool.check_validator_list(&accounts.validator_list)?;
    let authority = pool.check_withdraw_authority(&accounts.withdraw_authority)?;
    pool.check_reserve(&accounts.reserve_stake)?; // guard: update-reserve
    check_stake_program(&accounts.stake_program)?;
    if epoch_rewards_active()? {
        return Err(EpochRewardDistributionInProgress.into());
    }
    let (pairs, odd) = stakes.as_chunks::<2>();
    if !odd.is_empty() {
        return Err(UnexpectedValidatorListAccountSize.into());
    }
    check_owner(&accounts.validator_list, program_id)?;
    let mut list_data = accounts.validator_list.try_borrow_mut()?;
    let mut list = ValidatorListMut::view(&mut list_data)?;
    let is_initialized = list.is_initialized();
    let start = start_index as usize;
    let records = list
        .records()
        .get_mut(start..)
        .and_then(|records| records.get_mut(..pairs.len()))
        .ok_or(ProgramError::AccountDataTooSmall)?;
    if !is_initialized {
        return Err(InvalidState.into());
    }

    let mut funds =
        Funds::before(&pool, epoch, tag::UPDATE_VALIDATOR_LIST_BALANCE).reserve_before(&accounts.reserve_stake);
    let meta = StakeMeta::of_pool(accounts.withdraw_authority.address(), &pool.head().lockup);
    let update = Update {
        pool: &pool,
        authority: &authority,
        reserve: &accounts.reserve_stake,
        sysvars: StakeSysvars { clock: &accounts.clock, history: &accounts.stake_history },
        rent: &rent,
        stake_rent: rent.minimum_balance(STAKE_ACCOUNT_SPACE),
        meta: &meta,
        epoch,
        merging: if no_merge { Merging::Nothing } else { Merging::Attempted },
    };
    let mut addresses = StakeAddresses::new(&pool);
    for (record, [validator_stake, transient_stake]) in records.iter_mut().zip(pairs) {
        // A record with wrong accounts stays unchanged and stale.
        // guard: update-addresses
        if addresses.check_validator_stake(validator_stake, record).is_ok()
            && addresses.check_transient_stake(transient_stake, record).is_ok()
        {
            let has_transient = record.transient_stake_lamports.get() != 0;
            // guard: update-of-recorded-transient
            update.record(record, validator_stake, has_transient.then_some(transient_stake), &mut funds)?;
        }
    }
    funds.reserve_after(&accounts.reserve_stake);
    funds.emit(&pool);
    Ok(())
}
