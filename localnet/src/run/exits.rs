//! Exit tickets of a wallet: requests and payments, checked against their quotes.

use {
    super::{Driver, RunError, tokens_in},
    solana_address::Address,
    solana_keypair::Keypair,
    solana_signer::Signer,
    std::collections::HashMap,
    tidepool_client::{
        actions::{self, RequestExit, TokenSource},
        plan::{self, Claim, Plan},
        pool::PoolSnapshot,
        tickets::read_tickets,
    },
};

/// A requested ticket.
#[derive(Clone, Copy, Debug)]
pub struct RequestedExit {
    pub id: u64,
    /// Lamports that are fixed at the request.
    pub lamports: u64,
    /// Pool tokens of the wallet, the fee included.
    pub pool_tokens: u64,
    /// The first epoch in which the reserve can pay it, by the quote; `None` if rebalances do not raise the lamports.
    pub payable_from_epoch: Option<u64>,
    /// Rent in lamports of the pool's escrow account, which the first ticket of a pool creates.
    pub escrow_rent: u64,
}

/// Requests a ticket for `pool_tokens` of `wallet`.
///
/// # Errors
/// [`RunError::Mismatch`]; as [`actions::request_exit`] and [`Driver::send`].
pub async fn request_exit(
    driver: &Driver<'_>,
    snapshot: &PoolSnapshot,
    wallet: &Keypair,
    pool_tokens: u64,
) -> Result<RequestedExit, RunError> {
    let (owner, cluster) = (wallet.pubkey(), driver.cluster());
    let tokens = TokenSource::wallet(snapshot, &owner);
    let id = snapshot.extension().map_or(0, |extension| extension.tickets.next_id.get());
    let request = RequestExit { tokens, pool_tokens, recipient: owner, payer: owner, minimum_lamports: None };
    let (group, quote) = actions::request_exit(snapshot, &request)?;
    let escrow = actions::escrow_address(snapshot);
    let had = (cluster.lamports(&owner), tokens_in(driver, &tokens.account), tokens_in(driver, &escrow));
    let escrow_before = cluster.lamports(&escrow);
    driver.send("Requesting an exit ticket", &Plan::one("request an exit ticket", group), &[wallet]).await?;
    let escrow_rent = cluster.lamports(&escrow) - escrow_before;
    let paid = had.0 - cluster.lamports(&owner);
    RunError::check("the rent for a ticket, in lamports,", actions::ticket_rent(snapshot) + escrow_rent, paid)?;
    let taken = had.1 - tokens_in(driver, &tokens.account);
    RunError::check("what a ticket takes from its owner, in pool tokens,", pool_tokens, taken)?;
    let escrowed = tokens_in(driver, &escrow) - had.2;
    RunError::check("what a ticket puts into escrow, in pool tokens,", quote.terms.burnt.get(), escrowed)?;
    let lamports = quote.terms.lamports.get();
    Ok(RequestedExit { id, lamports, pool_tokens, payable_from_epoch: quote.payable_from_epoch, escrow_rent })
}

/// Pays the open tickets that the reserve can pay. The payer of all fees signs, who has no role in the pool.
///
/// # Errors
/// [`RunError::Mismatch`] if a ticket yields anything but its fixed lamports and its rent; as [`plan::claims`] and
/// [`Driver::send`].
pub async fn claim_exits(driver: &Driver<'_>, snapshot: &PoolSnapshot) -> Result<Vec<Claim>, RunError> {
    let cluster = driver.cluster();
    let tickets = read_tickets(cluster, snapshot, &[]).await?;
    if tickets.is_empty() {
        return Ok(vec![]);
    }
    let planned = plan::claims(snapshot, &tickets)?;
    let mut due: HashMap<Address, u64> = HashMap::new();
    for Claim { ticket, .. } in &planned.claims {
        *due.entry(ticket.recipient).or_default() += ticket.lamports.get();
        *due.entry(ticket.owner).or_default() += actions::ticket_rent(snapshot);
    }
    let before: Vec<_> = due.into_iter().map(|(wallet, due)| (wallet, due, cluster.lamports(&wallet))).collect();
    driver.send("Paying exit tickets", &planned.plan, &[]).await?;
    for (wallet, due, had) in before {
        let paid = cluster.lamports(&wallet) - had;
        RunError::check(format!("the tickets and rents paid to {wallet}, in lamports,"), due, paid)?;
    }
    for claim in &planned.claims {
        let id = claim.ticket.id.get();
        let left = cluster.lamports(&actions::ticket_address(snapshot, id));
        RunError::check(format!("the balance of ticket {id} after its payment, in lamports,"), 0, left)?;
    }
    Ok(planned.claims)
}
