//! Adds and removes validators. The pool's staker signs.

use {
    super::{accounts::accounts, active_validator},
    crate::{
        checks::{check_no_rewards, check_up_to_date},
        cluster::Cluster,
        compute::{self, PoolBounds},
        error::{PlanError, Sol},
        pool::{PoolError, PoolSnapshot, Validator},
        transaction::InstructionGroup,
    },
    solana_address::Address,
    solana_instruction::error::InstructionError,
    tidepool_core::{
        MAX_VALIDATORS_IN_POOL,
        rebalance::{Inputs, removal_turnover, turnover_left},
    },
    tidepool_interface::{
        ExtensionError, StakePoolError,
        address::{SYSTEM_PROGRAM_ID, find_validator_stake},
        external::stake::Delegation,
        instruction::{AddValidatorToPoolAccounts, RemoveValidatorFromPoolAccounts, StakePoolInstruction},
    },
};

/// Seeds that are checked with one request.
const SEEDS_AT_ONCE: u32 = 8;

/// The first seed for which a stake account of validator `vote` can be created: 0 (none), unless that address is in
/// use.
///
/// # Errors
/// [`PoolError::Cluster`].
pub async fn find_free_validator_seed<C>(cluster: &C, snapshot: &PoolSnapshot, vote: &Address) -> Result<u32, PoolError>
where
    C: Cluster + ?Sized,
{
    let mut first = 0u32;
    loop {
        let seeds = first..first.saturating_add(SEEDS_AT_ONCE);
        let addresses: Vec<Address> = seeds
            .clone()
            .map(|seed| find_validator_stake(&snapshot.program_id(), vote, &snapshot.address(), seed).0)
            .collect();
        let accounts = cluster.accounts(&addresses).await?;
        // Lamports at the address do no harm.
        let free = seeds
            .zip(accounts)
            .find(|(_, account)| account.as_ref().is_none_or(|account| account.owner == SYSTEM_PROGRAM_ID));
        if let Some((seed, _)) = free {
            return Ok(seed);
        }
        first = first.saturating_add(SEEDS_AT_ONCE);
    }
}

/// Adds the validator `vote`, with the minimum stake from the reserve. `seed` distinguishes its stake accounts; see
/// [`find_free_validator_seed`].
///
/// # Errors
/// [`PlanError::EpochRewardsActive`]; refusals: `StakeListAndPoolOutOfDate`, `ValidatorAlreadyAdded`,
/// `TooManyValidatorsInPool`, `AccountDataTooSmall` (the list is full), `InsufficientFunds` (the reserve).
pub fn add_validator(snapshot: &PoolSnapshot, vote: &Address, seed: u32) -> Result<InstructionGroup, PlanError> {
    check_no_rewards(snapshot)?;
    check_up_to_date(snapshot)?;
    check_room(snapshot, vote)?;
    let required = snapshot.environment().minimum_stake_lamports();
    let available = snapshot.withdrawable_reserve_lamports();
    if available < required {
        return Err(PlanError::refused(
            InstructionError::InsufficientFunds,
            format!(
                "a new validator needs {} from the reserve, which can spare {}{}: deposit SOL first",
                Sol(required),
                Sol(available),
                snapshot.stays_in_reserve()
            ),
        ));
    }
    let accounts = accounts! { snapshot => AddValidatorToPoolAccounts {
        pool, staker, reserve_stake, withdraw_authority, validator_list,
        validator_stake: find_validator_stake(&snapshot.program_id(), vote, &snapshot.address(), seed).0, vote: *vote,
        rent, clock, stake_history, stake_config, system_program, stake_program,
    } };
    Ok(InstructionGroup::one(
        format!("add validator {vote}"),
        StakePoolInstruction::AddValidatorToPool { seed }.with_accounts(&snapshot.program_id(), accounts.metas()),
        PoolBounds::of(snapshot).move_stake(snapshot.records().len()),
    )
    .growing(compute::GROWING_LIST))
}

fn check_room(snapshot: &PoolSnapshot, vote: &Address) -> Result<(), PlanError> {
    let length = snapshot.records().len();
    if length >= snapshot.max_validators() as usize {
        return Err(PlanError::refused(
            InstructionError::AccountDataTooSmall,
            format!("the validator list is full with {length} entries: remove a validator first"),
        ));
    }
    if length >= MAX_VALIDATORS_IN_POOL as usize {
        return Err(StakePoolError::TooManyValidatorsInPool.into());
    }
    match snapshot.validator(vote) {
        None => Ok(()),
        Some(validator) if validator.record.is_active() => Err(PlanError::refused(
            StakePoolError::ValidatorAlreadyAdded,
            format!("validator {vote} is already in the pool: increase its stake instead"),
        )),
        Some(_) => Err(PlanError::refused(
            StakePoolError::ValidatorAlreadyAdded,
            format!("validator {vote} is still being removed: add it again after the pool's next update"),
        )),
    }
}

/// Removes the validator `vote`: its stake is deactivated, and goes to the reserve with the next epoch's update.
///
/// # Errors
/// [`PlanError::EpochRewardsActive`]; refusals: `StakeListAndPoolOutOfDate`, `ValidatorNotFound`,
/// `TurnoverBudgetExceeded`.
pub fn remove_validator(snapshot: &PoolSnapshot, vote: &Address) -> Result<InstructionGroup, PlanError> {
    check_no_rewards(snapshot)?;
    check_up_to_date(snapshot)?;
    let validator = active_validator(snapshot, vote)?;
    check_turnover(snapshot, &validator)?;
    let accounts = accounts! { snapshot => RemoveValidatorFromPoolAccounts {
        pool, staker, withdraw_authority, validator_list, validator_stake: validator.addresses.validator,
        transient_stake: validator.addresses.transient, clock, stake_program,
    } };
    Ok(InstructionGroup::one(
        format!("remove validator {vote}"),
        StakePoolInstruction::RemoveValidatorFromPool.with_accounts(&snapshot.program_id(), accounts.metas()),
        PoolBounds::of(snapshot).move_stake(snapshot.records().len()),
    ))
}

/// Checks that the turnover budget allows the removal of `validator`. Stake of an unread account counts as delegated.
fn check_turnover(snapshot: &PoolSnapshot, validator: &Validator) -> Result<(), PlanError> {
    let Some(Inputs { policy, last_epoch_total_lamports, stake_rent, minimum_delegation, .. }) =
        snapshot.rebalance_inputs()
    else {
        return Ok(());
    };
    let base = snapshot.rate().total_lamports.get().min(last_epoch_total_lamports);
    let left = turnover_left(snapshot.records(), &policy, base, stake_rent, minimum_delegation);
    let is_delegated = |found: Option<(_, &Delegation)>| found.is_none_or(|(_, delegation)| delegation.is_delegated());
    let delegated = [is_delegated(validator.delegation()), is_delegated(validator.transient_delegation())];
    let turnover = removal_turnover(validator.record, delegated, stake_rent);
    if turnover <= left {
        return Ok(());
    }
    Err(PlanError::refused(
        ExtensionError::TurnoverBudgetExceeded,
        format!(
            "removing validator {} would deactivate {}, and the remaining turnover budget of this epoch is {}: decrease its \
             stake by at most that amount in each epoch, and remove the validator once the rest is within the budget",
            validator.vote(),
            Sol(turnover),
            Sol(left)
        ),
    ))
}
