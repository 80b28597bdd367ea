//! Reading what the cluster knows of lookup tables.

use {
    super::{LookupError, LookupTable, place},
    crate::cluster::{BytesAt, Cluster, ClusterError},
    solana_address::Address,
    solana_address_lookup_table_interface::{
        instruction::derive_lookup_table_address, program, state::LOOKUP_TABLE_META_SIZE,
    },
    solana_clock::Slot,
};

/// Where a table's account says whether it has an authority; the authority comes next.
const AUTHORITY_OFFSET: usize = 21;

/// What stands there if it has one.
const SOME: u8 = 1;

/// Slots to ask about in one go, at least.
const SLOTS_AT_A_TIME: usize = 8;

/// Blocks after which one is final, whatever node looks.
const FINAL_AFTER: usize = 32;

/// The lookup tables of a pool that belong to `authority`, in the order of their addresses: those whose first address is
/// the pool's. Tables that have been deactivated are among them until they are closed.
///
/// # Errors
/// [`LookupError::SearchRefused`] where the endpoint does not search; many public ones do not. [`load`] needs no search.
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

/// The tables at these addresses, in the order given. They may belong to anyone: to use a table takes no permission.
///
/// # Errors
/// [`LookupError::NotFound`] or [`LookupError::NotATable`] for the first address at which there is none.
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

/// Recent slots that can give addresses to the new tables of `authority`: as many as a plan for `addresses` wanted addresses
/// may need, for [`plan`](super::plan).
///
/// A table's address follows from its authority and a recent slot, so the tables of an authority need different ones, those
/// of its other pools too. A slot stays recent for some 512 blocks, less what has passed since: plan and send at once.
///
/// # Errors
/// [`LookupError::TooFewSlots`] on a cluster that has just begun.
pub async fn free_slots<C>(cluster: &C, authority: &Address, addresses: usize) -> Result<Vec<Slot>, LookupError>
where
    C: Cluster + ?Sized,
{
    let needed = place::most_new_tables(addresses);
    let slot_hashes = cluster.slot_hashes().await?;
    let recent: Vec<_> = slot_hashes.iter().map(|(slot, _)| *slot).collect();
    // A young block may be dropped, and a node that is behind does not know it. So the final ones come first.
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
