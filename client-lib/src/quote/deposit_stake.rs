//! Quotes of stake account deposits.

use {
    super::{
        check_deposit_minimum, explain_deposit,
        merge::{MergeKind, merge_kind, merged_delegation},
    },
    crate::{
        checks::{check_no_rewards, check_not_demoted, check_not_halted, check_supply_floor, check_up_to_date},
        error::PlanError,
        pool::{PoolSnapshot, Validator},
    },
    solana_account::Account,
    solana_address::Address,
    solana_instruction::error::InstructionError,
    solana_stake_interface::{
        error::StakeError,
        state::{Meta, StakeStateV2},
    },
    tidepool_core::{
        maths::{ExchangeRate, Lamports},
        quote::{self, DepositQuote, StakeDepositFees},
    },
    tidepool_interface::{StakePoolError, address::STAKE_PROGRAM_ID, state::StakeStatus},
};

/// Quote of a stake account deposit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StakeDepositQuote {
    /// The validator (vote account) of the stake.
    pub vote: Address,
    /// Its stake account in the pool.
    pub validator_stake: Address,
    /// Lamports that the pool receives: all of the account's.
    pub total_lamports: u64,
    /// Lamports of these that join the validator's delegation. The rest goes to the reserve and pays the fee of a SOL
    /// deposit.
    pub stake_lamports: u64,
    /// Pool tokens.
    pub pool_tokens: DepositQuote,
}

/// Quotes the deposit of the stake account `stake` in its current state, with `minimum` pool tokens out. The snapshot
/// must hold the stake accounts of its validator.
///
/// # Errors
/// [`PlanError::EpochRewardsActive`], [`PlanError::StakeAccountsNotRead`]. Refusals: `StakeListAndPoolOutOfDate`,
/// `RateGuardHalt`, `IncorrectDepositVoteAddress`, `ValidatorNotFound`, `ValidatorDemoted`, `DepositTooSmall`, `ExceededSlippage`,
/// `SupplyBelowFloor`, `CalculationFailure`; the stake program's `LockupInForce`, `MergeMismatch`, `MergeTransientStake`.
pub fn quote_deposit_stake(
    snapshot: &PoolSnapshot,
    stake: &Account,
    minimum: Option<u64>,
) -> Result<StakeDepositQuote, PlanError> {
    stake_deposit_at(snapshot, &snapshot.rate(), stake, minimum)
}

/// Like [`quote_deposit_stake`], at another exchange rate.
pub(crate) fn stake_deposit_at(
    snapshot: &PoolSnapshot,
    rate: &ExchangeRate,
    stake: &Account,
    minimum: Option<u64>,
) -> Result<StakeDepositQuote, PlanError> {
    let environment = snapshot.environment();
    check_no_rewards(snapshot)?;
    check_up_to_date(snapshot)?;
    check_not_halted(snapshot)?;
    let (meta, vote) = delegated_stake(stake)?;
    let validator = accepting_validator(snapshot, &vote)?;
    check_not_demoted(snapshot, &validator)?;
    check_lockup(snapshot, &meta)?;
    let destination = validator.accounts.ok_or(PlanError::StakeAccountsNotRead { vote })?;
    let destination = destination.validator.as_ref().ok_or_else(|| {
        PlanError::refused(
            StakePoolError::WrongStakeStake,
            format!(
                "the pool's stake account of validator {vote} does not exist: update the pool, then use another validator"
            ),
        )
    })?;
    let source = merge_kind(stake, environment).map_err(|error| explain_merge(error, None))?;
    let destination = merge_kind(destination, environment).map_err(|error| {
        PlanError::refused(
            error,
            format!("the pool's stake with validator {vote} is activating or deactivating: deposit in the next epoch"),
        )
    })?;
    let stake_lamports =
        merged_delegation(&destination, &source).map_err(|error| explain_merge(error, Some((source, destination))))?;
    let total_lamports = stake.lamports;
    let terms = &snapshot.pool().terms;
    let fees = StakeDepositFees {
        stake: terms.stake_deposit_fee,
        sol: terms.sol_deposit_fee,
        referral_percent: terms.stake_referral_fee,
    };
    let pool_tokens = quote::stake_deposit(rate, &fees, Lamports::new(total_lamports), Lamports::new(stake_lamports))
        .map_err(|error| explain_deposit(error, total_lamports, || None))?;
    let pool_tokens = check_deposit_minimum(pool_tokens, minimum)?;
    check_supply_floor(snapshot, rate, pool_tokens.minted.get())?;
    Ok(StakeDepositQuote {
        vote,
        validator_stake: validator.addresses.validator,
        total_lamports,
        stake_lamports,
        pool_tokens,
    })
}

