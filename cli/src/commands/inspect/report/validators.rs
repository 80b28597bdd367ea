//! The validators of a report: stake, weight, commission, rewards.

use {
    crate::{error::CliError, output::Text, units::Share},
    serde::Serialize,
    solana_address::Address,
    std::{cmp::Reverse, collections::HashMap},
    tidepool_client::{
        cluster::{Cluster, InflationReward},
        pool::{self, PoolSnapshot},
        vote::{Caution, ValidatorSurvey},
        words::status_name,
    },
    tidepool_core::{maths::mul_div_floor, rebalance::BASIS_POINTS},
    tidepool_interface::state::ValidatorStakeInfo,
};

/// A validator of a report.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Validator {
    pub vote: Text<Address>,
    pub status: &'static str,
    /// Stake and transient stake, rents included.
    pub stake_lamports: u64,
    /// Of all stake with validators.
    pub share_basis_points: u16,
    /// 0 for none.
    pub weight: u16,
    pub inflation_commission_basis_points: Option<u16>,
    pub block_revenue_commission_basis_points: Option<u16>,
    /// Inflation rewards that its stake accounts received for the last epoch, after its commission; `null` where the cluster does
    /// not say.
    pub earned_lamports: Option<u64>,
    /// Its commission on these rewards, by its rate; `null` where the cluster does not say.
    pub cost_lamports: Option<u64>,
    pub cautions: Vec<&'static str>,
    /// From a file.
    pub group: Option<String>,
}

/// Inflation rewards of the last epoch, or why they are unknown.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct Rewards {
    /// The epoch that the rewards are for; `null` if they are unknown.
    pub rewards_epoch: Option<u64>,
    /// Why they are unknown: `first_epoch`, `being_paid`, `not_reported`; else `null`.
    pub no_rewards: Option<&'static str>,
}

type Paid = HashMap<Address, InflationReward>;

/// The validators, the one with the largest stake first.
pub async fn read<C: Cluster>(
    cluster: &C,
    snapshot: &PoolSnapshot,
    survey: &ValidatorSurvey,
    groups: &HashMap<Address, String>,
) -> Result<(Vec<Validator>, Rewards), CliError> {
    let (paid, rewards) = match rewards(cluster, snapshot).await {
        Ok((epoch, paid)) => (Some(paid), Rewards { rewards_epoch: Some(epoch), no_rewards: None }),
        Err(why) => (None, Rewards { rewards_epoch: None, no_rewards: Some(why) }),
    };
    let whole = snapshot.records().iter().fold(0, |sum: u64, record| sum.saturating_add(held(record)));
    let has_weights = snapshot.weighted().next().is_some();
    let describe = |validator: pool::Validator| {
        let (vote, state) = (validator.vote(), survey.account(&validator.vote()).state());
        let stake_lamports = held(validator.record);
        let accounts = [validator.addresses.validator, validator.addresses.transient];
        Validator {
            vote: Text(vote),
            status: status_name(validator.status()),
            stake_lamports,
            share_basis_points: Share::of(stake_lamports, whole).0,
            weight: if snapshot.is_extended() { validator.weight() } else { 0 },
            inflation_commission_basis_points: state.map(|state| state.inflation_commission_bps),
            block_revenue_commission_basis_points: state.and_then(|state| state.block_revenue_commission_bps),
            earned_lamports: paid.as_ref().map(|paid| earned(paid, &accounts)),
            cost_lamports: paid.as_ref().and_then(|paid| cost(paid, &accounts)),
            cautions: survey.cautions_in_pool(snapshot, &validator, has_weights).iter().map(Caution::name).collect(),
            group: groups.get(&vote).cloned(),
        }
    };
    let mut validators: Vec<_> = snapshot.validators().map(describe).collect();
    validators.sort_by_key(|validator| Reverse(validator.stake_lamports));
    Ok((validators, rewards))
}

const fn held(record: &ValidatorStakeInfo) -> u64 {
    record.active_stake_lamports.get().saturating_add(record.transient_stake_lamports.get())
}

/// Rewards of the pool's stake accounts for the epoch before the present one.
async fn rewards<C: Cluster>(cluster: &C, snapshot: &PoolSnapshot) -> Result<(u64, Paid), &'static str> {
    let epoch = snapshot.epoch().checked_sub(1).ok_or("first_epoch")?;
    if snapshot.environment().rewards_are_being_paid() {
        return Err("being_paid");
    }
    let accounts: Vec<_> =
        snapshot.stake_addresses().iter().flat_map(|addresses| [addresses.validator, addresses.transient]).collect();
    // An endpoint without the block at the epoch's beginning answers with an error.
    let found = cluster.inflation_rewards(&accounts, epoch).await.ok().flatten().ok_or("not_reported")?;
    let paid = accounts.into_iter().zip(found).filter_map(|(account, reward)| Some((account, reward?)));
    Ok((epoch, paid.collect()))
}

fn earned(paid: &Paid, accounts: &[Address]) -> u64 {
    let rewards = accounts.iter().filter_map(|account| paid.get(account));
    rewards.fold(0, |sum, reward| sum.saturating_add(reward.lamports))
}

/// The commission that leaves these rewards; `None` if a rate is unknown, or takes all.
fn cost(paid: &Paid, accounts: &[Address]) -> Option<u64> {
    let rewards = accounts.iter().filter_map(|account| paid.get(account));
    rewards.map(|reward| commission(reward.lamports, reward.commission_bps?)).sum()
}

fn commission(left: u64, commission_bps: u16) -> Option<u64> {
    let rest = BASIS_POINTS.checked_sub(commission_bps).filter(|rest| *rest > 0)?;
    mul_div_floor(left, commission_bps.into(), rest.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commission_follows_from_the_rest_and_the_rate() {
        assert_eq!(commission(95, 500), Some(5));
        assert_eq!(commission(95, 0), Some(0));
        assert_eq!(commission(95, 10_000), None);
    }
}
