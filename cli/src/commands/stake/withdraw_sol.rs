//! `tidepool withdraw-sol`

use {
    crate::{
        args::{Bound, UpdateFirst},
        context::{Context, Spending},
        error::CliError,
        keys::KeySource,
        output::{Landed, Text},
        trade::{self, Amounts, Done, Quote, Receipt, Trade},
        units::{Amount, address, tokens},
        unsent::Halt,
        wallet::{
            Holding, SourceArgs,
            signers::{Given, SolReceiver, sol_receiver},
            wrapped::Wrapping,
        },
        warnings,
    },
    serde::Serialize,
    solana_address::Address,
    tidepool_client::{
        actions,
        actions::{WithdrawSol, Wrap},
        cluster::Cluster,
        plan::Plan,
        pool::{PoolSnapshot, StakeSelection},
        quote,
    },
};

const EXAMPLE: &str = "\
Example:
  tidepool withdraw-sol 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA 12.5
  tidepool withdraw-sol 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA ALL --minimum 40 --yes
  tidepool withdraw-sol 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA 12.5 --wrap";

/// Withdraw SOL from the pool's reserve in exchange for pool tokens
///
/// The reserve holds only a part of the pool: if it is too small, withdraw stake. Shows a quote and asks for confirmation. The
/// transaction fails if it would yield less than --minimum, or less than the quote by more than --max-slippage.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Address of the pool
    #[arg(value_name = "POOL", value_parser = address)]
    pool: Address,

    /// Pool tokens to withdraw, or ALL
    #[arg(value_name = "POOL_TOKENS")]
    amount: Amount,

    #[command(flatten)]
    source: SourceArgs,

    /// Wallet, or wrapped SOL account, that receives the SOL [default: the owner]
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    to: Option<Address>,

    /// Receive wrapped SOL in the receiver's associated token account, created if needed
    #[arg(long)]
    wrap: bool,

    #[command(flatten)]
    bound: Bound,

    /// Keypair of the pool's SOL withdraw authority, for a pool that has one
    #[arg(long, value_name = "KEYPAIR")]
    sol_withdraw_authority: Option<KeySource>,

    #[command(flatten)]
    update_first: UpdateFirst,
}

#[derive(Debug, Serialize)]
pub struct Output {
    pool: Text<Address>,
    token_account: Text<Address>,
    to: Text<Address>,
    /// Pool tokens given, the fee included.
    pool_tokens: u64,
    /// Pool tokens that went to the manager.
    fee_pool_tokens: u64,
    /// Lamports that the receiver got, by the quote.
    lamports: u64,
    /// `null` without a minimum.
    minimum_lamports: Option<u64>,
    #[serde(flatten)]
    wrapping: Wrapping,
    transactions: Vec<Landed>,
}

impl Args {
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Done<Output>, Halt> {
        context.terminal.check_consent()?;
        let owner = self.source.owner(context)?;
        let fresh = context.fresh(&self.pool, StakeSelection::None, self.update_first).await?;
        let snapshot = &fresh.snapshot;
        let mut keys = vec![owner.clone()];
        keys.extend(context.sol_withdraw_authority(self.sol_withdraw_authority.as_ref(), snapshot)?);
        let to = self.receiver(context, snapshot, owner.pubkey()).await?;
        let mut holding = Holding::find(context, snapshot, &self.source, &owner).await?;
        let throwaway = holding.approve_to_throwaway(context, &keys)?;
        keys.extend(throwaway);
        let pool_tokens = holding.take(self.amount)?;
        let quoted = quote::quote_withdraw_sol(snapshot, &holding.source.account, pool_tokens, None)?;
        let wrap = match to.wrapped {
            Some((program, _)) => Wrap::Account(program),
            None if self.wrap => Wrap::Associated,
            None => Wrap::No,
        };
        let withdrawal = WithdrawSol {
            tokens: holding.source,
            pool_tokens,
            to: to.address,
            wrap,
            payer: context.fee_payer()?.pubkey(),
            minimum_lamports: self.bound.minimum_of(quoted.lamports.get()),
        };
        let (group, quoted) = actions::withdraw_sol(snapshot, &withdrawal)?;
        let minimum_lamports = self.bound.minimum_of(quoted.lamports.get());
        let quote = Quote::new(context);
        let sol = |lamports| quote.amounts().sol(lamports);
        let (got, least) = (sol(quoted.lamports.get()), minimum_lamports.map(sol));
        let quote = quote.pay(tokens(pool_tokens)).get(got).fee(quoted.fee.get()).at_least(least, &self.bound);
        let elsewhere = match to.wrapped {
            Some((_, holder)) => Some(("goes to", format!("{}, as wrapped SOL of {holder}", to.address))),
            None => (to.address != owner.pubkey()).then(|| ("goes to", to.address.to_string())),
        };
        let wrapping = Wrapping::new(context, snapshot, (wrap == Wrap::Associated).then_some(to.address)).await?;
        let plan = Plan::one("withdraw SOL", group);
        if wrapping.rent_lamports > 0 {
            let spending = Spending::new(withdrawal.payer, wrapping.rent_lamports);
            context.check_funds(&plan, &keys, &[spending]).await?;
        }
        let quote = quote.add(wrapping.lines()).add(context.fee_line(&plan, &keys).await?);
        let quote = quote.add(elsewhere).add(warnings::program(context, snapshot)).rate(&snapshot.rate());
        quote.confirm(context, &format!("Withdraw from pool {}", self.pool))?;
        let sent = context.send_once(&plan, &keys, snapshot.program_id()).await?;
        Ok(Done(Output {
            pool: Text(self.pool),
            token_account: Text(withdrawal.tokens.account),
            to: Text(withdrawal.to),
            pool_tokens,
            fee_pool_tokens: quoted.fee.get(),
            lamports: quoted.lamports.get(),
            minimum_lamports,
            wrapping,
            transactions: fresh.and(sent),
        }))
    }

    /// Who gets the SOL, where `own` is the owner of the pool tokens.
    async fn receiver<C: Cluster>(
        &self,
        context: &Context<'_, C>,
        snapshot: &PoolSnapshot,
        own: Address,
    ) -> Result<SolReceiver, CliError> {
        match self.to.filter(|to| *to != own) {
            Some(address) => {
                let otherwise = " or of a wrapped SOL account";
                let given = Given { address, option: "--to", role: "the receiver of SOL", otherwise };
                sol_receiver(context, snapshot, given).await
            }
            None => Ok(SolReceiver { address: own, wrapped: None }),
        }
    }
}

impl Trade for Output {
    fn receipt(&self, amounts: Amounts) -> Receipt<'_> {
        Receipt {
            headline: format!("Withdrew {} from pool {}", amounts.sol(self.lamports), self.pool),
            lines: [("for", tokens(self.pool_tokens)), ("to", self.to.to_string())]
                .into_iter()
                .chain(self.wrapping.done())
                .collect(),
            more: vec![
                ("token account", self.token_account.to_string()),
                ("fee", tokens(self.fee_pool_tokens)),
                trade::minimum(self.minimum_lamports, |lamports| amounts.sol(lamports)),
            ],
            transactions: &self.transactions,
        }
    }
}
