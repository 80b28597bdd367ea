//! All pools of a program.

use {
    crate::cluster::{BytesAt, Cluster, ClusterError},
    solana_account::Account,
    solana_address::Address,
    tidepool_interface::state::{
        AccountType, PoolExtension, StakePool, VALIDATOR_LIST_HEADER_LENGTH, ValidatorListHeader,
    },
};

/// A pool of a listing.
#[derive(Clone, Copy, Debug)]
pub struct ListedPool {
    /// The pool account.
    pub address: Address,
    /// The decoded pool account.
    pub pool: StakePool,
    /// Whether it has an extension, of any version.
    pub is_extended: bool,
    /// The header of its validator list; `None` if that account is not a valid list.
    pub list: Option<ValidatorListHeader>,
}

/// The pools of a program.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// The pools, in the order of their addresses.
    pub pools: Vec<ListedPool>,
    /// Accounts of the program that begin like a pool but are invalid, in the same order.
    pub malformed: Vec<Address>,
}

/// Lists all pools of the program `program_id`, extended or not. Only the headers of validator lists are read.
///
/// # Errors
/// Those of [`Cluster::program_accounts`]: an endpoint may refuse to search.
pub async fn list_pools<C>(cluster: &C, program_id: &Address) -> Result<Listing, ClusterError>
where
    C: Cluster + ?Sized,
{
    let is_pool = BytesAt::new(0, [AccountType::StakePool as u8]);
    let mut found = cluster.program_accounts(program_id, &[is_pool]).await?;
    found.sort_by_key(|(address, _)| *address);
    let mut listing = Listing::default();
    for (address, account) in found {
        match StakePool::decode_initialized(&account.data) {
            Ok(pool) => {
                let is_extended = PoolExtension::is_present(&account.data);
                listing.pools.push(ListedPool { address, pool, is_extended, list: None });
            }
            Err(_) => listing.malformed.push(address),
        }
    }
    let lists: Vec<Address> = listing.pools.iter().map(|listed| listed.pool.head.validator_list).collect();
    let heads = cluster.account_heads(&lists, VALIDATOR_LIST_HEADER_LENGTH).await?;
    for (listed, head) in listing.pools.iter_mut().zip(heads) {
        listed.list = head.and_then(|account| list_header(&account, program_id));
    }
    Ok(listing)
}

fn list_header(account: &Account, program_id: &Address) -> Option<ValidatorListHeader> {
    let header = account.data.get(..VALIDATOR_LIST_HEADER_LENGTH)?;
    let header: ValidatorListHeader = bytemuck::pod_read_unaligned(header);
    let is_list = account.owner == *program_id && header.account_type == AccountType::ValidatorList as u8;
    is_list.then_some(header)
}
