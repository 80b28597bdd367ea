//! `tidepool claim`

use {
    crate::{
        args::UpdateFirst,
        context::Context,
        error::CliError,
        output::{Landed, Line, Report, Text, write_fields, write_signatures},
        units::address,
        unsent::Halt,
        view::{
            policy::policy_of,
            tickets::{PaidTicket, Ticket},
        },
    },
    serde::Serialize,
    solana_address::Address,
    std::fmt,
    tidepool_client::{
        cluster::Cluster,
        plan,
        pool::{PoolSnapshot, StakeSelection},
        tickets::{read_tickets, read_tickets_by_id},
    },
    tidepool_interface::state::ExitTicket,
};

const EXAMPLE: &str = "\
Example:
  tidepool claim 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA
  tidepool claim 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA 17 18";

/// Pay exit tickets of a pool from its reserve
///
/// Permissionless: any fee payer can run it, at the cost of transaction fees; the SOL goes to the recipients of the tickets. Pays as
/// many tickets as the reserve can, the smallest first, each in a transaction of its own, or the named ones. The crank pays tickets
/// by itself.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Address of the pool
    #[arg(value_name = "POOL", value_parser = address)]
    pool: Address,

    /// Ids of tickets [default: all open ones]
    #[arg(value_name = "ID")]
    ids: Vec<u64>,

    #[command(flatten)]
    update_first: UpdateFirst,
}

#[derive(Debug, Serialize)]
pub struct Output {
    pool: Text<Address>,
    epoch: u64,
    paid_tickets: Vec<PaidTicket>,
    /// Tickets that the reserve cannot pay yet.
    waiting_tickets: Vec<Ticket>,
    transactions: Vec<Landed>,
}

impl Args {
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Output, Halt> {
        let fresh = context.fresh(&self.pool, StakeSelection::None, self.update_first).await?;
        let snapshot = &fresh.snapshot;
        policy_of(snapshot)?;
        let tickets = self.tickets(context, snapshot).await?;
        let planned = plan::claims(snapshot, &tickets)?;
        if !self.ids.is_empty() {
            planned.check_all_paid(snapshot)?;
        }
        let sent = match planned.plan.is_empty() {
            true => vec![],
            false => context.send(&planned.plan, &[], snapshot.program_id()).await?,
        };
        Ok(Output {
            pool: Text(self.pool),
            epoch: snapshot.epoch(),
            paid_tickets: planned.claims.iter().map(PaidTicket::from).collect(),
            waiting_tickets: planned.waiting.iter().map(|claim| Ticket::new(snapshot, &claim.ticket)).collect(),
            transactions: fresh.and(sent),
        })
    }

    async fn tickets<C: Cluster>(
        &self,
        context: &Context<'_, C>,
        snapshot: &PoolSnapshot,
    ) -> Result<Vec<ExitTicket>, CliError> {
        if self.ids.is_empty() {
            return Ok(context.watch("Reading exit tickets", read_tickets(context.cluster, snapshot, &[])).await?);
        }
        let mut ids = self.ids.clone();
        ids.sort_unstable();
        ids.dedup();
        let found = read_tickets_by_id(context.cluster, snapshot, &ids).await?;
        match ids.into_iter().find(|id| !found.iter().any(|ticket| ticket.id.get() == *id)) {
            Some(id) => Err(not_open(snapshot, id)),
            None => Ok(found),
        }
    }
}

/// The refusal of a ticket that is not open.
pub fn not_open(snapshot: &PoolSnapshot, id: u64) -> CliError {
    let pool = snapshot.address();
    let next = snapshot.extension().map_or(0, |extension| extension.tickets.next_id.get());
    let why = if id < next { "it was paid or cancelled" } else { "it was never requested" };
    CliError::usage(format!("pool {pool} has no open exit ticket {id}, {why}: see `tidepool tickets {pool}`"))
}

impl Report for Output {
    fn write(&self, f: &mut fmt::Formatter<'_>, _: bool) -> fmt::Result {
        match self.paid_tickets.len() {
            0 if self.waiting_tickets.is_empty() => writeln!(f, "Pool {} has no open exit tickets", self.pool)?,
            0 => writeln!(f, "The reserve of pool {} cannot pay a ticket yet: nothing was sent", self.pool)?,
            count => writeln!(f, "Paid {count} exit tickets of pool {}", self.pool)?,
        }
        let paid = self.paid_tickets.iter().map(|paid| ("paid", paid.line()));
        let waiting =
            self.waiting_tickets.iter().map(|ticket| ("waiting", format!("ticket {}: {}", ticket.id, ticket.line())));
        write_fields(f, &paid.chain(waiting).collect::<Vec<Line>>())?;
        write_signatures(f, &self.transactions)
    }
}
