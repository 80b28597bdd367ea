//! Reads lookup tables from the cluster.

use {
    super::{LookupError, LookupTable, place},
    crate::cluster::{BytesAt, Cluster, ClusterError},
    solana_address::Address,
    solana_address_lookup_table_interface::{
        instruction::derive_lookup_table_address, program, state::LOOKUP_TABLE_META_SIZE,
    },
    solana_clock::Slot,
};

/// Offset of the authority's option tag in a table account; the authority follows.
const AUTHORITY_OFFSET: usize = 21;

/// Option tag of a present authority.
const SOME: u8 = 1;

/// Fewest slots checked with one request.
const SLOTS_AT_A_TIME: usize = 8;

/// Blocks after which a block is final for every node.
const FINAL_AFTER: usize = 32;

/// The lookup tables of a pool that belong to `authority`, by address: those whose first address is the pool's.
/// Deactivated tables are included until they are closed.
///
/// # Errors
/// [`LookupError::SearchRefused`] if the endpoint does not search, like many public ones. [`load`] needs no search.
pub async fn find<C>(cluster: &C, authority: &Address, pool: &Address) -> Result<Vec<LookupTable>, LookupError>
where
    C: Cluster + ?Sized,
{
    let found =
        cluster.program_accounts(&program::ID, &filters(authority, pool)).await.map_err(|error| match error {
            ClusterError::Refused { detail } => LookupError::SearchRefused { detail },
            other => other.into(),
        })?;
    let mut tables =
        found.iter().map(|(address, account)| LookupTable::decode(*address, account)).collect::<Result<Vec<_>, _>>()?;
    tables.sort_by_key(|table| table.address);
    Ok(tables)
}

pub(super) fn filters(authority: &Address, first_address: &Address) -> [BytesAt; 2] {
    let some_authority: Vec<u8> = [SOME].into_iter().chain(authority.to_bytes()).collect();
    [BytesAt::new(AUTHORITY_OFFSET, some_authority), BytesAt::new(LOOKUP_TABLE_META_SIZE, first_address.to_bytes())]
}

/// The tables at these addresses, in the given order, of any authority: the use of a table is permissionless.
///
/// # Errors
/// [`LookupError::NotFound`] or [`LookupError::NotATable`] for the first address without a table.
pub async fn load<C>(cluster: &C, addresses: &[Address]) -> Result<Vec<LookupTable>, LookupError>
where
    C: Cluster + ?Sized,
{
    let accounts = cluster.accounts(addresses).await?;
    addresses
        .iter()
        .zip(accounts)
        .map(|(address, account)| {
            let account = account.ok_or(LookupError::NotFound { address: *address })?;
            LookupTable::decode(*address, &account)
        })
        .collect()
}

/// Recent slots for the addresses of `authority`'s new tables, as many as [`plan`](super::plan) may need for
/// `addresses` wanted addresses.
///
/// A table's address is derived from its authority and a recent slot, so each table of an authority needs another slot,
/// across pools. A slot stays recent for some 512 blocks, minus its age: plan and send at once.
///
/// # Errors
/// [`LookupError::TooFewSlots`] on a new cluster.
pub async fn free_slots<C>(cluster: &C, authority: &Address, addresses: usize) -> Result<Vec<Slot>, LookupError>
where
    C: Cluster + ?Sized,
{
    let needed = place::most_new_tables(addresses);
    let slot_hashes = cluster.slot_hashes().await?;
    let recent: Vec<_> = slot_hashes.iter().map(|(slot, _)| *slot).collect();
    // A recent block may be dropped, and a node that is behind does not know it. So final blocks come first.
    let (young, old) = recent.split_at(FINAL_AFTER.min(recent.len()));
    let by_preference: Vec<_> = old.iter().chain(young.iter().rev()).copied().collect();

    let mut free = Vec::new();
    for slots in by_preference.chunks(needed.max(SLOTS_AT_A_TIME)) {
        if free.len() >= needed {
            break;
        }
        let tables: Vec<_> = slots.iter().map(|slot| derive_lookup_table_address(authority, *slot).0).collect();
        let accounts = cluster.accounts(&tables).await?;
        free.extend(slots.iter().zip(accounts).filter(|(_, account)| account.is_none()).map(|(slot, _)| *slot));
    }
    free.truncate(needed);
    if free.len() < needed {
        return Err(LookupError::TooFewSlots { needed, given: free.len() });
    }
    Ok(free)
}
