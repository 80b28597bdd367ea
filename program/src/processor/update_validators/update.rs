//! The update of one record: reads the balances of its stake accounts and merges stake.

use {
    crate::{
        cpi::{PoolAuthority, StakeSysvars},
        event::Funds,
        validation::{Pool, Rent, borrow_stake},
    },
    pinocchio::{AccountView, ProgramResult, error::ProgramError},
    tidepool_interface::{
        STAKE_ACCOUNT_SPACE,
        external::stake::{Delegation, StakeMeta, StakeState},
        state::{StakeStatus, ValidatorStakeInfo},
        update::{Merging, TransientStep, ValidatorStake},
    },
};

/// Common parameters of the updates of all records.
pub struct Update<'a> {
    pub pool: &'a Pool<'a>,
    pub authority: &'a PoolAuthority<'a>,
    pub reserve: &'a AccountView,
    pub sysvars: StakeSysvars<'a>,
    pub rent: &'a Rent,
    /// Rent-exempt lamports of a stake account.
    pub stake_rent: u64,
    /// Authorities and lockup of the pool's stake.
    pub meta: &'a StakeMeta,
    pub epoch: u64,
    pub merging: Merging<'a>,
}

/// State of a stake account, read before the update changes it.
pub(super) enum Stake {
    /// Not a stake account of the pool.
    Foreign,
    /// Of the pool, never delegated.
    Initialized,
    /// Of the pool, delegated at present or in the past.
    Delegated(Delegation),
}

