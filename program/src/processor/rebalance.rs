//! `Rebalance`: permissionless; moves validators' stake towards their targets.

use {
    crate::{
        cpi::{PoolAuthority, StakeSysvars, minimum_delegation},
        event::{Funds, emit},
        processor::transient_stake::create_transient,
        validation::{
            Pool, Rent, borrow_stake, check_alone, check_owner, check_stake_history, check_stake_program,
            check_system_program, check_transient_stake_under, check_validator_stake, clock_epoch, clock_slot,
            epoch_rewards_active,
        },
    },
    pinocchio::{AccountView, Address, ProgramResult, error::ProgramError},
    solana_program_log::logger::log_message,
    tidepool_core::{
        minimum_delegation as pool_minimum_delegation, minimum_stake_lamports,
        rebalance::{Inputs, Reason, Rebalance, Verdict},
    },
    tidepool_interface::{
        ExtensionError::{EntryMoved, TooManyValidators},
        STAKE_ACCOUNT_SPACE,
        StakePoolError::{CalculationFailure, EpochRewardDistributionInProgress},
        address::{STAKE_PROGRAM_ID, SYSTEM_PROGRAM_ID, VOTE_PROGRAM_ID},
        event::{Change, WeightsEvent},
        external::{
            stake::{Delegation, StakeState},
            stake_history::StakeHistory,
        },
        instruction::{REBALANCED_VALIDATORS_MAX, RebalanceAccounts, tag},
        state::{U32, ValidatorListMut, ValidatorStakeInfo},
    },
};

#[inline(never)]
pub fn process(program_id: &Address, accounts: &[AccountView], indices: &[U32]) -> ProgramResult {
    let mut remaining = accounts.iter();
    let mut accounts = RebalanceAccounts::load(&mut remaining.by_ref().copied())?;
    let epoch = clock_epoch(&accounts.clock)?;
    let rent = Rent::get()?;
    check_alone(program_id, &accounts.instructions)?; // guard: rebalance-alone
    let pool = check_pool(program_id, &accounts, epoch)?;
    let authority = pool.check_withdraw_authority(&accounts.withdraw_authority)?;
    if indices.len() > REBALANCED_VALIDATORS_MAX {
        return Err(TooManyValidators.into());
    }
    let (triples, _) = remaining.as_slice().as_chunks::<3>();
    if triples.len() != indices.len() {
        return Err(ProgramError::NotEnoughAccountKeys);
    }
    let stake_program_minimum = minimum_delegation()?;
    let mut list_data = accounts.validator_list.try_borrow_mut()?;
    let mut list = ValidatorListMut::decode(&mut list_data)?;
    let records = list.records();

    let movement = Movement {
        pool: &pool,
        authority: &authority,
        accounts: &BorrowedAccounts {
            reserve: &accounts.reserve_stake,
            stake_config: &accounts.stake_config,
            sysvars: StakeSysvars { clock: &accounts.clock, history: &accounts.stake_history },
        },
        epoch,
        stake_rent: rent.minimum_balance(STAKE_ACCOUNT_SPACE),
        required_lamports: minimum_stake_lamports(rent.minimum_balance(STAKE_ACCOUNT_SPACE), stake_program_minimum),
    };
    let mut rebalance = Rebalance::survey(
        records,
        &Inputs {
            reserve_lamports: accounts.reserve_stake.lamports().saturating_sub(rent.of(&accounts.reserve_stake)),
            last_epoch_total_lamports: pool.view().last_epoch_total_lamports(),
            stake_rent: movement.stake_rent,
            minimum_delegation: pool_minimum_delegation(stake_program_minimum),
            policy: pool.extension_policy()?.get(),
            is_paused: pool.extension()?.is_paused(clock_slot(&accounts.clock)?),
        },
    );
    let mut funds = Funds::before(&pool, epoch, tag::REBALANCE).reserve_before(&accounts.reserve_stake);
    let mut outcome = Outcome::Idle(None);
    for (index, [vote, validator_stake, transient_stake]) in indices.iter().zip(triples) {
        let index = index.get() as usize;
        // guard: rebalance-vote
        if records.get(index).is_none_or(|record| record.vote_account_address != *vote.address()) {
            return Err(EntryMoved.into());
        }
        let verdict = rebalance.verdict(records, index);
        if let Verdict::Nothing(reason) = verdict
            && reason.excludes_validator()
        {
            outcome.note(reason);
            continue;
        }
        // The comparison above has found the record.
        let record = records.get_mut(index).ok_or(EntryMoved)?;
        let stakes = Stakes { vote, validator: validator_stake, transient: transient_stake };
        check_validator_stake(&pool, validator_stake, record)?;
        let is_below = rebalance.target(record).is_some_and(|target| record.active_stake_lamports.get() < target);
        let delegation = movement.delegation(&stakes, is_below);
        match (delegation, verdict) {
            (None, _) => {
                clear_weight(&pool, epoch, record);
                rebalance.renew(records);
                outcome.clear();
            }
            (Some(_), Verdict::Nothing(reason)) => outcome.note(reason),
            (Some(_), _) if is_emptied(transient_stake) => rebalance.pass_over(index),
            (Some(delegation), _) => {
                let before = *record;
                let bump = check_transient_stake_under(&pool, transient_stake, record, record.rebalance_seed())?;
                if movement.is_possible(&stakes, record, &delegation, verdict) {
                    funds.record_before(&before);
                    movement.carry_out(&stakes, record, verdict, bump)?;
                    funds.record_after(record);
                    rebalance.record_movement(&before, verdict);
                    outcome = Outcome::Moved;
                } else {
                    rebalance.pass_over(index);
                }
            }
        }
    }
    outcome.finish(funds, &pool, &accounts.reserve_stake, rebalance.has_weights());
    Ok(())
}

