//! Moves stake between the reserve and a validator. The pool's staker signs.

use {
    super::{accounts::accounts, active_validator},
    crate::{
        checks::{check_no_rewards, check_not_demoted, check_up_to_date},
        compute::PoolBounds,
        error::{Cause, PlanError, Sol},
        pool::{PoolSnapshot, Validator},
        quote::merge_kind,
        transaction::InstructionGroup,
    },
    solana_address::Address,
    solana_instruction::{Instruction, error::InstructionError},
    solana_stake_interface::error::StakeError,
    tidepool_interface::{
        StakePoolError,
        address::{SYSTEM_PROGRAM_ID, find_ephemeral_stake, find_transient_stake},
        external::stake::Delegation,
        instruction::{
            DecreaseAdditionalValidatorStakeAccounts, DecreaseValidatorStakeWithReserveAccounts,
            IncreaseAdditionalValidatorStakeAccounts, IncreaseValidatorStakeAccounts, StakePoolInstruction,
        },
    },
};

struct Movement<'a> {
    snapshot: &'a PoolSnapshot,
    validator: Validator<'a>,
    transient_seed: u64,
    transient_stake: Address,
    /// Seed and address of the ephemeral account, if the stake joins existing transient stake.
    ephemeral: Option<(u64, Address)>,
}

impl<'a> Movement<'a> {
    /// Prepares a movement of stake of `vote`. `same_way` checks the direction of existing transient stake.
    fn new(
        snapshot: &'a PoolSnapshot,
        vote: &Address,
        same_way: impl FnOnce(&Delegation, u64) -> bool,
    ) -> Result<Self, PlanError> {
        check_no_rewards(snapshot)?;
        check_up_to_date(snapshot)?;
        let validator = active_validator(snapshot, vote)?;
        let (program_id, pool) = (snapshot.program_id(), snapshot.address());
        let last_seed = validator.record.transient_seed_suffix.get();
        if !validator.has_transient_stake() {
            // The last seed is used again, unless its address still has an account.
            let in_use = validator.transient_stake().is_some_and(|account| account.owner != SYSTEM_PROGRAM_ID);
            let transient_seed = if in_use { last_seed.wrapping_add(1) } else { last_seed };
            return Ok(Self {
                snapshot,
                validator,
                transient_seed,
                transient_stake: find_transient_stake(&program_id, vote, &pool, transient_seed).0,
                ephemeral: None,
            });
        }
        check_can_be_joined(snapshot, &validator, same_way)?;
        // Several such instructions can share a transaction, and an ephemeral address can be used only once.
        let ephemeral_seed = validator.index as u64;
        let ephemeral = find_ephemeral_stake(&program_id, &pool, ephemeral_seed).0;
        Ok(Self {
            snapshot,
            validator,
            transient_seed: last_seed,
            transient_stake: validator.addresses.transient,
            ephemeral: Some((ephemeral_seed, ephemeral)),
        })
    }

    fn group(&self, what: &str, lamports: u64, instruction: Instruction) -> InstructionGroup {
        InstructionGroup::one(
            format!("{what} the stake of validator {} by {}", self.validator.vote(), Sol(lamports)),
            instruction,
            PoolBounds::of(self.snapshot).move_stake(self.snapshot.records().len()),
        )
    }
}

/// Checks that stake can join the transient stake. That takes a merge, which the stake program refuses for deactivating
/// stake of an earlier epoch.
fn check_can_be_joined(
    snapshot: &PoolSnapshot,
    validator: &Validator,
    same_way: impl FnOnce(&Delegation, u64) -> bool,
) -> Result<(), PlanError> {
    let vote = validator.vote();
    if validator.accounts.is_none() {
        return Err(PlanError::StakeAccountsNotRead { vote });
    }
    let moving = Sol(validator.record.transient_stake_lamports.get());
    let later = "retry after the next epoch's update";
    let (Some(account), Some((_, delegation))) = (validator.transient_stake(), validator.transient_delegation()) else {
        return Err(PlanError::refused(
            StakePoolError::WrongStakeStake,
            format!(
                "the transient stake account of validator {vote}, with {moving}, is not delegated: update the pool first"
            ),
        ));
    };
    if !same_way(delegation, snapshot.epoch()) {
        return Err(PlanError::refused(
            StakePoolError::WrongStakeStake,
            format!(
                "validator {vote} has {moving} of transient stake in the other direction, or of an earlier epoch: {later}"
            ),
        ));
    }
    merge_kind(account, snapshot.environment()).map(drop).map_err(|error| {
        let context = format!("validator {vote} has {moving} of deactivating transient stake: {later}");
        PlanError::refused(error, context)
    })
}

