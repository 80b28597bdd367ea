//! Counts a record's stake accounts that were passed read-only: they stay as they are.

use {
    super::update::{Stake, Update, is_alike},
    crate::{event::Funds, validation::borrow_stake},
    pinocchio::{AccountView, ProgramResult, error::ProgramError},
    tidepool_interface::{
        external::stake::StakeState,
        state::{StakeStatus, ValidatorStakeInfo},
    },
};

/// Lamports of a record's stake accounts.
struct Counted {
    active: u64,
    transient: u64,
}

impl Update<'_> {
    /// Updates a record without a call. Nothing is merged, and an active validator's account keeps its undelegated lamports. They are
    /// counted, so the total is that of an update that moves them to the reserve.
    ///
    /// A record stays as it was if lamports have to move: they could not be withdrawn from where they are.
    #[inline(always)]
    pub fn count(
        &self,
        record: &mut ValidatorStakeInfo,
        validator_stake: &AccountView,
        transient_stake: Option<&AccountView>,
        funds: &mut Funds,
    ) -> ProgramResult {
        let counted = match transient_stake {
            None if self.is_delegated(record, validator_stake) => {
                Some(Counted { active: validator_stake.lamports(), transient: 0 })
            }
            _ => self.counted(record, validator_stake, transient_stake)?,
        };
        let Some(Counted { active, transient }) = counted else { return Ok(()) };
        funds.record_before(record);
        self.store(record, active, transient, funds);
        Ok(())
    }

    /// Whether the record is active and its stake account has a delegation of the pool: the usual case.
    #[inline(always)]
    fn is_delegated(&self, record: &ValidatorStakeInfo, stake: &AccountView) -> bool {
        // guard: counted-meta
        let is_ours = |data: &[u8]| matches!(StakeState::decode(data), Ok(StakeState::Stake(meta, _)) if is_alike(meta, self.meta));
        record.is_active() && is_ours(&borrow_stake(stake))
    }

    #[cold]
    #[inline(never)]
    fn counted(
        &self,
        record: &mut ValidatorStakeInfo,
        validator_stake: &AccountView,
        transient_stake: Option<&AccountView>,
    ) -> Result<Option<Counted>, ProgramError> {
        // Before the record can be left as it was: its direction is known from here on.
        let transient = match transient_stake.map(|stake| self.read(stake).map(|state| (stake, state))).transpose()? {
            None | Some((_, Stake::Foreign)) => 0,
            Some((_, Stake::Initialized)) => return Ok(None), // guard: initialized-transient-not-counted
            Some((stake, Stake::Delegated(delegation))) => {
                record.extension.set_deactivating(!delegation.is_delegated());
                // guard: transient-idle-not-counted
                if self.idle(stake, &delegation) > 0 {
                    return Ok(None);
                }
                stake.lamports()
            }
        };
        let active = match self.read(validator_stake)? {
            Stake::Foreign => 0,
            Stake::Initialized => return Ok(None), // guard: restarted-not-counted
            Stake::Delegated(delegation) => match record.stake_status()? {
                StakeStatus::Active => validator_stake.lamports(),
                // guard: removed-idle-not-counted
                _ if self.idle(validator_stake, &delegation) > 0 => return Ok(None),
                StakeStatus::DeactivatingValidator | StakeStatus::DeactivatingAll => validator_stake.lamports(),
                StakeStatus::DeactivatingTransient | StakeStatus::ReadyForRemoval => 0,
            },
        };
        Ok(Some(Counted { active, transient }))
    }
}
