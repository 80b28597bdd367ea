//! Rewards of the pool by the bank's inflation: an account of its own, beside what the bank distributes.

use {
    super::stage::Stage,
    crate::run::{PoolRewards, RunError},
    solana_address::Address,
    solana_stake_interface::state::{Delegation, StakeStateV2},
    solana_vote_interface::state::VoteStateV4,
    std::collections::HashMap,
    tidepool_core::rebalance::BASIS_POINTS,
};

impl Stage<'_> {
    /// Lamports of the pool that are active in the present epoch, with the vote account that they are delegated to.
    pub fn active_stakes(&self) -> Vec<(Address, u64)> {
        let cluster = self.cluster();
        let addresses = self.snapshot().stake_addresses().iter();
        let addresses = addresses.flat_map(|addresses| [addresses.validator, addresses.transient]);
        let delegations =
            addresses.filter_map(|address| match bincode::deserialize(&cluster.account(&address)?.data) {
                Ok(StakeStateV2::Stake(_, stake, _)) => Some(stake.delegation),
                _ => None,
            });
        let epoch = cluster.epoch();
        // The pool is a small part of the cluster's stake, so that it warms up and cools down in one epoch.
        let is_active =
            |delegation: &Delegation| delegation.activation_epoch < epoch && epoch <= delegation.deactivation_epoch;
        delegations.filter(is_active).map(|delegation| (delegation.voter_pubkey, delegation.stake)).collect()
    }

    /// Rewards in lamports of each validator's part of `stakes`: its share of the inflation by credits, less its commission in basis
    /// points.
    pub fn due_rewards(
        &self,
        rewards: &PoolRewards,
        stakes: &[(Address, u64)],
        commission: impl Fn(&Address) -> u16,
    ) -> HashMap<Address, u64> {
        let all_points = self.cluster().epoch_rewards().total_points.max(1);
        let mut due: HashMap<Address, u64> = HashMap::new();
        for (vote, lamports) in stakes {
            let points = u128::from(*lamports) * u128::from(self.credits(vote, rewards.epoch - 1));
            let reward = points * u128::from(rewards.inflation) / all_points;
            let kept = u128::from(BASIS_POINTS - commission(vote));
            *due.entry(*vote).or_default() += (reward * kept / u128::from(BASIS_POINTS)) as u64;
        }
        due
    }

    /// Checks that the bank has paid each validator's part of `stakes` its share of the inflation, to the lamport.
    pub fn check_rewards(&self, rewards: &PoolRewards, stakes: &[(Address, u64)]) -> Result<(), RunError> {
        let paid = self.cluster().epoch_rewards().total_rewards;
        RunError::check("the inflation of the epoch, in lamports,", rewards.inflation, paid)?;
        let due = self.due_rewards(rewards, stakes, |vote| self.commission(vote, rewards.epoch - 1));
        for (vote, due) in &due {
            let paid = rewards.by_vote.get(vote).copied().unwrap_or(0);
            RunError::check(format!("the rewards of validator {vote}, in lamports,"), *due, paid)?;
        }
        RunError::check("the rewards of the pool, in lamports,", due.values().sum(), rewards.total)
    }

    /// Vote credits that a validator has earned in an epoch.
    fn credits(&self, vote: &Address, epoch: u64) -> u64 {
        let account = self.cluster().account(vote).unwrap_or_default();
        let state = VoteStateV4::deserialize(&account.data, vote);
        let earned = state.ok().and_then(|state| state.epoch_credits.iter().find(|entry| entry.0 == epoch).copied());
        earned.map_or(0, |(_, total, before)| total - before)
    }
}