/// Delegates `lamports` of the reserve to the validator `vote`, plus the rent of the transient stake account. It joins
/// activating stake of this epoch, for which the snapshot must hold the validator's stake accounts.
///
/// # Errors
/// [`PlanError::EpochRewardsActive`], [`PlanError::StakeAccountsNotRead`]. Refusals: `StakeListAndPoolOutOfDate`,
/// `ValidatorNotFound`, `ValidatorDemoted`, `WrongStakeStake` (other transient stake), `InsufficientFunds` (the reserve); the stake
/// program's `InsufficientDelegation` below the minimum delegation.
pub fn increase_validator_stake(
    snapshot: &PoolSnapshot,
    vote: &Address,
    lamports: u64,
) -> Result<InstructionGroup, PlanError> {
    let movement = Movement::new(snapshot, vote, |delegation, epoch| {
        delegation.is_delegated() && delegation.activation_epoch.get() == epoch
    })?;
    check_not_demoted(snapshot, &movement.validator)?;
    let minimum = snapshot.environment().minimum_delegation();
    if lamports < minimum {
        return Err(PlanError::refused(
            StakeError::InsufficientDelegation,
            format!("{} is below the minimum delegation of {}: increase by more", Sol(lamports), Sol(minimum)),
        ));
    }
    let rent = snapshot.environment().stake_rent();
    let available = snapshot.withdrawable_reserve_lamports();
    if lamports.checked_add(rent).is_none_or(|needed| needed > available) {
        return Err(PlanError::refused(
            InstructionError::InsufficientFunds,
            format!(
                "the reserve can spare {}{}, and {} of rent are needed in addition to {}: increase by less",
                Sol(available),
                snapshot.stays_in_reserve(),
                Sol(rent),
                Sol(lamports)
            ),
        ));
    }
    Ok(movement.group("increase", lamports, increase_instruction(&movement, lamports)))
}

fn increase_instruction(movement: &Movement, lamports: u64) -> Instruction {
    let snapshot = movement.snapshot;
    let (transient_stake_seed, transient_stake) = (movement.transient_seed, movement.transient_stake);
    let (validator_stake, vote) = (movement.validator.addresses.validator, movement.validator.vote());
    match movement.ephemeral {
        None => StakePoolInstruction::IncreaseValidatorStake { lamports, transient_stake_seed }.with_accounts(
            &snapshot.program_id(),
            accounts! { snapshot => IncreaseValidatorStakeAccounts {
                pool, staker, withdraw_authority, validator_list, reserve_stake, transient_stake, validator_stake,
                vote, clock, rent, stake_history, stake_config, system_program, stake_program,
            } }
            .metas(),
        ),
        Some((ephemeral_stake_seed, ephemeral_stake)) => StakePoolInstruction::IncreaseAdditionalValidatorStake {
            lamports,
            transient_stake_seed,
            ephemeral_stake_seed,
        }
        .with_accounts(
            &snapshot.program_id(),
            accounts! { snapshot => IncreaseAdditionalValidatorStakeAccounts {
                pool, staker, withdraw_authority, validator_list, reserve_stake, ephemeral_stake, transient_stake,
                validator_stake, vote, clock, stake_history, stake_config, system_program, stake_program,
            } }
            .metas(),
        ),
    }
}

