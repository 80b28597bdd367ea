//! Delegates the free lamports of the reserve.

use {
    super::Plan,
    crate::{
        actions,
        checks::{check_no_rewards, check_up_to_date},
        error::{PlanError, Sol},
        pool::{PoolSnapshot, Validator},
    },
    solana_address::Address,
    std::{cmp::Reverse, collections::HashMap},
};

/// Shares of the reserve.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Shares {
    /// The same for every active validator.
    #[default]
    Equal,
    /// Pro rata to these weights, by vote account. A validator without one gets nothing.
    Weighted(HashMap<Address, u64>),
}

impl Shares {
    fn weight(&self, vote: &Address) -> u64 {
        match self {
            Self::Equal => 1,
            Self::Weighted(weights) => weights.get(vote).copied().unwrap_or(0),
        }
    }
}

/// A distribution of the reserve.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SplitReservePlan {
    /// Transactions, in one stage.
    pub plan: Plan,
    /// Lamports for each validator (vote account).
    pub parts: Vec<(Address, u64)>,
    /// Lamports of rent that the reserve lends until the next epoch's update.
    pub rent_lamports: u64,
    /// Lamports that can still leave the reserve afterwards.
    pub reserve_left: u64,
}

/// Plans to delegate the lamports of the reserve above `keep` (and its rent).
///
/// If a share is below the minimum delegation, the validators of smallest weight get nothing; ties go to those earlier
/// in the list. Validators with transient stake are skipped. The plan is empty if not even one validator can get the
/// minimum.
///
/// # Errors
/// [`PlanError::EpochRewardsActive`]; [`PlanError::Invalid`] if no validator can take stake; refusal
/// `StakeListAndPoolOutOfDate`.
pub fn split_reserve(snapshot: &PoolSnapshot, keep: u64, shares: &Shares) -> Result<SplitReservePlan, PlanError> {
    check_no_rewards(snapshot)?;
    check_up_to_date(snapshot)?;
    let mut takers: Vec<(Validator, u64)> = snapshot
        .validators()
        .filter(|validator| validator.record.is_active() && !validator.has_transient_stake())
        .map(|validator| (validator, shares.weight(&validator.vote())))
        .filter(|(_, weight)| *weight > 0)
        .collect();
    if takers.is_empty() {
        return Err(PlanError::invalid(
            "no validator of the pool can be delegated stake: all have transient stake, are being removed or have weight 0",
        ));
    }
    takers.sort_by_key(|(_, weight)| Reverse(*weight));
    let environment = snapshot.environment();
    let available = snapshot.withdrawable_reserve_lamports();
    let spare = available.saturating_sub(keep);
    let mut split = SplitReservePlan { reserve_left: available, ..SplitReservePlan::default() };
    let parts = shares_of(&takers, spare, environment.minimum_delegation(), environment.stake_rent());
    let mut groups = Vec::with_capacity(parts.len());
    for ((validator, _), lamports) in takers.iter().zip(parts) {
        groups.push(actions::increase_validator_stake(snapshot, &validator.vote(), lamports)?);
        split.parts.push((validator.vote(), lamports));
        split.rent_lamports = split.rent_lamports.saturating_add(environment.stake_rent());
        split.reserve_left = split.reserve_left.saturating_sub(lamports);
    }
    split.reserve_left = split.reserve_left.saturating_sub(split.rent_lamports);
    let label = format!("delegate {} of the reserve", Sol(split.parts.iter().map(|(_, part)| part).sum()));
    split.plan.push(label, groups);
    Ok(split)
}

/// Lamports for the first of `takers`, sorted by weight: for as many as get the minimum.
fn shares_of(takers: &[(Validator, u64)], spare: u64, minimum: u64, rent: u64) -> Vec<u64> {
    let mut weight_of_all: u128 = takers.iter().map(|(_, weight)| u128::from(*weight)).sum();
    for count in (1..=takers.len()).rev() {
        let (_, least_weight) = takers[count - 1];
        let budget = u128::from(spare).saturating_sub(u128::from(rent) * count as u128);
        // The product is below 2^64 · 2^64, and the quotient below the budget.
        let share = |weight: u64| (budget * u128::from(weight) / weight_of_all) as u64;
        if share(least_weight) >= minimum {
            return takers[..count].iter().map(|(_, weight)| share(*weight)).collect();
        }
        weight_of_all -= u128::from(least_weight);
    }
    Vec::new()
}
