//! Watching the bank pay rewards.

use {
    crate::embedded::{EmbeddedCluster, EmbeddedError},
    solana_address::Address,
    std::{collections::HashMap, sync::PoisonError},
};

/// The rewards of an epoch, as the bank reports them block by block.
#[derive(Clone, Debug, Default)]
pub struct PaidRewards {
    /// The epoch that has begun; the rewards are for the one before.
    pub epoch: u64,
    /// Lamports paid to each account.
    by_account: HashMap<Address, u64>,
}

impl PaidRewards {
    /// Lamports paid to `address`.
    pub fn to(&self, address: &Address) -> u64 {
        self.by_account.get(address).copied().unwrap_or(0)
    }

    fn add_block(&mut self, cluster: &EmbeddedCluster) {
        let bank = cluster.bank();
        let rewards = bank.rewards.read().unwrap_or_else(PoisonError::into_inner);
        for (address, reward) in rewards.iter() {
            // A negative one would be rent, which nobody pays any more.
            *self.by_account.entry(*address).or_default() += u64::try_from(reward.lamports).unwrap_or(0);
        }
    }
}

/// Moves on to the next epoch and notes what the bank pays, until it has paid all.
///
/// # Errors
/// As [`EmbeddedCluster::begin_epoch`].
pub fn next_epoch(cluster: &EmbeddedCluster) -> Result<PaidRewards, EmbeddedError> {
    cluster.begin_epoch()?;
    let mut paid = PaidRewards {
        epoch: cluster.epoch(),
        ..PaidRewards::default()
    };
    paid.add_block(cluster);
    while cluster.epoch_rewards().active {
        cluster.advance_blocks(1);
        paid.add_block(cluster);
    }
    Ok(paid)
}
