//! `UpdateValidatorListBalance`: reads what the pool's stake accounts hold, and merges what can be merged.

use {
    crate::{
        cpi::{PoolAuthority, StakeSysvars},
        validation::{
            Pool, Rent, SysvarAt, borrow_stake, check_owner, check_stake_program, check_transient_stake,
            check_validator_stake, clock_epoch, epoch_rewards_active, missing_account,
        },
    },
    pinocchio::{AccountView, Address, ProgramResult, error::ProgramError},
    tidepool_interface::{
        StakePoolError::{EpochRewardDistributionInProgress, InvalidState, UnexpectedValidatorListAccountSize},
        external::stake::{Delegation, StakeMeta, StakeState},
        instruction::UpdateValidatorListBalanceAccounts,
        state::{PodLockup, StakeStatus, ValidatorListMut, ValidatorStakeInfo},
    },
};

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
    pool.check_reserve(&accounts.reserve_stake)?;
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

    let update = Update {
        authority: &authority,
        lockup: &pool.state.head.lockup,
        reserve: &accounts.reserve_stake,
        sysvars: StakeSysvars { clock: &accounts.clock, history: &accounts.stake_history },
        rent: &rent,
        epoch,
        no_merge,
    };
    for (record, [validator_stake, transient_stake]) in records.iter_mut().zip(pairs) {
        // An account that is not the record's leaves it as it is, and stale.
        if has_addresses(&pool, record, validator_stake, transient_stake) {
            update.record(record, validator_stake, transient_stake)?;
        }
    }
    Ok(())
}

fn has_addresses(
    pool: &Pool,
    record: &ValidatorStakeInfo,
    validator_stake: &AccountView,
    transient_stake: &AccountView,
) -> bool {
    let (program_id, address, vote) = (pool.program_id, pool.address(), &record.vote_account_address);
    check_validator_stake(program_id, address, validator_stake, vote, record.validator_seed_suffix.get()).is_ok()
        && check_transient_stake(program_id, address, transient_stake, vote, record.transient_seed_suffix.get()).is_ok()
}

/// What the update of each record needs.
struct Update<'a> {
    authority: &'a PoolAuthority<'a>,
    lockup: &'a PodLockup,
    reserve: &'a AccountView,
    sysvars: StakeSysvars<'a>,
    rent: &'a Rent,
    epoch: u64,
    no_merge: bool,
}

/// What is to be done with a stake account, decided from its bytes before any of them changes.
enum Stake {
    /// Not a stake account that the pool commands.
    Foreign,
    /// Owned by the pool, not delegated.
    Initialized,
    /// Owned by the pool and delegated, now or once.
    Delegated(Delegation),
}

impl Update<'_> {
    fn record(
        &self,
        record: &mut ValidatorStakeInfo,
        validator_stake: &AccountView,
        transient_stake: &AccountView,
    ) -> ProgramResult {
        // Stake that somebody puts at a transient address is none of the pool's unless the record expects some.
        let transient_lamports = if record.transient_stake_lamports.get() != 0 {
            self.transient(record, validator_stake, transient_stake)?
        } else {
            0
        };
        let active_lamports = self.validator(record, validator_stake, transient_lamports)?;
        record.last_update_epoch.set(self.epoch);
        record.active_stake_lamports.set(active_lamports);
        record.transient_stake_lamports.set(transient_lamports);
        Ok(())
    }

    /// Handles the transient account and returns the lamports that stay in it.
    fn transient(
        &self,
        record: &mut ValidatorStakeInfo,
        validator_stake: &AccountView,
        transient_stake: &AccountView,
    ) -> Result<u64, ProgramError> {
        let delegation = match self.read(transient_stake)? {
            Stake::Foreign => return Ok(0),
            _ if self.no_merge => return Ok(transient_stake.lamports()),
            Stake::Initialized => return self.transient_to_reserve(record, transient_stake),
            Stake::Delegated(delegation) => delegation,
        };
        if delegation.is_inactive(self.epoch) {
            return self.transient_to_reserve(record, transient_stake);
        }
        if record.stake_status() == Ok(StakeStatus::Active) {
            if delegation.activation_epoch.get() < self.epoch && self.is_delegated_before(validator_stake)? {
                self.authority.merge(transient_stake, validator_stake, self.sysvars)?;
            }
        } else if delegation.is_delegated() {
            // It began to move before the validator was removed.
            self.authority.deactivate(transient_stake, self.sysvars.clock)?;
        }
        Ok(transient_stake.lamports())
    }

    fn transient_to_reserve(
        &self,
        record: &mut ValidatorStakeInfo,
        transient_stake: &AccountView,
    ) -> Result<u64, ProgramError> {
        self.authority.merge(transient_stake, self.reserve, self.sysvars)?;
        record.status = record.stake_status()?.without_transient_stake() as u8;
        Ok(0)
    }

    /// Handles the validator account and returns the lamports that stay in it.
    fn validator(
        &self,
        record: &mut ValidatorStakeInfo,
        stake: &AccountView,
        transient_lamports: u64,
    ) -> Result<u64, ProgramError> {
        let delegation = match self.read(stake)? {
            Stake::Foreign => return Ok(0),
            Stake::Initialized => {
                // A cluster restart took the validator's stake away; what it held is the holders'.
                self.authority.merge(stake, self.reserve, self.sysvars)?;
                let status = if transient_lamports != 0 {
                    StakeStatus::DeactivatingTransient
                } else {
                    StakeStatus::ReadyForRemoval
                };
                record.status = status as u8;
                return Ok(0);
            }
            Stake::Delegated(delegation) => delegation,
        };
        self.sweep(stake, &delegation)?;
        match record.stake_status()? {
            StakeStatus::Active => Ok(stake.lamports()),
            StakeStatus::DeactivatingValidator | StakeStatus::DeactivatingAll => {
                if self.no_merge || !delegation.is_inactive(self.epoch) {
                    return Ok(stake.lamports());
                }
                self.authority.merge(stake, self.reserve, self.sysvars)?;
                record.status = record.stake_status()?.without_validator_stake() as u8;
                Ok(0)
            }
            StakeStatus::DeactivatingTransient | StakeStatus::ReadyForRemoval => Ok(0),
        }
    }

    /// Brings lamports that earn nothing (tips, donations, the rent of merged accounts) to the reserve.
    fn sweep(&self, stake: &AccountView, delegation: &Delegation) -> ProgramResult {
        let idle = stake.lamports().saturating_sub(delegation.stake.get()).saturating_sub(self.rent.of(stake));
        if idle > 0 {
            self.authority.withdraw(stake, self.reserve, idle, self.sysvars)?;
        }
        Ok(())
    }

    fn read(&self, account: &AccountView) -> Result<Stake, ProgramError> {
        let is_ours = |meta: &StakeMeta| meta.is_usable_by_pool(self.authority.account.address(), self.lockup);
        Ok(match StakeState::decode(&borrow_stake(account)) {
            Ok(StakeState::Initialized(meta)) if is_ours(meta) => Stake::Initialized,
            Ok(StakeState::Stake(meta, delegation)) if is_ours(meta) => Stake::Delegated(*delegation),
            _ => Stake::Foreign,
        })
    }

    /// Whether the account is delegated since an epoch before this one.
    fn is_delegated_before(&self, account: &AccountView) -> Result<bool, ProgramError> {
        let data = borrow_stake(account);
        Ok(StakeState::decode_delegated(&data)
            .is_ok_and(|(_, delegation)| delegation.activation_epoch.get() < self.epoch))
    }
}
