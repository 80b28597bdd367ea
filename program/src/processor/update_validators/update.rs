//! The update of one record: reads what its stake accounts hold, and merges what can be merged.

use {
    crate::{
        cpi::{PoolAuthority, StakeSysvars},
        event::Funds,
        validation::{Pool, Rent, borrow_stake},
    },
    pinocchio::{AccountView, ProgramResult, error::ProgramError},
    tidepool_interface::{
        STAKE_ACCOUNT_SPACE,
        external::{
            stake::{Delegation, StakeMeta, StakeState},
            stake_history::StakeHistory,
        },
        state::{StakeStatus, ValidatorStakeInfo},
    },
};

/// Which stake to merge.
pub enum Merging<'a> {
    /// None: count only.
    Nothing,
    /// All whose epochs allow it. Where the stake program refuses, as it does with stake that is only partly warmed up or
    /// cooled down, the instruction fails: the contract's way.
    Attempted,
    /// What the stake program will merge; the rest is counted only.
    Isolated(&'a StakeHistory<'a>),
}

/// What the update of each record needs.
pub struct Update<'a> {
    pub pool: &'a Pool<'a>,
    pub authority: &'a PoolAuthority<'a>,
    pub reserve: &'a AccountView,
    pub sysvars: StakeSysvars<'a>,
    pub rent: &'a Rent,
    /// Rent-exempt lamports of an account of the usual length.
    pub stake_rent: u64,
    /// Of stake that the pool commands.
    pub meta: &'a StakeMeta,
    pub epoch: u64,
    pub merging: Merging<'a>,
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
    /// Updates a record from its accounts, whose addresses were checked. Stake that somebody puts at a transient address is
    /// none of the pool's unless the record expects some: there is then no such account.
    #[inline(always)]
    pub fn record(
        &self,
        record: &mut ValidatorStakeInfo,
        validator_stake: &AccountView,
        transient_stake: Option<&AccountView>,
        funds: &mut Funds,
    ) -> ProgramResult {
        funds.record_before(record);
        let transient_lamports = match transient_stake {
            Some(transient_stake) => self.transient(record, validator_stake, transient_stake)?,
            None => 0,
        };
        let active_lamports = if self.is_settled(record, validator_stake) {
            validator_stake.lamports()
        } else {
            self.validator(record, validator_stake, transient_lamports)?
        };
        record.last_update_epoch.set(self.epoch);
        record.active_stake_lamports.set(active_lamports);
        record.transient_stake_lamports.set(transient_lamports);
        funds.record_after(record);
        Ok(())
    }

    /// Handles the transient account and returns the lamports that stay in it.
    #[inline(never)]
    fn transient(
        &self,
        record: &mut ValidatorStakeInfo,
        validator_stake: &AccountView,
        transient_stake: &AccountView,
    ) -> Result<u64, ProgramError> {
        let delegation = match self.read(transient_stake)? {
            Stake::Foreign => return Ok(0),
            // Lamports that are not delegated must not bar other sources of withdrawals: a pool with the extension never keeps them.
            Stake::Initialized if self.counts_only() && !self.pool.is_extended() => {
                return Ok(transient_stake.lamports());
            }
            Stake::Initialized => return self.transient_to_reserve(record, transient_stake),
            Stake::Delegated(delegation) => delegation,
        };
        if self.pool.is_extended() {
            record.extension.set_leaving(!delegation.is_delegated());
        }
        if self.counts_only() {
            return self.left_in_transient(transient_stake, &delegation);
        }
        if delegation.is_inactive(self.epoch) {
            if !self.is_cooled_down(&delegation) {
                return self.left_in_transient(transient_stake, &delegation);
            }
            return self.transient_to_reserve(record, transient_stake);
        }
        if record.stake_status() == Ok(StakeStatus::Active) {
            if delegation.activation_epoch.get() < self.epoch
                && self.is_delegated_before(validator_stake)?
                && self.can_merge(&delegation, validator_stake)?
            {
                self.authority.merge(transient_stake, validator_stake, self.sysvars)?;
            } else if self.is_stranded(&delegation, validator_stake)? {
                self.authority.deactivate(transient_stake, self.sysvars.clock)?;
                record.extension.set_leaving(true);
            }
        } else if delegation.is_delegated() {
            // It began to move before the validator was removed.
            self.authority.deactivate(transient_stake, self.sysvars.clock)?;
            if self.pool.is_extended() {
                record.extension.set_leaving(true);
            }
        }
        self.left_in_transient(transient_stake, &delegation)
    }

    /// Lamports that stay in a transient account. In a pool with the extension these are its rent and what it delegates: others
    /// cannot be split off, and would bar the other sources of withdrawals.
    fn left_in_transient(&self, transient_stake: &AccountView, delegation: &Delegation) -> Result<u64, ProgramError> {
        if self.pool.is_extended() {
            self.sweep(transient_stake, delegation)?;
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

    /// Whether all that there is to do for the validator account is to count it, as with most.
    #[inline(always)]
    fn is_settled(&self, record: &ValidatorStakeInfo, stake: &AccountView) -> bool {
        if !record.is_active() {
            return false;
        }
        let data = borrow_stake(stake);
        let Ok(StakeState::Stake(meta, delegation)) = StakeState::decode(&data) else { return false };
        let not_delegated = stake.lamports().saturating_sub(delegation.stake.get());
        let rent = if data.len() == STAKE_ACCOUNT_SPACE { self.stake_rent } else { self.rent.of(stake) };
        not_delegated <= rent && is_alike(meta, self.meta)
    }

    /// Handles the validator account and returns the lamports that stay in it.
    #[inline(never)]
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
                let is_inactive = delegation.is_inactive(self.epoch) && self.is_cooled_down(&delegation);
                if self.counts_only() || !is_inactive {
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
        let is_ours = |meta: &StakeMeta| is_alike(meta, self.meta);
        Ok(match StakeState::decode(&borrow_stake(account)) {
            Ok(StakeState::Initialized(meta)) if is_ours(meta) => Stake::Initialized,
            Ok(StakeState::Stake(meta, delegation)) if is_ours(meta) => Stake::Delegated(*delegation),
            _ => Stake::Foreign,
        })
    }

    const fn counts_only(&self) -> bool {
        matches!(self.merging, Merging::Nothing)
    }

    /// Whether the stake program takes deactivated stake for inactive.
    fn is_cooled_down(&self, delegation: &Delegation) -> bool {
        match self.merging {
            Merging::Isolated(history) => history.is_cooled_down(delegation, self.epoch),
            Merging::Nothing | Merging::Attempted => true,
        }
    }

    /// Whether the stake program will merge transient stake into the validator's.
    fn can_merge(&self, transient: &Delegation, validator_stake: &AccountView) -> Result<bool, ProgramError> {
        let Merging::Isolated(history) = self.merging else { return Ok(true) };
        let Stake::Delegated(validator) = self.read(validator_stake)? else { return Ok(false) };
        Ok(transient.is_delegated()
            && validator.is_delegated()
            && transient.voter == validator.voter
            && history.is_warmed_up(transient, self.epoch)
            && history.is_warmed_up(&validator, self.epoch))
    }

    /// Whether stake is on its way to a validator whose own stake somebody has deactivated because it does not vote. The two
    /// will never be merged; the compact form sends it back to the reserve, where it would otherwise take the staker.
    fn is_stranded(&self, transient: &Delegation, validator_stake: &AccountView) -> Result<bool, ProgramError> {
        if !matches!(self.merging, Merging::Isolated(_)) || !transient.is_delegated() {
            return Ok(false);
        }
        Ok(matches!(self.read(validator_stake)?, Stake::Delegated(validator) if !validator.is_delegated()))
    }

    /// Whether the account is delegated since an epoch before this one.
    fn is_delegated_before(&self, account: &AccountView) -> Result<bool, ProgramError> {
        let data = borrow_stake(account);
        Ok(StakeState::decode_delegated(&data)
            .is_ok_and(|(_, delegation)| delegation.activation_epoch.get() < self.epoch))
    }
}

/// As [`StakeMeta::is_usable_alike`], by the VM's own comparison: cheaper from 56 bytes on.
#[cfg(any(target_os = "solana", target_arch = "bpf"))]
#[inline(always)]
fn is_alike(a: &StakeMeta, b: &StakeMeta) -> bool {
    const RENT: usize = size_of::<u64>();
    let (a, b) = (&bytemuck::bytes_of(a)[RENT..], &bytemuck::bytes_of(b)[RENT..]);
    let mut difference = core::mem::MaybeUninit::<i32>::uninit();
    // SAFETY: Both slices are readable for their common length, and the syscall writes the result.
    unsafe {
        solana_define_syscall::definitions::sol_memcmp_(
            a.as_ptr(),
            b.as_ptr(),
            a.len() as u64,
            difference.as_mut_ptr(),
        );
        difference.assume_init() == 0
    }
}

#[cfg(not(any(target_os = "solana", target_arch = "bpf")))]
fn is_alike(a: &StakeMeta, b: &StakeMeta) -> bool {
    a.is_usable_alike(b)
}
