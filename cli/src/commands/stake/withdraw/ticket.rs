//! `tidepool withdraw --as ticket`

use {
    super::Args,
    crate::{
        context::{Context, Fresh, Spending},
        error::CliError,
        keys::Key,
        output::{Landed, Line, Text},
        trade::{self, Amounts, Done, Quote, Receipt, Trade},
        units::{Units, sol, tokens},
        unsent::Halt,
        view::policy::policy_of,
        wallet::{
            Holding,
            signers::{Given, check_can_sign},
        },
        warnings,
    },
    serde::Serialize,
    solana_address::Address,
    tidepool_client::{
        actions::{self, RequestExit},
        cluster::Cluster,
        plan::Plan,
        pool::PoolSnapshot,
        quote::{self, ExitQuote},
    },
    tidepool_interface::external::token::TOKEN_ACCOUNT_LENGTH,
};

/// What a ticket is: for a person, before it is requested.
const HOW: &str = "any crank pays the SOL once the reserve has it; `tidepool cancel-exit` gives pool tokens back from the next epoch on";

#[derive(Debug, Serialize)]
pub struct Output {
    pool: Text<Address>,
    to: Text<Address>,
    ticket_id: u64,
    /// Address of the ticket account.
    ticket: Text<Address>,
    token_account: Text<Address>,
    /// Pool tokens given, the fee included.
    pool_tokens: u64,
    fee_pool_tokens: u64,
    /// Fixed now; less if the exchange rate falls until the payment.
    lamports: u64,
    minimum_lamports: Option<u64>,
    /// Rent of the ticket, which its owner gets back.
    rent_lamports: u64,
    /// An estimate of the first epoch in which the reserve can pay; `null` if rebalances do not raise the lamports.
    payable_from_epoch: Option<u64>,
    transactions: Vec<Landed>,
}

/// Requests a ticket for what `args` name.
pub(super) async fn request<C: Cluster>(
    args: &Args,
    context: &Context<'_, C>,
    fresh: &Fresh,
    owner: Key,
) -> Result<Done<Output>, Halt> {
    let snapshot = &fresh.snapshot;
    policy_of(snapshot)?;
    if let Some(address) = args.to.filter(|to| *to != owner.pubkey()) {
        let given = Given { address, option: "--to", role: "the receiver of SOL", otherwise: "" };
        check_can_sign(context, &snapshot.parts(), given).await?;
    }
    let holding = Holding::find(context, snapshot, &args.source, &owner).await?;
    let pool_tokens = pool_tokens(args, snapshot, &holding)?;
    let drafted = quote::quote_exit(snapshot, &holding.source.account, pool_tokens, None)?;
    let minimum_lamports = args.bound.minimum_of(drafted.terms.lamports.get());
    let request = RequestExit {
        tokens: holding.source,
        pool_tokens,
        recipient: args.to.unwrap_or(owner.pubkey()),
        payer: context.fee_payer()?.pubkey(),
        minimum_lamports,
    };
    let (group, quoted) = actions::request_exit(snapshot, &request)?;
    let id = snapshot.extension().map_or(0, |extension| extension.tickets.next_id.get());
    let plan = Plan::one("request an exit ticket", group);
    let keys = [owner];
    let rent_lamports = actions::ticket_rent(snapshot);
    let escrow_rent = match id {
        0 => snapshot.environment().rent.minimum_balance(TOKEN_ACCOUNT_LENGTH),
        _ => 0,
    };
    let spending = Spending::new(request.payer, rent_lamports.saturating_add(escrow_rent));
    context.check_funds(&plan, &keys, &[spending]).await?;

    let quote = Quote::new(context);
    let in_sol = |lamports| quote.amounts().sol(lamports);
    let (got, least) = (in_sol(quoted.terms.lamports.get()), minimum_lamports.map(in_sol));
    let mut rent = format!("{} for the ticket, returned when it is paid or cancelled", in_sol(rent_lamports));
    if escrow_rent > 0 {
        rent = format!("{rent}; {} for the pool's first ticket, not returned", in_sol(escrow_rent));
    }
    let quote = quote
        .pay(tokens(pool_tokens))
        .get(format!("exit ticket {id}: {got}, less if the exchange rate falls until it is paid"))
        .fee(quoted.terms.fee.get())
        .at_least(least, &args.bound)
        .line("when", when(snapshot, &quoted))
        .line("how", HOW.into())
        .line("rent", rent);
    let elsewhere = (request.recipient != keys[0].pubkey()).then(|| ("goes to", request.recipient.to_string()));
    let quote = quote.add(elsewhere).add(context.fee_line(&plan, &keys).await?);
    let quote = quote.add(warnings::program(context, snapshot)).rate(&snapshot.rate());
    quote.confirm(context, &format!("Request an exit ticket from pool {}", args.pool))?;
    let sent = context.send_once(&plan, &keys, snapshot.program_id()).await?;
    Ok(Done(Output {
        pool: Text(args.pool),
        to: Text(request.recipient),
        ticket_id: id,
        ticket: Text(actions::ticket_address(snapshot, id)),
        token_account: Text(request.tokens.account),
        pool_tokens,
        fee_pool_tokens: quoted.terms.fee.get(),
        lamports: quoted.terms.lamports.get(),
        minimum_lamports,
        rent_lamports,
        payable_from_epoch: quoted.payable_from_epoch,
        transactions: fresh.and(sent),
    }))
}

