//! Addresses for new stake accounts. They are derived from the owner's, so that no other key signs.

use {
    crate::{
        actions::NewStakeAccount,
        cluster::{Cluster, ClusterError},
        error::PlanError,
    },
    solana_address::Address,
};

const AT_A_TIME: usize = 32;

/// Most addresses that are tried. More are in use only if an endpoint returns wrong accounts.
const MAX_NUMBERS: usize = 10_000;

pub(super) fn numbered(base: &Address, number: usize) -> Result<NewStakeAccount, PlanError> {
    NewStakeAccount::with_seed(*base, &format!("tidepool {number}"))
}

/// The first `count` derived stake accounts of `owner` that do not exist.
///
/// # Errors
/// [`ClusterError`].
pub async fn unused_stake_accounts<C: Cluster>(
    cluster: &C,
    owner: &Address,
    count: usize,
) -> Result<Vec<NewStakeAccount>, ClusterError> {
    let mut found = Vec::with_capacity(count);
    for first in (0..MAX_NUMBERS).step_by(AT_A_TIME) {
        // A seed of these characters is short enough for an address.
        let accounts: Vec<_> = (first..first + AT_A_TIME).filter_map(|number| numbered(owner, number).ok()).collect();
        let addresses: Vec<_> = accounts.iter().map(|account| account.address).collect();
        let existing = cluster.accounts(&addresses).await?;
        let free = accounts.into_iter().zip(existing).filter(|(_, existing)| existing.is_none());
        found.extend(free.map(|(account, _)| account).take(count - found.len()));
        if found.len() == count {
            return Ok(found);
        }
    }
    let detail = format!("all {MAX_NUMBERS} derived stake account addresses of {owner} are in use");
    Err(ClusterError::UnexpectedAnswer { detail })
}
