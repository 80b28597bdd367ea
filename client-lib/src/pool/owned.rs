//! The stake accounts of a wallet.

use {
    crate::cluster::{BytesAt, Cluster, ClusterError},
    solana_account::Account,
    solana_address::Address,
    tidepool_interface::address::STAKE_PROGRAM_ID,
};

/// Offset of the staker in a stake account's data, in bytes; the withdrawer comes next.
const STAKER_OFFSET: usize = 12;

/// The stake accounts of which `owner` is both staker and withdrawer, in the order of their addresses.
///
/// # Errors
/// Those of [`Cluster::program_accounts`]: an endpoint may refuse to search.
pub async fn stake_accounts_of<C>(cluster: &C, owner: &Address) -> Result<Vec<(Address, Account)>, ClusterError>
where
    C: Cluster + ?Sized,
{
    let filters = [BytesAt::new(STAKER_OFFSET, [owner.to_bytes(), owner.to_bytes()].concat())];
    let mut found = cluster.program_accounts(&STAKE_PROGRAM_ID, &filters).await?;
    // An endpoint may ignore filters.
    found.retain(|(_, account)| account.owner == STAKE_PROGRAM_ID && filters[0].matches(&account.data));
    found.sort_by_key(|(address, _)| *address);
    found.dedup_by_key(|(address, _)| *address);
    Ok(found)
}