/// Deactivates `lamports` of the validator's stake, which reach the reserve with the next epoch's update. The reserve
/// lends the rent of the transient stake account. It joins stake that was activated and is deactivating in this epoch,
/// for which the snapshot must hold the validator's stake accounts. The stake program does not merge into older
/// deactivating stake.
///
/// # Errors
/// [`PlanError::EpochRewardsActive`], [`PlanError::StakeAccountsNotRead`]. Refusals: `StakeListAndPoolOutOfDate`,
/// `ValidatorNotFound`, `WrongStakeStake` (other transient stake), `AccountNotRentExempt` (below the minimum
/// delegation), `InsufficientFunds` or `CalculationFailure` (the validator's stake), `ReserveDepleted`; the stake
/// program's `MergeTransientStake`.
pub fn decrease_validator_stake(
    snapshot: &PoolSnapshot,
    vote: &Address,
    lamports: u64,
) -> Result<InstructionGroup, PlanError> {
    let movement = Movement::new(snapshot, vote, |delegation, epoch| delegation.deactivation_epoch.get() == epoch)?;
    check_decrease(&movement, lamports)?;
    Ok(movement.group("decrease", lamports, decrease_instruction(&movement, lamports)))
}

fn check_decrease(movement: &Movement, lamports: u64) -> Result<(), PlanError> {
    let environment = movement.snapshot.environment();
    let minimum = environment.minimum_delegation();
    if lamports < minimum {
        return Err(PlanError::refused(
            InstructionError::AccountNotRentExempt,
            format!("{} is below the minimum delegation of {}: decrease by more", Sol(lamports), Sol(minimum)),
        ));
    }
    let validator = &movement.validator;
    let held =
        validator.validator_stake().map_or(validator.record.active_stake_lamports.get(), |account| account.lamports);
    let required = environment.minimum_stake_lamports();
    if held.checked_sub(lamports).is_none_or(|left| left < required) {
        // With a balance below the minimum already, the program's subtraction underflows.
        let cause = if lamports <= held && held < required {
            Cause::from(StakePoolError::CalculationFailure)
        } else {
            InstructionError::InsufficientFunds.into()
        };
        return Err(PlanError::refused(
            cause,
            format!(
                "validator {} has {}; {} of it must stay: decrease by at most {}, or remove the validator",
                validator.vote(),
                Sol(held),
                Sol(required),
                Sol(held.saturating_sub(required))
            ),
        ));
    }
    let (rent, available) = (environment.stake_rent(), movement.snapshot.reserve_lamports_above_rent());
    if rent > available {
        return Err(PlanError::refused(
            StakePoolError::ReserveDepleted,
            format!(
                "a decrease borrows {} of rent from the reserve, which can spare {}: deposit SOL, or send {} to {}",
                Sol(rent),
                Sol(available),
                Sol(rent - available),
                movement.snapshot.pool().head.reserve_stake
            ),
        ));
    }
    Ok(())
}

fn decrease_instruction(movement: &Movement, lamports: u64) -> Instruction {
    let snapshot = movement.snapshot;
    let (transient_stake_seed, transient_stake) = (movement.transient_seed, movement.transient_stake);
    let validator_stake = movement.validator.addresses.validator;
    match movement.ephemeral {
        None => StakePoolInstruction::DecreaseValidatorStakeWithReserve { lamports, transient_stake_seed }
            .with_accounts(
                &snapshot.program_id(),
                accounts! { snapshot => DecreaseValidatorStakeWithReserveAccounts {
                    pool, staker, withdraw_authority, validator_list, reserve_stake, validator_stake, transient_stake,
                    clock, stake_history, system_program, stake_program,
                } }
                .metas(),
            ),
        Some((ephemeral_stake_seed, ephemeral_stake)) => StakePoolInstruction::DecreaseAdditionalValidatorStake {
            lamports,
            transient_stake_seed,
            ephemeral_stake_seed,
        }
        .with_accounts(
            &snapshot.program_id(),
            accounts! { snapshot => DecreaseAdditionalValidatorStakeAccounts {
                pool, staker, withdraw_authority, validator_list, reserve_stake, validator_stake, ephemeral_stake,
                transient_stake, clock, stake_history, system_program, stake_program,
            } }
            .metas(),
        ),
    }
}
