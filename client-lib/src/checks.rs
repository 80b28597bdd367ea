//! Refusals that follow from the state of the pool.

use {
    crate::{error::PlanError, pool::PoolSnapshot},
    tidepool_interface::{ExtensionError, StakePoolError, state::RebalancePolicy},
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
    snapshot.policy().ok_or_else(|| {
        let pool = snapshot.address();
        let context = if snapshot.has_unknown_extension() {
            format!("pool {pool} has an unknown version of the extension: update tidepool")
        } else {
            format!("pool {pool} has no extension: its manager can add it with `tidepool extend-pool`")
        };
        PlanError::refused(ExtensionError::NotExtended, context)
    })
}
