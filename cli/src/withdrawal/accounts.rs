//! Addresses for new stake accounts. They follow from the holder's, so that no other key signs, and that all signers of the same
//! withdrawal elsewhere signs the same transaction.

use {
    crate::{context::Context, error::CliError},
    solana_address::Address,
    tidepool_client::{
        actions::NewStakeAccount,
        cluster::{Cluster, ClusterError},
        error::PlanError,
    },
};

/// Addresses that are asked for at a time.
const AT_A_TIME: usize = 32;

/// Number of addresses tried. More are in use only if an endpoint lies.
const MOST_NUMBERS: usize = 10_000;

/// The stake account with that number of the holder `base`.
pub fn numbered(base: &Address, number: usize) -> Result<NewStakeAccount, PlanError> {
    NewStakeAccount::with_seed(*base, &format!("tidepool {number}"))
}

/// The first `count` of the holder's stake accounts that do not exist.
pub async fn unused<C: Cluster>(
    context: &Context<'_, C>,
    base: &Address,
    count: usize,
) -> Result<Vec<NewStakeAccount>, CliError> {
    let mut found = Vec::with_capacity(count);
    let mut next = 0;
    while found.len() < count {
        if next >= MOST_NUMBERS {
            let detail = format!("all {next} derived stake account addresses of {base} are in use");
            return Err(ClusterError::UnexpectedAnswer { detail }.into());
        }
        let accounts = (next..next + AT_A_TIME).map(|number| numbered(base, number)).collect::<Result<Vec<_>, _>>()?;
        let addresses: Vec<_> = accounts.iter().map(|account| account.address).collect();
        let existing = context.cluster.accounts(&addresses).await?;
        let free = accounts.into_iter().zip(existing).filter(|(_, existing)| existing.is_none());
        found.extend(free.map(|(account, _)| account).take(count - found.len()));
        next += AT_A_TIME;
    }
    Ok(found)
}
