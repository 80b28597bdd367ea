//! One validator's movement: whether the stake program will accept it, and its calls.

use {
    crate::{
        cpi::{PoolAuthority, StakeSysvars},
        processor::transient_stake::create_transient,
        validation::{Pool, borrow_stake},
    },
    pinocchio::{AccountView, ProgramResult},
    tidepool_core::rebalance::Verdict,
    tidepool_interface::{
        StakePoolError::CalculationFailure,
        address::{STAKE_PROGRAM_ID, SYSTEM_PROGRAM_ID, VOTE_PROGRAM_ID},
        external::{
            stake::{Delegation, StakeState},
            stake_history::StakeHistory,
        },
        state::ValidatorStakeInfo,
    },
};

/// The accounts of one validator.
pub struct Stakes<'a> {
    pub vote: &'a AccountView,
    pub validator: &'a AccountView,
    pub transient: &'a AccountView,
}

/// Common parameters of all movements.
pub struct Movement<'a> {
    pub pool: &'a Pool<'a>,
    pub authority: &'a PoolAuthority<'a>,
    pub reserve: &'a AccountView,
    pub stake_config: &'a AccountView,
    pub sysvars: StakeSysvars<'a>,
    pub epoch: u64,
    /// Rent-exempt lamports of a stake account.
    pub stake_rent: u64,
    /// Lamports that stay in a validator stake account.
    pub required_lamports: u64,
}

