//! `Rebalance`: permissionless; moves validators' stake towards their targets.

mod movement;

use {
    crate::{
        cpi::{StakeSysvars, minimum_delegation},
        event::{Funds, emit},
        validation::{
            Pool, Rent, check_alone, check_owner, check_stake_history, check_stake_program, check_system_program,
            check_transient_stake_under, check_validator_stake, clock_epoch, clock_slot, epoch_rewards_active,
        },
    },
    movement::{Movement, Stakes},
    pinocchio::{AccountView, Address, ProgramResult, error::ProgramError},
    solana_program_log::logger::log_message,
    tidepool_core::{
        minimum_delegation as pool_minimum_delegation, minimum_stake_lamports,
        rebalance::{Inputs, Reason, Rebalance, Verdict},
    },
    tidepool_interface::{
        ExtensionError::{EntryMoved, TooManyValidators},
        STAKE_ACCOUNT_SPACE,
        StakePoolError::EpochRewardDistributionInProgress,
        address::STAKE_PROGRAM_ID,
        event::{Change, WeightsEvent},
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
    check_alone(program_id, accounts.pool.address(), &accounts.instructions)?; // guard: rebalance-alone
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
        reserve: &accounts.reserve_stake,
        stake_config: &accounts.stake_config,
        sysvars: StakeSysvars { clock: &accounts.clock, history: &accounts.stake_history },
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
            ticket_lamports: pool.ticket_lamports(),
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
            // A demotion outlasts the stake.
            (None, _) if record.extension.is_demoted() => rebalance.pass_over(records, index),
            (None, _) => {
                clear_weight(&pool, epoch, record);
                rebalance.renew(records);
                outcome.clear();
            }
            (Some(_), Verdict::Nothing(reason)) => outcome.note(reason),
            (Some(_), _) if is_emptied(transient_stake) => rebalance.pass_over(records, index),
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
                    rebalance.pass_over(records, index);
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
    let old = u64::from(record.extension.weight());
    record.extension.set_weight(0);
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

/// Whether an earlier call in the same transaction has emptied the stake account. The stake program owns it until the transaction
/// ends.
fn is_emptied(account: &AccountView) -> bool {
    account.lamports() == 0 && account.owned_by(&STAKE_PROGRAM_ID)
}