/// Meta and vote account of a stake account with a current or past delegation.
fn delegated_stake(stake: &Account) -> Result<(Meta, Address), PlanError> {
    if stake.owner != STAKE_PROGRAM_ID {
        return Err(PlanError::refused(
            InstructionError::IncorrectProgramId,
            format!("the account to deposit is owned by program {}: specify a stake account", stake.owner),
        ));
    }
    match bincode::deserialize(&stake.data) {
        Ok(StakeStateV2::Stake(meta, stake, _)) => Ok((meta, stake.delegation.voter_pubkey)),
        Ok(StakeStateV2::Initialized(_)) => Err(PlanError::refused(
            StakeError::MergeMismatch,
            "the stake account is not delegated: withdraw its lamports and deposit them as SOL",
        )),
        Ok(StakeStateV2::Uninitialized | StakeStateV2::RewardsPool) | Err(_) => Err(PlanError::refused(
            InstructionError::InvalidAccountData,
            "the stake account is not initialized: specify one that is delegated to a validator of the pool",
        )),
    }
}

fn accepting_validator<'a>(snapshot: &'a PoolSnapshot, vote: &Address) -> Result<Validator<'a>, PlanError> {
    match snapshot.pool().terms.preferred_deposit_validator_vote_address {
        Some(preferred) if preferred != *vote => {
            return Err(PlanError::refused(
                StakePoolError::IncorrectDepositVoteAddress,
                format!(
                    "the stake is delegated to {vote}, but the pool accepts only stake of its preferred validator \
                     {preferred}: deposit SOL, or stake of that validator"
                ),
            ));
        }
        _ => {}
    }
    let validator = snapshot.validator(vote).ok_or_else(|| {
        PlanError::refused(
            StakePoolError::ValidatorNotFound,
            format!(
                "the stake is delegated to {vote}, which is not in the pool: deposit stake of one of its validators"
            ),
        )
    })?;
    if validator.status() != Some(StakeStatus::Active) {
        return Err(PlanError::refused(
            StakePoolError::ValidatorNotFound,
            format!("validator {vote} is being removed from the pool: deposit stake of another validator"),
        ));
    }
    Ok(validator)
}

/// While a lockup is in force, the withdraw authority cannot be changed, as a deposit requires.
fn check_lockup(snapshot: &PoolSnapshot, meta: &Meta) -> Result<(), PlanError> {
    if meta.lockup.is_in_force(&snapshot.environment().clock, None) {
        return Err(PlanError::refused(
            StakeError::LockupInForce,
            format!(
                "the stake account is locked until Unix time {} and epoch {}: deposit it after that",
                meta.lockup.unix_timestamp, meta.lockup.epoch
            ),
        ));
    }
    Ok(())
}

fn explain_merge(error: StakeError, kinds: Option<(MergeKind, MergeKind)>) -> PlanError {
    let context = match (&error, kinds) {
        (StakeError::MergeTransientStake, _) => {
            "the stake is activating or deactivating: deposit it when it is fully active"
        }
        (_, Some((MergeKind::Inactive { .. }, _))) => {
            "the stake is not active: withdraw its lamports and deposit them as SOL"
        }
        (_, Some((MergeKind::Activating { .. }, _))) => {
            "the stake was delegated in this epoch and is not active yet: deposit it in the next epoch"
        }
        (_, Some((MergeKind::Active { .. }, MergeKind::Activating { .. }))) => {
            "the pool's own stake with this validator is not active yet: deposit in the next epoch"
        }
        (_, Some((MergeKind::Active { .. }, _))) => {
            "the pool's own stake with this validator is deactivated: deposit stake of another validator"
        }
        _ => "the stake account cannot be merged into the pool's",
    };
    PlanError::refused(error, context)
}
