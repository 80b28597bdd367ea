//! `UpdateValidators`: takes one account for a validator without transient stake; a validator that cannot be updated is skipped.

use {
    super::update::Update,
    crate::{
        cpi::StakeSysvars,
        event::Funds,
        validation::{
            Pool, Rent, StakeAddresses, check_owner, check_stake_history, check_stake_program, clock_epoch,
            epoch_rewards_active,
        },
    },
    pinocchio::{AccountView, Address, ProgramResult, error::ProgramError},
    tidepool_interface::{
        STAKE_ACCOUNT_SPACE,
        StakePoolError::EpochRewardDistributionInProgress,
        external::{stake::StakeMeta, stake_history::StakeHistory},
        instruction::{UpdateValidatorsAccounts, tag},
        state::{ValidatorListMut, ValidatorStakeInfo},
        update::Merging,
    },
};

#[inline(never)]
pub fn process(program_id: &Address, accounts: &[AccountView], start_index: u32) -> ProgramResult {
    let mut remaining = accounts.iter();
    let mut accounts = UpdateValidatorsAccounts::load(&mut remaining.by_ref().copied())?;
    let stakes = remaining.as_slice();
    let epoch = clock_epoch(&accounts.clock)?;
    let rent = Rent::get()?;
    let pool = Pool::load(program_id, &accounts.pool)?;
    pool.extension_policy()?;
    pool.check_validator_list(&accounts.validator_list)?; // guard: compact-list
    let authority = pool.check_withdraw_authority(&accounts.withdraw_authority)?;
    pool.check_reserve(&accounts.reserve_stake)?;
    check_stake_history(&accounts.stake_history)?; // guard: compact-history
    check_stake_program(&accounts.stake_program)?;
    if epoch_rewards_active()? {
        return Err(EpochRewardDistributionInProgress.into());
    }
    check_owner(&accounts.validator_list, program_id)?;
    let mut list_data = accounts.validator_list.try_borrow_mut()?;
    let mut list = ValidatorListMut::decode(&mut list_data)?;
    let records = list.records().get_mut(start_index as usize..).ok_or(ProgramError::AccountDataTooSmall)?;

    let mut funds = Funds::before(&pool, epoch, tag::UPDATE_VALIDATORS).reserve_before(&accounts.reserve_stake);
    let history_data = accounts.stake_history.try_borrow()?;
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
        merging: Merging::Isolated(&StakeHistory::decode(&history_data)?),
    };
    let mut stakes = Stakes { remaining: stakes, addresses: StakeAddresses::new(&pool) };
    for record in records {
        if stakes.remaining.is_empty() {
            break;
        }
        let Some((validator_stake, transient_stake)) = stakes.take(record) else { continue };
        // guard: read-only-counts
        if validator_stake.is_writable() && transient_stake.is_none_or(AccountView::is_writable) {
            update.record(record, validator_stake, transient_stake, &mut funds)?;
        } else {
            update.count(record, validator_stake, transient_stake, &mut funds)?;
        }
    }
    funds.reserve_after(&accounts.reserve_stake);
    funds.emit(&pool);
    Ok(())
}

/// Maximum stake accounts of a record.
const ACCOUNTS_OF_RECORD: usize = 2;

/// The remaining stake accounts of the instruction.
struct Stakes<'a> {
    remaining: &'a [AccountView],
    addresses: StakeAddresses<'a>,
}

impl<'a> Stakes<'a> {
    /// Takes the accounts of `record`, if they come next: a validator stake account, and a transient stake account if the record has
    /// transient stake.
    ///
    /// Up to two other accounts may come before. Another transaction may have merged the transient stake of the record before, or
    /// removed a record with two accounts, after this transaction was signed.
    fn take(&mut self, record: &mut ValidatorStakeInfo) -> Option<(&'a AccountView, Option<&'a AccountView>)> {
        let mut remaining = self.remaining;
        let mut may_skip = ACCOUNTS_OF_RECORD;
        let (validator_stake, rest) = loop {
            let (account, rest) = remaining.split_first()?;
            // guard: compact-validator-address
            if self.addresses.check_validator_stake(account, record).is_ok() {
                break (account, rest);
            }
            may_skip = may_skip.checked_sub(1)?;
            remaining = rest;
        };
        self.remaining = rest;
        // guard: accounts-of-record
        if record.transient_stake_lamports.get() == 0 {
            return Some((validator_stake, None));
        }
        let (transient_stake, rest) = self.remaining.split_first()?;
        self.addresses.check_transient_stake(transient_stake, record).ok()?; // guard: compact-transient-address
        self.remaining = rest;
        Some((validator_stake, Some(transient_stake)))
    }
}
