//! `tidepool cancel-exit`

use {
    crate::{
        args::UpdateFirst,
        commands::crank::claim::not_open,
        context::{Context, Spending},
        error::CliError,
        keys::KeySource,
        output::{Landed, Text},
        trade::{Amounts, Done, Quote, Receipt, Trade},
        units::{address, sol, tokens},
        unsent::Halt,
        view::policy::policy_of,
        warnings,
    },
    serde::Serialize,
    solana_address::Address,
    tidepool_client::{
        actions::{self, TokenReceiver},
        cluster::Cluster,
        plan::Plan,
        pool::{PoolSnapshot, StakeSelection},
        tickets::{read_tickets, read_tickets_by_id},
    },
    tidepool_interface::{external::token::TOKEN_ACCOUNT_LENGTH, state::ExitTicket},
};

const EXAMPLE: &str = "\
Example:
  tidepool cancel-exit 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA
  tidepool cancel-exit 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA 17";

/// Cancel an exit ticket, and get pool tokens back
///
/// Returns the pool tokens that the ticket's SOL buys at the present exchange rate, and no more than were given: the growth since the
/// request stays with the holders. Possible from the epoch after the request on. The ticket's rent returns too. Shows a quote and
/// asks for confirmation. Signed by the ticket's owner.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Address of the pool
    #[arg(value_name = "POOL", value_parser = address)]
    pool: Address,

    /// Id of the ticket [default: your only open one]
    #[arg(value_name = "ID")]
    id: Option<u64>,

    /// Keypair of the ticket's owner [default: your wallet]
    #[arg(long, value_name = "KEYPAIR")]
    owner: Option<KeySource>,

    #[command(flatten)]
    update_first: UpdateFirst,
}

#[derive(Debug, Serialize)]
pub struct Output {
    pool: Text<Address>,
    ticket_id: u64,
    /// Receives the pool tokens.
    token_account: Text<Address>,
    /// Pool tokens that were in escrow.
    pool_tokens: u64,
    returned_pool_tokens: u64,
    burned_pool_tokens: u64,
    /// Rent of the ticket that its owner got back.
    rent_lamports: u64,
    transactions: Vec<Landed>,
}

impl Args {
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Done<Output>, Halt> {
        context.terminal.check_consent()?;
        let fresh = context.fresh(&self.pool, StakeSelection::None, self.update_first).await?;
        let snapshot = &fresh.snapshot;
        policy_of(snapshot)?;
        let ticket = &self.ticket(context, snapshot).await?;
        let id = ticket.id.get();
        let owner = context.authority("the ticket's owner", "--owner", self.owner.as_ref(), ticket.owner)?;
        let (receiver, payer) = (TokenReceiver::Wallet(owner.pubkey()), context.fee_payer()?.pubkey());
        let (group, quoted) = actions::cancel_exit(snapshot, ticket, &receiver, &payer)?;
        let token_account = receiver.address(snapshot);
        let plan = Plan::one("cancel an exit ticket", group);
        let keys = [owner];
        if context.cluster.account(&token_account).await?.is_none() {
            let rent = snapshot.environment().rent.minimum_balance(TOKEN_ACCOUNT_LENGTH);
            context.check_funds(&plan, &keys, &[Spending::new(payer, rent)]).await?;
        }
        let quote = Quote::new(context);
        let shown = |lamports| quote.amounts().sol(lamports);
        let (gives_up, rent) = (shown(ticket.lamports.get()), actions::ticket_rent(snapshot));
        let rent_line = ("rent", format!("{} of the ticket returns", shown(rent)));
        let mut quote =
            quote.line("you give up", format!("ticket {id} for {gives_up}")).get(tokens(quoted.returned.get()));
        if quoted.burnt.get() > 0 {
            let burnt = tokens(quoted.burnt.get());
            quote = quote.line("burned", format!("{burnt}: the growth since the request stays with the holders"));
        }
        let quote = quote.add([rent_line]).add(context.fee_line(&plan, &keys).await?);
        let quote = quote.add(warnings::program(context, snapshot)).rate(&snapshot.rate());
        quote.confirm(context, &format!("Cancel exit ticket {id} of pool {}", self.pool))?;
        let sent = context.send_once(&plan, &keys, snapshot.program_id()).await?;
        Ok(Done(Output {
            pool: Text(self.pool),
            ticket_id: id,
            token_account: Text(token_account),
            pool_tokens: ticket.pool_tokens.get(),
            returned_pool_tokens: quoted.returned.get(),
            burned_pool_tokens: quoted.burnt.get(),
            rent_lamports: rent,
            transactions: fresh.and(sent),
        }))
    }

    /// The named ticket, or the only open one of the owner.
    async fn ticket<C: Cluster>(
        &self,
        context: &Context<'_, C>,
        snapshot: &PoolSnapshot,
    ) -> Result<ExitTicket, CliError> {
        if let Some(id) = self.id {
            let found = read_tickets_by_id(context.cluster, snapshot, &[id]).await?;
            return found.first().copied().ok_or_else(|| not_open(snapshot, id));
        }
        let owner = context.key_or_wallet("the ticket's owner", self.owner.as_ref())?.pubkey();
        let all = context.watch("Reading exit tickets", read_tickets(context.cluster, snapshot, &[])).await?;
        let own: Vec<ExitTicket> = all.into_iter().filter(|ticket| ticket.owner == owner).collect();
        match own[..] {
            [ticket] => Ok(ticket),
            [] => Err(CliError::usage(format!("wallet {owner} has no open exit ticket in pool {}", self.pool))),
            _ => {
                let named = |ticket: &ExitTicket| format!("{} for {}", ticket.id.get(), sol(ticket.lamports.get()));
                let list = own.iter().map(named).collect::<Vec<_>>().join(", ");
                Err(CliError::usage(format!(
                    "wallet {owner} has {} open exit tickets in pool {}: specify the id of one: {list}",
                    own.len(),
                    self.pool
                )))
            }
        }
    }
}

impl Trade for Output {
    fn receipt(&self, amounts: Amounts) -> Receipt<'_> {
        let mut lines = vec![("returned", tokens(self.returned_pool_tokens))];
        if self.burned_pool_tokens > 0 {
            lines.push(("burned", tokens(self.burned_pool_tokens)));
        }
        Receipt {
            headline: format!("Cancelled exit ticket {} of pool {}", self.ticket_id, self.pool),
            lines,
            more: vec![("token account", self.token_account.to_string()), ("rent", amounts.sol(self.rent_lamports))],
            transactions: &self.transactions,
        }
    }
}
