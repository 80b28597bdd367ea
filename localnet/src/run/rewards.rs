//! Rewards that the bank pays to a pool.

use {
    super::RunError,
    solana_address::Address,
    std::{collections::HashMap, sync::PoisonError},
    tidepool_client::pool::PoolSnapshot,
    tidepool_embedded::{EmbeddedCluster, EmbeddedError},
};

/// Rewards of a pool's stake for an epoch.
#[derive(Clone, Debug, Default)]
pub struct PoolRewards {
    /// The new epoch; the rewards are for the previous one.
    pub epoch: u64,
    /// Lamports in all.
    pub total: u64,
    /// Number of stake accounts with rewards.
    pub accounts: usize,
    /// Lamports by validator (vote account).
    pub by_vote: HashMap<Address, u64>,
    /// Lamports for all stake of the cluster, by the bank's inflation.
    pub inflation: u64,
}

/// Advances to the next epoch until the bank has paid all rewards. Checks the bank's report against the balance of each stake account of
/// the pool.
///
/// # Errors
/// [`RunError::Mismatch`]; as [`EmbeddedCluster::begin_epoch`].
pub fn next_epoch(cluster: &EmbeddedCluster, snapshot: &PoolSnapshot) -> Result<PoolRewards, RunError> {
    let accounts: Vec<(Address, Address)> = snapshot
        .validators()
        .flat_map(|validator| {
            let addresses = validator.addresses;
            [addresses.validator, addresses.transient].map(|address| (validator.vote(), address))
        })
        .collect();
    let before: Vec<u64> = accounts.iter().map(|(_, address)| cluster.lamports(address)).collect();
    let (paid, inflation) = pay(cluster)?;
    let mut rewards = PoolRewards { epoch: cluster.epoch(), inflation, ..PoolRewards::default() };
    for ((vote, address), before) in accounts.iter().zip(before) {
        let arrived = cluster.lamports(address).saturating_sub(before);
        RunError::check(
            format!("the reward of account {address}, in lamports,"),
            paid.get(address).copied().unwrap_or(0),
            arrived,
        )?;
        *rewards.by_vote.entry(*vote).or_default() += arrived;
        rewards.total += arrived;
        rewards.accounts += usize::from(arrived > 0);
    }
    Ok(rewards)
}

/// Advances to the next epoch. Returns the rewards of each account from the bank's reports of all blocks, and the inflation.
fn pay(cluster: &EmbeddedCluster) -> Result<(HashMap<Address, u64>, u64), EmbeddedError> {
    cluster.begin_epoch()?;
    let inflation = inflation(cluster);
    let mut paid = HashMap::new();
    add_block(cluster, &mut paid);
    while cluster.epoch_rewards().active {
        cluster.advance_blocks(1);
        add_block(cluster, &mut paid);
    }
    Ok((paid, inflation))
}

/// Lamports of inflation for the stake of the previous epoch: rate of the year, supply and length of the epoch.
fn inflation(cluster: &EmbeddedCluster) -> u64 {
    let bank = cluster.bank();
    let supply = bank.parent().map_or(0, |parent| parent.capitalization());
    let rate = bank.inflation().validator(bank.slot_in_year_for_inflation());
    (rate * supply as f64 * bank.epoch_duration_in_years(bank.epoch() - 1)) as u64
}

fn add_block(cluster: &EmbeddedCluster, paid: &mut HashMap<Address, u64>) {
    let bank = cluster.bank();
    let rewards = bank.rewards.read().unwrap_or_else(PoisonError::into_inner);
    for (address, reward) in rewards.iter() {
        // A negative reward would be rent, which is no longer collected.
        *paid.entry(*address).or_default() += u64::try_from(reward.lamports).unwrap_or(0);
    }
}