/// Clears the weight of a validator that stake cannot be delegated to.
#[cold]
fn clear_weight(pool: &Pool, epoch: u64, record: &mut ValidatorStakeInfo) {
    let old = u64::from(record.extension.weight.get());
    record.extension.weight.set(0);
    emit(WeightsEvent {
        pool: *pool.address(),
        epoch: epoch.into(),
        records: 1.into(),
        weights: Change { old: old.into(), new: 0.into() },
    });
}

/// Outcome of the instruction.
enum Outcome {
    /// Stake moved.
    Moved,
    /// No stake moved, but the weight of a validator was cleared.
    Cleared,
    /// No change; the first reason, if there is one.
    Idle(Option<Reason>),
}

impl Outcome {
    fn note(&mut self, reason: Reason) {
        if let Self::Idle(first @ None) = self {
            *first = Some(reason);
        }
    }

    fn clear(&mut self) {
        if let Self::Idle(_) = self {
            *self = Self::Cleared;
        }
    }

    /// Emits the event of the movements, or logs the reason for no movement.
    fn finish(self, mut funds: Funds, pool: &Pool, reserve: &AccountView, has_weights: bool) {
        match self {
            Self::Moved => {
                funds.reserve_after(reserve);
                funds.emit(pool);
            }
            Self::Cleared => log_idle("a validator that cannot be staked with has lost its weight"),
            Self::Idle(_) if !has_weights => log_idle("no validator has a weight"),
            Self::Idle(None) => log_idle("the validator's stake cannot be moved"),
            Self::Idle(Some(reason)) => log_idle(reason.message()),
        }
    }
}

#[cold]
fn log_idle(reason: &str) {
    log_message(b"Nothing to move:");
    log_message(reason.as_bytes());
}

/// Checks the accounts and returns the pool, which is extended and up to date. The caller checks the list's content and the withdraw
/// authority.
#[inline(never)]
fn check_pool<'a>(
    program_id: &'a Address,
    accounts: &RebalanceAccounts<AccountView>,
    epoch: u64,
) -> Result<Pool<'a>, ProgramError> {
    check_system_program(&accounts.system_program)?;
    check_stake_program(&accounts.stake_program)?;
    check_stake_history(&accounts.stake_history)?;
    let pool = Pool::load(program_id, &accounts.pool)?;
    pool.extension_policy()?;
    pool.check_validator_list(&accounts.validator_list)?;
    check_owner(&accounts.validator_list, program_id)?;
    pool.check_reserve(&accounts.reserve_stake)?;
    if epoch_rewards_active()? {
        return Err(EpochRewardDistributionInProgress.into());
    }
    pool.check_fresh(epoch)?;
    Ok(pool)
}

/// The accounts of one validator.
struct Stakes<'a> {
    vote: &'a AccountView,
    validator: &'a AccountView,
    transient: &'a AccountView,
}

/// Common accounts of all movements.
struct BorrowedAccounts<'a> {
    reserve: &'a AccountView,
    stake_config: &'a AccountView,
    sysvars: StakeSysvars<'a>,
}

/// Common parameters of all movements.
struct Movement<'a> {
    pool: &'a Pool<'a>,
    authority: &'a PoolAuthority<'a>,
    accounts: &'a BorrowedAccounts<'a>,
    epoch: u64,
    /// Rent-exempt lamports of a stake account.
    stake_rent: u64,
    /// Lamports that stay in a validator stake account.
    required_lamports: u64,
}

