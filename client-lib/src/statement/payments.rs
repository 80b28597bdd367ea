//! What became of exit tickets.
//!
//! Any fee payer can pay a ticket, without the wallet and its token accounts. The history of the ticket's address has the payment.

use {
    super::{
        movements::{Gap, PARALLEL, history},
        trades::{events, is_of_pool},
    },
    crate::{
        cluster::{Call, Cluster, ClusterError, LandedTransaction, PastTransaction},
        events::{Event, ExitStep},
        pool::PoolSnapshot,
    },
    futures_util::{StreamExt as _, TryStreamExt as _, stream},
    solana_address::Address,
    std::{collections::BTreeSet, iter},
    tidepool_interface::{address::find_exit_ticket, instruction::tag},
};

/// Accounts of one request.
const PAGE: usize = 100;

/// What became of a ticket.
pub(super) enum Outcome {
    /// It is open.
    Open,
    Cancelled,
    Paid(Paid),
    /// The history does not tell.
    Unknown(Gap),
}

/// The payment of a ticket.
pub(super) struct Paid {
    pub past: PastTransaction,
    /// Unix time in seconds.
    pub block_time: Option<i64>,
    /// Fixed at the request, and paid; `None` if unknown.
    pub lamports: Option<(u64, u64)>,
}

/// Finds what became of tickets: a request for each page of tickets that may be open, and the history of each closed one.
pub(super) async fn outcomes<C: Cluster>(
    cluster: &C,
    snapshot: &PoolSnapshot,
    tickets: &BTreeSet<Address>,
) -> Result<Vec<Outcome>, ClusterError> {
    let tickets: Vec<Address> = tickets.iter().copied().collect();
    let mut open: Vec<bool> = Vec::with_capacity(tickets.len());
    let may_be_open = snapshot.extension().is_some_and(|extension| extension.tickets.open.get() > 0);
    for page in tickets.chunks(PAGE).filter(|_| may_be_open) {
        let accounts = cluster.accounts(page).await?;
        let program_id = snapshot.program_id();
        open.extend(accounts.iter().map(|account| account.as_ref().is_some_and(|it| it.owner == program_id)));
    }
    let open = open.into_iter().chain(iter::repeat(false));
    let find = |(ticket, is_open)| async move {
        if is_open { Ok(Outcome::Open) } else { outcome(cluster, snapshot, ticket).await }
    };
    stream::iter(tickets.iter().zip(open)).map(find).buffered(PARALLEL).try_collect().await
}

async fn outcome<C: Cluster>(cluster: &C, snapshot: &PoolSnapshot, ticket: &Address) -> Result<Outcome, ClusterError> {
    for past in history(cluster, iter::once(ticket)).await?.unwrap_or_default().into_iter().rev() {
        let Some(landed) = cluster.landed(&past.signature).await? else { continue };
        let of_ticket = |call: &&Call| is_of_pool(snapshot, call) && call.accounts.contains(ticket);
        let mut tags = landed.calls.iter().filter(of_ticket).filter_map(|call| call.data.first().copied());
        match tags.find(|found| matches!(*found, tag::CLAIM_EXIT | tag::CANCEL_EXIT)) {
            Some(tag::CLAIM_EXIT) => {
                let (block_time, lamports) = (landed.block_time, lamports(snapshot, &landed, ticket));
                return Ok(Outcome::Paid(Paid { past, block_time, lamports }));
            }
            Some(_) => return Ok(Outcome::Cancelled),
            None => {}
        }
    }
    Ok(Outcome::Unknown(Gap::UnknownPayment(*ticket)))
}

/// Lamports of a ticket, and those that were paid, by the pool's event.
fn lamports(snapshot: &PoolSnapshot, landed: &LandedTransaction, ticket: &Address) -> Option<(u64, u64)> {
    let (program_id, pool) = (snapshot.program_id(), snapshot.address());
    events(snapshot, landed)?.into_iter().find_map(|logged| match logged.event {
        Event::Exit(exit) if exit.pool == pool && exit.step == ExitStep::Claimed as u8 => {
            let is_it = find_exit_ticket(&program_id, &pool, exit.id.get()).0 == *ticket;
            is_it.then(|| (exit.lamports.get(), exit.paid_lamports.get()))
        }
        _ => None,
    })
}