fn pool_tokens(args: &Args, snapshot: &PoolSnapshot, holding: &Holding) -> Result<u64, CliError> {
    let Some(Units(wanted)) = args.worth else {
        return args.amount.map_or(Ok(holding.held), |amount| holding.take(amount));
    };
    let account = holding.source.account;
    quote::pool_tokens_for_exit(snapshot, &account, wanted).filter(|needed| *needed <= holding.held).ok_or_else(|| {
        CliError::InsufficientFunds {
            holder: account,
            held: holding.all(),
            needed: format!("pool tokens for {}", sol(wanted)),
        }
    })
}

/// When the reserve can pay a ticket, in words.
pub(super) fn when(snapshot: &PoolSnapshot, quoted: &ExitQuote) -> String {
    let epoch = snapshot.epoch();
    match quoted.payable_from_epoch {
        Some(payable) if payable <= epoch => "now: the reserve has the SOL".into(),
        Some(payable) => {
            format!("from about epoch {payable} on, as rebalances fill the reserve; it is epoch {epoch} now")
        }
        None => "when the reserve gets more SOL: rebalances do not fill it".into(),
    }
}

/// The offer of a ticket beside another withdrawal; `None` where there can be none.
pub(super) fn offer(snapshot: &PoolSnapshot, from: &Address, pool_tokens: u64) -> Option<String> {
    let quoted = quote::quote_exit(snapshot, from, pool_tokens, None).ok()?;
    let lamports = sol(quoted.terms.lamports.get());
    Some(format!("--as ticket yields {lamports} as SOL, {}", when(snapshot, &quoted)))
}

impl Trade for Output {
    fn receipt(&self, amounts: Amounts) -> Receipt<'_> {
        let when = self.payable_from_epoch.map_or("unknown".into(), |epoch| format!("about epoch {epoch}"));
        let lines: Vec<Line> = vec![
            ("for", tokens(self.pool_tokens)),
            ("ticket", format!("{} for {}, to {}", self.ticket_id, amounts.sol(self.lamports), self.to)),
            ("payable from", when),
        ];
        Receipt {
            headline: format!("Requested exit ticket {} from pool {}", self.ticket_id, self.pool),
            lines,
            more: vec![
                ("ticket account", self.ticket.to_string()),
                ("token account", self.token_account.to_string()),
                ("fee", tokens(self.fee_pool_tokens)),
                ("rent", amounts.sol(self.rent_lamports)),
                trade::minimum(self.minimum_lamports, |lamports| amounts.sol(lamports)),
            ],
            transactions: &self.transactions,
        }
    }
}
