//! `tidepool tickets`

use {
    crate::{
        context::Context,
        error::CliError,
        output::{Line, Report, Text, write_fields},
        units::{address, sol},
        view::{
            policy::policy_of,
            tickets::{Ticket, TicketTotals},
        },
    },
    serde::Serialize,
    solana_address::Address,
    std::{collections::HashSet, fmt},
    tidepool_client::{cluster::Cluster, plan, tickets::read_tickets},
};

const EXAMPLE: &str = "\
Example:
  tidepool tickets 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA";

/// Show the open exit tickets of a pool
///
/// A ticket pays SOL as soon as the reserve can: the lamports are fixed at the request (`tidepool withdraw --as ticket`), or less if
/// the exchange rate falls until then. Rebalances fill the reserve, and cranks pay. Sends nothing; needs no keypair.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Address of the pool
    #[arg(value_name = "POOL", value_parser = address)]
    pool: Address,

    /// Show only tickets of this owner
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    owner: Option<Address>,
}

#[derive(Debug, Serialize)]
pub struct Output {
    pool: Text<Address>,
    /// The epoch of the cluster.
    epoch: u64,
    #[serde(flatten)]
    totals: TicketTotals,
    reserve_lamports: u64,
    /// The newest first.
    tickets: Vec<Entry>,
}

#[derive(Debug, Serialize)]
struct Entry {
    #[serde(flatten)]
    ticket: Ticket,
    /// Whether the reserve can pay it now, after smaller ones; `null` before an update.
    payable: Option<bool>,
}

impl Args {
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Output, CliError> {
        let snapshot = context.look_at(&self.pool).await?;
        policy_of(&snapshot)?;
        let tickets = context.watch("Reading exit tickets", read_tickets(context.cluster, &snapshot, &[])).await?;
        // It fails for a stale pool, and while rewards are being paid.
        let planned = plan::claims(&snapshot, &tickets).ok();
        let payable: Option<HashSet<u64>> =
            planned.map(|planned| planned.claims.iter().map(|claim| claim.ticket.id.get()).collect());
        let is_shown = |owner: Address| self.owner.is_none_or(|wanted| wanted == owner);
        let shown = tickets.iter().filter(|ticket| is_shown(ticket.owner));
        let entry = |ticket| {
            let ticket = Ticket::new(&snapshot, ticket);
            Entry { payable: payable.as_ref().map(|ids| ids.contains(&ticket.id)), ticket }
        };
        Ok(Output {
            pool: Text(self.pool),
            epoch: snapshot.epoch(),
            totals: TicketTotals::of(&snapshot),
            reserve_lamports: snapshot.reserve_lamports(),
            tickets: shown.map(entry).collect(),
        })
    }
}

impl Report for Output {
    fn write(&self, f: &mut fmt::Formatter<'_>, verbose: bool) -> fmt::Result {
        if self.tickets.is_empty() {
            let of_owner = if self.totals.open_tickets > 0 { " of this owner" } else { "" };
            return writeln!(f, "Pool {} has no open exit tickets{of_owner}", self.pool);
        }
        writeln!(f, "Exit tickets of pool {}", self.pool)?;
        let mut fields: Vec<Line> =
            vec![("tickets", self.totals.line().unwrap_or_default()), ("reserve", sol(self.reserve_lamports))];
        for entry in &self.tickets {
            let payable = match entry.payable {
                Some(true) => "; the reserve can pay it now",
                Some(false) => "; the reserve cannot pay it yet",
                None => "",
            };
            let owner = if verbose { format!(", owned by {}", entry.ticket.owner) } else { String::new() };
            fields.push(("ticket", format!("{}: {}{owner}{payable}", entry.ticket.id, entry.ticket.line())));
        }
        write_fields(f, &fields)
    }
}
