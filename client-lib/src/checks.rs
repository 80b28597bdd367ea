//! Refusals that follow from the state of the pool.

use {
    crate::{
        error::{PlanError, Tokens},
        pool::{PoolSnapshot, Validator},
    },
    tidepool_core::maths::ExchangeRate,
    tidepool_interface::{
        ExtensionError, StakePoolError,
        state::{PoolExtension, RebalancePolicy},
    },
};

/// Rejects changes of stake accounts while rewards are being paid.
pub(crate) fn check_no_rewards(snapshot: &PoolSnapshot) -> Result<(), PlanError> {
    let rewards = &snapshot.environment().epoch_rewards;
    if rewards.active {
        return Err(PlanError::EpochRewardsActive {
            epoch: snapshot.epoch().saturating_sub(1),
            until_block_height: rewards.distribution_starting_block_height.saturating_add(rewards.num_partitions),
        });
    }
    Ok(())
}

pub(crate) fn check_up_to_date(snapshot: &PoolSnapshot) -> Result<(), PlanError> {
    if snapshot.is_stale() {
        return Err(PlanError::refused(
            StakePoolError::StakeListAndPoolOutOfDate,
            format!(
                "stale pool: last updated in epoch {}, current epoch {}: update it first",
                snapshot.pool().head.last_update_epoch.get(),
                snapshot.epoch()
            ),
        ));
    }
    Ok(())
}

pub(crate) fn require_policy(snapshot: &PoolSnapshot) -> Result<&RebalancePolicy, PlanError> {
    require_extension(snapshot).map(|extension| &extension.policy)
}

/// Rejects deposits and SOL withdrawals that the rate guard has halted.
pub(crate) fn check_not_halted(snapshot: &PoolSnapshot) -> Result<(), PlanError> {
    let Some(until) = snapshot.halted_until_epoch() else { return Ok(()) };
    Err(PlanError::refused(
        ExtensionError::RateGuardHalt,
        format!(
            "the exchange rate moved by more than the pool's rate guard allows, so deposits and SOL withdrawals are halted \
             until epoch {until}, and it is epoch {} now: withdraw stake, or wait",
            snapshot.epoch()
        ),
    ))
}

/// Rejects a deposit at `rate` that leaves a supply below the floor. It mints `minted` pool tokens.
pub(crate) fn check_supply_floor(snapshot: &PoolSnapshot, rate: &ExchangeRate, minted: u64) -> Result<(), PlanError> {
    let limits = snapshot.limits();
    let supply = rate.pool_token_supply.get();
    let after = supply.saturating_add(minted);
    limits.check_supply(after).map_err(|error| {
        let floor = limits.supply_floor.get();
        PlanError::refused(
            error,
            format!(
                "the deposit would leave {} in existence, and the pool's supply floor is {}: deposit enough for {} or more",
                Tokens(after),
                Tokens(floor),
                Tokens(floor.saturating_sub(supply))
            ),
        )
    })
}

/// Rejects new stake for a demoted validator.
pub(crate) fn check_not_demoted(snapshot: &PoolSnapshot, validator: &Validator) -> Result<(), PlanError> {
    let Some(demotion) = snapshot.demotion_of(validator.record) else { return Ok(()) };
    Err(PlanError::refused(
        ExtensionError::ValidatorDemoted,
        format!(
            "validator {} was demoted in epoch {} and takes no new stake: use another validator",
            validator.vote(),
            demotion.epoch
        ),
    ))
}

pub(crate) fn require_extension(snapshot: &PoolSnapshot) -> Result<&PoolExtension, PlanError> {
    snapshot.extension().ok_or_else(|| {
        let pool = snapshot.address();
        let context = if snapshot.has_unknown_extension() {
            format!("pool {pool} has an unknown version of the extension: update tidepool")
        } else {
            format!("pool {pool} has no extension: its manager can add it with `tidepool extend-pool`")
        };
        PlanError::refused(ExtensionError::NotExtended, context)
    })
}