impl Movement<'_> {
    /// The delegation of the validator's stake; `None` if stake cannot be delegated to the validator: its vote account is closed and
    /// it is below target, or its stake was deactivated as delinquent.
    pub fn delegation(&self, stakes: &Stakes, is_below: bool) -> Option<Delegation> {
        if is_below && !is_vote_account(stakes.vote) || !stakes.validator.owned_by(&STAKE_PROGRAM_ID) {
            return None;
        }
        let data = borrow_stake(stakes.validator);
        let (meta, delegation) = StakeState::decode_delegated(&data).ok()?;
        let is_usable = meta.is_usable_by_pool(self.authority.account.address(), &self.pool.head().lockup)
            && delegation.voter == *stakes.vote.address()
            && delegation.is_delegated();
        is_usable.then_some(*delegation)
    }

    /// Whether the stake program will accept the movement: a failing call would also fail the instruction's other validators. It
    /// rejects the movement if the transient account's address is in use, if its stake began to move in an earlier epoch, or if rent
    /// has changed since the validator's account was created.
    pub fn is_possible(
        &self,
        stakes: &Stakes,
        record: &ValidatorStakeInfo,
        delegation: &Delegation,
        verdict: Verdict,
    ) -> bool {
        let moving = self.moving(record);
        let can_move = if record.transient_stake_lamports.get() > 0 {
            self.is_correctable(stakes, record, delegation, verdict)
        } else {
            stakes.transient.owned_by(&SYSTEM_PROGRAM_ID) && stakes.transient.data_len() == 0
        };
        let Verdict::Decrease(lamports) = verdict else { return can_move };
        let lamports = lamports.saturating_sub(moving);
        let (held, stake) = (stakes.validator.lamports(), delegation.stake.get());
        let minimum = self.required_lamports.saturating_sub(self.stake_rent);
        can_move
            && held.saturating_sub(lamports) >= self.required_lamports
            && stake.saturating_sub(lamports) >= minimum
            && held.saturating_sub(stake) >= self.stake_rent
    }

    /// Activating or deactivating stake of the record, in lamports.
    fn moving(&self, record: &ValidatorStakeInfo) -> u64 {
        record.transient_stake_lamports.get().saturating_sub(self.stake_rent)
    }

    /// Whether the transient stake began to move in this epoch and the stake program can correct it.
    #[inline(never)]
    fn is_correctable(
        &self,
        stakes: &Stakes,
        record: &ValidatorStakeInfo,
        validator: &Delegation,
        verdict: Verdict,
    ) -> bool {
        if !stakes.transient.owned_by(&STAKE_PROGRAM_ID) {
            return false;
        }
        let data = borrow_stake(stakes.transient);
        let Ok((meta, transient)) = StakeState::decode_delegated(&data) else { return false };
        if !meta.is_usable_by_pool(self.authority.account.address(), &self.pool.head().lockup)
            || transient.voter != *stakes.vote.address()
        {
            return false;
        }
        let (stake, moving) = (transient.stake.get(), self.moving(record));
        if !record.extension.is_deactivating() {
            // Earlier lamports at the address were delegated too, so the stake can exceed the record's.
            // guard: recall-with-gift
            return transient.is_delegated()
                && stake >= moving
                && transient.activation_epoch.get() == self.epoch
                && (verdict == Verdict::Recall || is_vote_account(stakes.vote));
        }
        // The correction first delegates the stake again, which requires fully effective stake.
        let Ok(history_data) = self.sysvars.history.try_borrow() else { return false };
        let is_effective = StakeHistory::decode(&history_data).is_ok_and(|history| {
            [transient, validator]
                .iter()
                .all(|stake| stake.activation_epoch.get() < self.epoch && history.is_warmed_up(stake, self.epoch))
        });
        transient.deactivation_epoch.get() == self.epoch
            && stake == moving
            && is_effective
            && is_vote_account(stakes.vote)
    }

    #[inline(never)]
    pub fn carry_out(
        &self,
        stakes: &Stakes,
        record: &mut ValidatorStakeInfo,
        verdict: Verdict,
        bump: u8,
    ) -> ProgramResult {
        if record.transient_stake_lamports.get() > 0 {
            return self.correct(stakes, record, verdict);
        }
        let seed = record.rebalance_seed();
        create_transient(self.pool, stakes.transient, stakes.vote.address(), seed, bump)?;
        match verdict {
            Verdict::Increase(lamports) => self.increase(stakes, record, lamports)?,
            Verdict::Decrease(lamports) => self.decrease(stakes, record, lamports)?,
            Verdict::Recall | Verdict::Nothing(_) => {}
        }
        record.transient_seed_suffix.set(seed);
        record.extension.set_transient_bump(bump, matches!(verdict, Verdict::Decrease(_)));
        Ok(())
    }

    /// Corrects a movement of this epoch in its account.
    #[inline(never)]
    fn correct(&self, stakes: &Stakes, record: &mut ValidatorStakeInfo, verdict: Verdict) -> ProgramResult {
        if record.extension.is_deactivating() {
            self.correct_deactivating(stakes, record, verdict)?;
        } else {
            self.correct_activating(stakes, record, verdict)?;
        }
        if verdict == Verdict::Recall {
            // 0 makes the next movement use another address: a transfer in this transaction can keep the emptied account alive.
            record.transient_stake_lamports.set(0);
        }
        Ok(())
    }

    fn correct_activating(&self, stakes: &Stakes, record: &mut ValidatorStakeInfo, verdict: Verdict) -> ProgramResult {
        let Self { reserve, stake_config, sysvars, .. } = *self;
        let Stakes { vote, transient, .. } = stakes;
        let moving = self.moving(record);
        let Verdict::Increase(lamports) = verdict else {
            // Stake deactivated in the epoch of its activation is inactive immediately.
            self.authority.deactivate(transient, sysvars.clock)?;
            return self.authority.merge(transient, reserve, sysvars);
        };
        if let Some(more) = lamports.checked_sub(moving) {
            self.authority.withdraw(reserve, transient, more, sysvars)?;
        } else {
            self.authority.deactivate(transient, sysvars.clock)?;
            self.authority.withdraw(transient, reserve, moving.saturating_sub(lamports), sysvars)?;
        }
        self.authority.delegate(transient, vote, sysvars, stake_config)?;
        self.set_moving(record, lamports)
    }

    fn correct_deactivating(
        &self,
        stakes: &Stakes,
        record: &mut ValidatorStakeInfo,
        verdict: Verdict,
    ) -> ProgramResult {
        let Self { reserve, stake_config, sysvars, .. } = *self;
        let Stakes { vote, validator, transient } = stakes;
        let moving = self.moving(record);
        // A delegation in the epoch of the deactivation revokes the deactivation.
        self.authority.delegate(transient, vote, sysvars, stake_config)?;
        let active = record.active_stake_lamports.get();
        let lamports = if let Verdict::Decrease(lamports) = verdict { lamports } else { 0 };
        let active =
            active.checked_add(moving).and_then(|base| base.checked_sub(lamports)).ok_or(CalculationFailure)?;
        record.active_stake_lamports.set(active);
        if lamports == 0 {
            self.authority.merge(transient, validator, sysvars)?;
            let rent = record.transient_stake_lamports.get().saturating_sub(moving);
            return self.authority.withdraw(validator, reserve, rent, sysvars);
        }
        if let Some(more) = lamports.checked_sub(moving) {
            self.authority.move_stake(validator, transient, more)?;
        } else {
            self.authority.move_stake(transient, validator, moving.saturating_sub(lamports))?;
        }
        self.authority.deactivate(transient, sysvars.clock)?;
        self.set_moving(record, lamports)
    }

    /// Sets the record's activating or deactivating stake, in lamports. The next update counts earlier lamports at the address.
    fn set_moving(&self, record: &mut ValidatorStakeInfo, lamports: u64) -> ProgramResult {
        let rent = record.transient_stake_lamports.get().saturating_sub(self.moving(record));
        record.transient_stake_lamports.set(rent.checked_add(lamports).ok_or(CalculationFailure)?);
        Ok(())
    }

    /// Delegates lamports of the reserve, as `IncreaseValidatorStake` does.
    fn increase(&self, stakes: &Stakes, record: &mut ValidatorStakeInfo, lamports: u64) -> ProgramResult {
        let Self { reserve, stake_config, sysvars, .. } = *self;
        let lamports = lamports.checked_add(self.stake_rent).ok_or(CalculationFailure)?;
        self.authority.split_delegated(reserve, stakes.transient, lamports, stakes.vote, sysvars, stake_config)?;
        // The next update counts earlier lamports at the address.
        record.transient_stake_lamports.set(lamports);
        Ok(())
    }

    /// Deactivates lamports of the validator's stake, as `DecreaseValidatorStakeWithReserve` does.
    fn decrease(&self, stakes: &Stakes, record: &mut ValidatorStakeInfo, lamports: u64) -> ProgramResult {
        self.authority.pay_rent(self.reserve, stakes.transient, self.stake_rent, self.sysvars)?;
        self.authority.split_deactivated(stakes.validator, stakes.transient, lamports, self.sysvars.clock)?;
        let left = record.active_stake_lamports.get().checked_sub(lamports).ok_or(CalculationFailure)?;
        record.active_stake_lamports.set(left);
        // As with an increase, earlier lamports at the address must not change the parts of the next validators.
        record.transient_stake_lamports.set(lamports.checked_add(self.stake_rent).ok_or(CalculationFailure)?);
        Ok(())
    }
}

/// Whether stake can be delegated to the account. A closed vote account can be owned by the vote program without a state.
fn is_vote_account(account: &AccountView) -> bool {
    // A state starts with its version; 0 means no state.
    let has_state = |data: &[u8]| data.get(..4).is_some_and(|version| version != [0; 4]);
    account.owned_by(&VOTE_PROGRAM_ID) && account.try_borrow().is_ok_and(|data| has_state(&data))
}
