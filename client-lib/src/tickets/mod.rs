//! Reads the open exit tickets of a pool.
//!
//! Ids count up and are never used again, so their addresses follow from the pool's counter. A pool can have had many
//! tickets: the newest are read first, until as many open ones are found as the pool has.

use {
    crate::{
        cluster::{Cluster, ClusterError},
        pool::PoolSnapshot,
    },
    solana_account::Account,
    solana_address::Address,
    std::collections::{BTreeMap, HashSet},
    tidepool_interface::{
        address::find_exit_ticket,
        state::{ExitTicket, PoolExtension, TicketTotals},
    },
};

/// Tickets of one request, which also reads the pool: a request of endpoints has 100 accounts.
const PAGE: usize = 99;

/// Reads the open tickets of a pool, the newest first. `known` are ids that were open at an earlier read, if any: with
/// them, an old ticket that stays open does not make each read go back to it.
///
/// Tickets that are requested or closed during the read may be missing.
///
/// # Errors
/// [`ClusterError`].
pub async fn read_tickets<C>(
    cluster: &C,
    snapshot: &PoolSnapshot,
    known: &[u64],
) -> Result<Vec<ExitTicket>, ClusterError>
where
    C: Cluster + ?Sized,
{
    let Some(totals) = snapshot.extension().map(|extension| extension.tickets) else { return Ok(Vec::new()) };
    let mut found = BTreeMap::new();
    let end = totals.next_id.get();
    let mut wanted = totals.open.get();
    let mut pages = known.chunks(PAGE).map(<[u64]>::to_vec);
    let is_known: HashSet<u64> = known.iter().copied().collect();
    let mut unread = (0..end).rev().filter(|id| !is_known.contains(id));
    while (found.len() as u64) < wanted {
        let ids = pages.next().unwrap_or_else(|| unread.by_ref().take(PAGE).collect());
        if ids.is_empty() {
            break;
        }
        let (tickets, now) = read_page(cluster, snapshot, &ids).await?;
        found.extend(tickets.into_iter().map(|ticket| (ticket.id.get(), ticket)));
        // Paid meanwhile; requests since the first read are not looked for.
        let requested = now.next_id.get().saturating_sub(end);
        wanted = wanted.min(now.open.get().saturating_sub(requested));
    }
    Ok(found.into_values().rev().collect())
}

/// Reads the tickets `ids`; without those that are closed or were never requested.
///
/// # Errors
/// [`ClusterError`].
pub async fn read_tickets_by_id<C>(
    cluster: &C,
    snapshot: &PoolSnapshot,
    ids: &[u64],
) -> Result<Vec<ExitTicket>, ClusterError>
where
    C: Cluster + ?Sized,
{
    let mut found = Vec::new();
    for page in ids.chunks(PAGE) {
        found.extend(read_page(cluster, snapshot, page).await?.0);
    }
    Ok(found)
}

async fn read_page<C>(
    cluster: &C,
    snapshot: &PoolSnapshot,
    ids: &[u64],
) -> Result<(Vec<ExitTicket>, TicketTotals), ClusterError>
where
    C: Cluster + ?Sized,
{
    let (program_id, pool) = (snapshot.program_id(), snapshot.address());
    let mut addresses: Vec<Address> = vec![pool];
    addresses.extend(ids.iter().map(|id| find_exit_ticket(&program_id, &pool, *id).0));
    let accounts = cluster.accounts(&addresses).await?;
    let ticket = |account: &Account| {
        let ticket = ExitTicket::decode(&account.data).ok()?;
        (account.owner == program_id && ticket.pool == pool).then_some(*ticket)
    };
    let tickets = accounts.iter().skip(1).flatten().filter_map(ticket).collect();
    let pool = accounts.first().and_then(Option::as_ref);
    let totals = pool.and_then(|pool| PoolExtension::find(&pool.data)).map(|extension| extension.tickets);
    Ok((tickets, totals.unwrap_or(TicketTotals::NONE)))
}

#[cfg(test)]
mod tests;