impl Movement<'_> {
    /// The delegation of the validator's stake; `None` if stake cannot be delegated to the validator: its vote account is closed and
    /// it is below target, or its stake was deactivated as delinquent.
    fn delegation(&self, stakes: &Stakes, is_below: bool) -> Option<Delegation> {
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
    fn is_possible(
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
        let Ok(history_data) = self.accounts.sysvars.history.try_borrow() else { return false };
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
    fn carry_out(&self, stakes: &Stakes, record: &mut ValidatorStakeInfo, verdict: Verdict, bump: u8) -> ProgramResult {
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
        let BorrowedAccounts { reserve, stake_config, sysvars } = self.accounts;
        let Stakes { vote, transient, .. } = stakes;
        let moving = self.moving(record);
        let Verdict::Increase(lamports) = verdict else {
            // Stake deactivated in the epoch of its activation is inactive immediately.
            self.authority.deactivate(transient, sysvars.clock)?;
            return self.authority.merge(transient, reserve, *sysvars);
        };
        if let Some(more) = lamports.checked_sub(moving) {
            self.authority.withdraw(reserve, transient, more, *sysvars)?;
        } else {
            self.authority.deactivate(transient, sysvars.clock)?;
            self.authority.withdraw(transient, reserve, moving.saturating_sub(lamports), *sysvars)?;
        }
        self.authority.delegate(transient, vote, *sysvars, stake_config)?;
        self.set_moving(record, lamports)
    }

    fn correct_deactivating(
        &self,
        stakes: &Stakes,
        record: &mut ValidatorStakeInfo,
        verdict: Verdict,
    ) -> ProgramResult {
        let BorrowedAccounts { reserve, stake_config, sysvars } = self.accounts;
        let Stakes { vote, validator, transient } = stakes;
        let moving = self.moving(record);
        // A delegation in the epoch of the deactivation revokes the deactivation.
        self.authority.delegate(transient, vote, *sysvars, stake_config)?;
        let active = record.active_stake_lamports.get();
        let lamports = if let Verdict::Decrease(lamports) = verdict { lamports } else { 0 };
        let active =
            active.checked_add(moving).and_then(|base| base.checked_sub(lamports)).ok_or(CalculationFailure)?;
        record.active_stake_lamports.set(active);
        if lamports == 0 {
            self.authority.merge(transient, validator, *sysvars)?;
            let rent = record.transient_stake_lamports.get().saturating_sub(moving);
            return self.authority.withdraw(validator, reserve, rent, *sysvars);
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
        let lamports = lamports.checked_add(self.stake_rent).ok_or(CalculationFailure)?;
        let BorrowedAccounts { reserve, stake_config, sysvars } = self.accounts;
        self.authority.split(reserve, stakes.transient, lamports)?;
        self.authority.delegate(stakes.transient, stakes.vote, *sysvars, stake_config)?;
        // The next update counts earlier lamports at the address.
        record.transient_stake_lamports.set(lamports);
        Ok(())
    }

    /// Deactivates lamports of the validator's stake, as `DecreaseValidatorStakeWithReserve` does.
    fn decrease(&self, stakes: &Stakes, record: &mut ValidatorStakeInfo, lamports: u64) -> ProgramResult {
        let BorrowedAccounts { reserve, sysvars, .. } = self.accounts;
        let missing = self.stake_rent.saturating_sub(stakes.transient.lamports());
        if missing > 0 {
            self.authority.withdraw(reserve, stakes.transient, missing, *sysvars)?;
        }
        self.authority.split(stakes.validator, stakes.transient, lamports)?;
        self.authority.deactivate(stakes.transient, sysvars.clock)?;
        let left = record.active_stake_lamports.get().checked_sub(lamports).ok_or(CalculationFailure)?;
        record.active_stake_lamports.set(left);
        // As with an increase, earlier lamports at the address must not change the parts of the next validators.
        record.transient_stake_lamports.set(lamports.checked_add(self.stake_rent).ok_or(CalculationFailure)?);
        Ok(())
    }
}

/// Whether an earlier call in the same transaction has emptied the stake account. The stake program owns it until the transaction
/// ends.
fn is_emptied(account: &AccountView) -> bool {
    account.lamports() == 0 && account.owned_by(&STAKE_PROGRAM_ID)
}

/// Whether stake can be delegated to the account. A closed vote account can be owned by the vote program without a state.
fn is_vote_account(account: &AccountView) -> bool {
    // A state starts with its version; 0 means no state.
    let has_state = |data: &[u8]| data.get(..4).is_some_and(|version| version != [0; 4]);
    account.owned_by(&VOTE_PROGRAM_ID) && account.try_borrow().is_ok_and(|data| has_state(&data))
}