impl Update<'_> {
    /// Updates a record from its accounts. The caller has checked their addresses. If the record has no transient stake, foreign stake
    /// at the transient address is ignored.
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
        self.store(record, active_lamports, transient_lamports, funds);
        Ok(())
    }

    #[inline(always)]
    pub(super) fn store(&self, record: &mut ValidatorStakeInfo, active: u64, transient: u64, funds: &mut Funds) {
        record.last_update_epoch.set(self.epoch);
        record.active_stake_lamports.set(active);
        record.transient_stake_lamports.set(transient);
        funds.record_after(record);
    }

    /// Updates the transient stake account and returns the lamports that stay in it.
    #[inline(never)]
    fn transient(
        &self,
        record: &mut ValidatorStakeInfo,
        validator_stake: &AccountView,
        transient_stake: &AccountView,
    ) -> Result<u64, ProgramError> {
        let delegation = match self.read(transient_stake)? {
            Stake::Foreign => return Ok(0),
            // Undelegated lamports could block other withdrawal sources: an extended pool always merges them.
            // guard: initialized-transient-to-reserve
            Stake::Initialized if self.merging.counts_only() && !self.pool.is_extended() => {
                return Ok(transient_stake.lamports());
            }
            Stake::Initialized => return self.transient_to_reserve(record, transient_stake),
            Stake::Delegated(delegation) => delegation,
        };
        if self.pool.is_extended() {
            record.extension.set_deactivating(!delegation.is_delegated());
        }
        let is_active = record.stake_status() == Ok(StakeStatus::Active);
        let validator = || self.beside(validator_stake);
        match self.merging.transient_step(self.epoch, is_active, &delegation, validator) {
            TransientStep::Count => {}
            TransientStep::ToReserve => return self.transient_to_reserve(record, transient_stake),
            TransientStep::ToValidator => self.authority.merge(transient_stake, validator_stake, self.sysvars)?,
            TransientStep::Deactivate => {
                self.authority.deactivate(transient_stake, self.sysvars.clock)?;
                if self.pool.is_extended() {
                    record.extension.set_deactivating(true);
                }
            }
        }
        self.left_in_transient(transient_stake, &delegation)
    }

    /// Lamports that stay in a transient stake account. In an extended pool these are its rent and its delegation: other lamports
    /// cannot be split off and would block other withdrawal sources.
    fn left_in_transient(&self, transient_stake: &AccountView, delegation: &Delegation) -> Result<u64, ProgramError> {
        // guard: transient-gift-to-reserve
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

    /// Whether the validator stake account needs only to be counted: the usual case.
    #[inline(always)]
    fn is_settled(&self, record: &ValidatorStakeInfo, stake: &AccountView) -> bool {
        if !record.is_active() {
            return false;
        }
        let data = borrow_stake(stake);
        let Ok(StakeState::Stake(meta, delegation)) = StakeState::decode(&data) else { return false };
        // Of a delegation that exceeds the lamports, which the stake program never leaves, it wraps: the slow path counts it, too.
        let not_delegated = stake.lamports().wrapping_sub(delegation.stake.get());
        let rent = if data.len() == STAKE_ACCOUNT_SPACE { self.stake_rent } else { self.rent.of(stake) };
        // guard: settled-meta
        not_delegated <= rent && is_alike(meta, self.meta)
    }

    /// Updates the validator stake account and returns the lamports that stay in it.
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
                // A cluster restart has removed the validator's delegation. The lamports belong to the holders.
                self.authority.merge(stake, self.reserve, self.sysvars)?; // guard: restarted-to-reserve
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
        self.sweep(stake, &delegation)?; // guard: gift-to-reserve
        match record.stake_status()? {
            StakeStatus::Active => Ok(stake.lamports()),
            status @ (StakeStatus::DeactivatingValidator | StakeStatus::DeactivatingAll) => {
                // guard: cooling-stake-counts
                if !self.merging.takes_back(self.epoch, status, &delegation) {
                    return Ok(stake.lamports());
                }
                self.authority.merge(stake, self.reserve, self.sysvars)?; // guard: removed-to-reserve
                record.status = record.stake_status()?.without_validator_stake() as u8;
                Ok(0)
            }
            StakeStatus::DeactivatingTransient | StakeStatus::ReadyForRemoval => Ok(0),
        }
    }

    /// Withdraws undelegated lamports (tips, donations, the rent of merged accounts) to the reserve.
    fn sweep(&self, stake: &AccountView, delegation: &Delegation) -> ProgramResult {
        let idle = self.idle(stake, delegation);
        if idle > 0 {
            self.authority.withdraw(stake, self.reserve, idle, self.sysvars)?;
        }
        Ok(())
    }

    /// Undelegated lamports above the rent.
    pub(super) fn idle(&self, stake: &AccountView, delegation: &Delegation) -> u64 {
        let undelegated = stake.lamports().saturating_sub(delegation.stake.get());
        undelegated.saturating_sub(self.rent.of(stake)) // guard: idle-lamports
    }

    pub(super) fn read(&self, account: &AccountView) -> Result<Stake, ProgramError> {
        let is_ours = |meta: &StakeMeta| is_alike(meta, self.meta);
        Ok(match StakeState::decode(&borrow_stake(account)) {
            Ok(StakeState::Initialized(meta)) if is_ours(meta) => Stake::Initialized, // guard: initialized-meta
            // guard: delegated-meta
            Ok(StakeState::Stake(meta, delegation)) if is_ours(meta) => Stake::Delegated(*delegation),
            _ => Stake::Foreign,
        })
    }

    /// The validator stake account, for the decision about transient stake; `None` if it is not delegated.
    fn beside(&self, stake: &AccountView) -> Option<ValidatorStake> {
        let data = borrow_stake(stake);
        let (meta, delegation) = StakeState::decode_delegated(&data).ok()?;
        Some(ValidatorStake { delegation: *delegation, is_usable: is_alike(meta, self.meta) })
    }
}

/// As [`StakeMeta::is_usable_alike`], with the comparison syscall: cheaper from 56 bytes on.
#[cfg(any(target_os = "solana", target_arch = "bpf"))]
#[inline(always)]
pub(super) fn is_alike(a: &StakeMeta, b: &StakeMeta) -> bool {
    const RENT: usize = size_of::<u64>();
    let (a, b) = (&bytemuck::bytes_of(a)[RENT..], &bytemuck::bytes_of(b)[RENT..]);
    let mut difference = core::mem::MaybeUninit::<i32>::uninit();
    // SAFETY: Both slices are readable for the compared length, and the syscall writes only the result.
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
pub(super) fn is_alike(a: &StakeMeta, b: &StakeMeta) -> bool {
    a.is_usable_alike(b)
}
