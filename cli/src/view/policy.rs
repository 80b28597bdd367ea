//! How a pool spreads its stake, as answers show it.

use {
    crate::{
        error::CliError,
        output::Line,
        units::{Share, sol},
    },
    serde::Serialize,
    tidepool_client::{error::PlanError, pool::PoolSnapshot},
    tidepool_core::rebalance::BASIS_POINTS,
    tidepool_interface::{ExtensionError, state::RebalancePolicy},
};

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct Policy {
    /// Share of the pool that the reserve is to hold.
    reserve_share_basis_points: u16,
    /// What the reserve is to hold at least.
    reserve_floor_lamports: u64,
    /// By how much anything may be off its target before it moves; the minimum delegation where that is more.
    threshold_lamports: u64,
    /// Share of the pool that may be taken from validators in an epoch; 10,000 sets no bound.
    turnover_budget_basis_points: u16,
    /// Share of the pool that one validator may be given.
    validator_cap_basis_points: u16,
    /// Rents of a stake account that stay in the reserve for decreases, once the pool has weights.
    reserve_rents: u8,
}

impl From<&RebalancePolicy> for Policy {
    fn from(policy: &RebalancePolicy) -> Self {
        Self {
            reserve_share_basis_points: policy.reserve_share.get(),
            reserve_floor_lamports: policy.reserve_floor.get(),
            threshold_lamports: policy.threshold.get(),
            turnover_budget_basis_points: policy.turnover_budget.get(),
            validator_cap_basis_points: policy.validator_cap.get(),
            reserve_rents: policy.reserve_rents,
        }
    }
}

impl Policy {
    /// The settings for a person, each with its name.
    pub fn lines(&self) -> [Line; 6] {
        let bound = |points: u16| if points >= BASIS_POINTS { "no bound".into() } else { Share(points).to_string() };
        [
            ("reserve share", Share(self.reserve_share_basis_points).to_string()),
            ("reserve floor", sol(self.reserve_floor_lamports)),
            ("threshold", sol(self.threshold_lamports)),
            ("turnover budget", bound(self.turnover_budget_basis_points)),
            ("validator cap", bound(self.validator_cap_basis_points)),
            ("reserve rents", self.reserve_rents.to_string()),
        ]
    }
}

pub fn policy_of(snapshot: &PoolSnapshot) -> Result<RebalancePolicy, CliError> {
    let pool = snapshot.address();
    snapshot.policy().copied().ok_or_else(|| {
        let context = if snapshot.has_unknown_extension() {
            format!("pool {pool} has an unknown version of the extension: update tidepool")
        } else {
            format!("pool {pool} has no extension: its manager can add it with `tidepool extend-pool {pool}`")
        };
        PlanError::refused(ExtensionError::NotExtended, context).into()
    })
}
