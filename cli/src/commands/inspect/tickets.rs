//! `tidepool tickets`

use {
    crate::{
        context::Context,
        error::CliError,
        output::{Line, Report, Text, write_fields},
        units::{address, sol},
        view::{
            policy::policy_of,
            tickets::{OpenTicket, TicketTotals},
        },
    },
    serde::Serialize,
    solana_address::Address,
    std::fmt,
    tidepool_client::{cluster::Cluster, tickets::read_tickets},
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
    tickets: Vec<OpenTicket>,
}

impl Args {
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Output, CliError> {
        let snapshot = context.look_at(&self.pool).await?;
        policy_of(&snapshot)?;
        let tickets = context.watch("Reading exit tickets", read_tickets(context.cluster, &snapshot, &[])).await?;
        Ok(Output {
            pool: Text(self.pool),
            epoch: snapshot.epoch(),
            totals: TicketTotals::of(&snapshot),
            reserve_lamports: snapshot.reserve_lamports(),
            tickets: OpenTicket::of(&snapshot, &tickets, self.owner),
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
        fields.extend(self.tickets.iter().map(|open| ("ticket", open.line(verbose))));
        write_fields(f, &fields)
    }
}
