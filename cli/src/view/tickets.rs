//! Exit tickets, as answers show them.

use {
    crate::{
        output::Text,
        units::{sol, tokens},
    },
    serde::Serialize,
    solana_address::Address,
    std::collections::HashSet,
    tidepool_client::{
        plan::{self, Claim},
        pool::PoolSnapshot,
        quote,
    },
    tidepool_interface::state::ExitTicket,
};

/// An open ticket.
#[derive(Clone, Debug, Serialize)]
pub struct Ticket {
    pub id: u64,
    pub owner: Text<Address>,
    /// Receives the SOL.
    pub recipient: Text<Address>,
    /// In escrow.
    pub pool_tokens: u64,
    /// Fixed at the request.
    pub lamports: u64,
    /// What a claim pays at the present exchange rate, if that is less.
    pub claimable_lamports: u64,
    pub requested_in_epoch: u64,
}

impl Ticket {
    pub fn new(snapshot: &PoolSnapshot, ticket: &ExitTicket) -> Self {
        let claimable = quote::claimable_lamports(snapshot, ticket).map_or(0, |lamports| lamports.get());
        Self {
            id: ticket.id.get(),
            owner: Text(ticket.owner),
            recipient: Text(ticket.recipient),
            pool_tokens: ticket.pool_tokens.get(),
            lamports: ticket.lamports.get(),
            claimable_lamports: claimable,
            requested_in_epoch: ticket.epoch.get(),
        }
    }

    /// The ticket in a few words.
    pub fn line(&self) -> String {
        let less = if self.claimable_lamports < self.lamports {
            format!(" (fixed at {}, the exchange rate has fallen)", sol(self.lamports))
        } else {
            String::new()
        };
        format!(
            "{}{less} to {} for {}, requested in epoch {}",
            sol(self.claimable_lamports),
            self.recipient,
            tokens(self.pool_tokens),
            self.requested_in_epoch
        )
    }
}

/// An open ticket, and whether it can be paid.
#[derive(Clone, Debug, Serialize)]
pub struct OpenTicket {
    #[serde(flatten)]
    pub ticket: Ticket,
    /// Whether the reserve can pay it now, after smaller ones; `null` before an update.
    payable: Option<bool>,
}

impl OpenTicket {
    /// Those of `owner`, or all, out of all open tickets of the pool.
    pub fn of(snapshot: &PoolSnapshot, tickets: &[ExitTicket], owner: Option<Address>) -> Vec<Self> {
        // It fails for a stale pool, and while rewards are being paid.
        let planned = plan::claims(snapshot, tickets).ok();
        let payable: Option<HashSet<u64>> =
            planned.map(|planned| planned.claims.iter().map(|claim| claim.ticket.id.get()).collect());
        let shown = tickets.iter().filter(|ticket| owner.is_none_or(|wanted| wanted == ticket.owner));
        let open = shown.map(|ticket| {
            let ticket = Ticket::new(snapshot, ticket);
            Self { payable: payable.as_ref().map(|ids| ids.contains(&ticket.id)), ticket }
        });
        open.collect()
    }

    /// The ticket in a few words, and whether it can be paid.
    pub fn line(&self, verbose: bool) -> String {
        let payable = match self.payable {
            Some(true) => "; the reserve can pay it now",
            Some(false) => "; the reserve cannot pay it yet",
            None => "",
        };
        let owner = if verbose { format!(", owned by {}", self.ticket.owner) } else { String::new() };
        format!("{}: {}{owner}{payable}", self.ticket.id, self.ticket.line())
    }
}

/// A ticket that was paid.
#[derive(Clone, Debug, Serialize)]
pub struct PaidTicket {
    id: u64,
    recipient: Text<Address>,
    paid_lamports: u64,
}

impl From<&Claim> for PaidTicket {
    fn from(claim: &Claim) -> Self {
        Self { id: claim.ticket.id.get(), recipient: Text(claim.ticket.recipient), paid_lamports: claim.lamports }
    }
}

impl PaidTicket {
    /// The payment in a few words.
    pub fn line(&self) -> String {
        format!("ticket {}: {} to {}", self.id, sol(self.paid_lamports), self.recipient)
    }
}

/// The open tickets of a pool in all.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct TicketTotals {
    pub open_tickets: u64,
    /// Sum of their lamports, fixed at the requests, which the reserve keeps.
    pub open_ticket_lamports: u64,
}

impl TicketTotals {
    pub fn of(snapshot: &PoolSnapshot) -> Self {
        let tickets = snapshot.extension().map(|extension| extension.tickets);
        tickets.map_or_else(Self::default, |tickets| Self {
            open_tickets: tickets.open.get(),
            open_ticket_lamports: tickets.lamports.get(),
        })
    }

    /// The tickets, in words; `None` without any.
    pub fn line(&self) -> Option<String> {
        let count = match self.open_tickets {
            0 => return None,
            1 => "1 open".to_owned(),
            count => format!("{count} open"),
        };
        Some(format!("{count}, for {}", sol(self.open_ticket_lamports)))
    }
}
