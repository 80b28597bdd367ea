//! `tidepool withdraw-sol`

use {
    super::wallet::Holding,
    crate::{
        args::{Bound, UpdateFirst, address},
        context::Context,
        error::CliError,
        keys::{Key, KeySource},
        output::{CommandOutput, Landed, Text, to_json, write_fields, write_signatures},
        units::{Amount, sol, tokens},
    },
    serde::Serialize,
    serde_json::Value,
    solana_address::Address,
    std::fmt,
    tidepool_client::{
        actions::{self, WithdrawSol},
        cluster::Cluster,
        plan::Plan,
        pool::{PoolSnapshot, StakeSelection},
        quote,
    },
};

const EXAMPLE: &str = "\
Example:
  tidepool withdraw-sol 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA 12.5
  tidepool withdraw-sol 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA ALL --minimum 40 --yes";

/// Give pool tokens and get SOL from the reserve
///
/// Shows what you get and asks before anything is sent. The reserve pays, and holds only a part of the pool: where it is
/// too small, withdraw stake. The withdrawal does not happen at all where it would bring less than --minimum, or less than
/// quoted by more than --max-slippage.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// The pool
    #[arg(value_name = "POOL", value_parser = address)]
    pool: Address,

    /// Pool tokens to give, or ALL in the account
    #[arg(value_name = "POOL_TOKENS")]
    amount: Amount,

    /// Token account that gives the pool tokens [default: the owner's associated one]
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    from: Option<Address>,

    /// Key of the pool tokens' owner or delegate [default: your wallet's]
    #[arg(long, value_name = "KEYPAIR")]
    owner: Option<KeySource>,

    /// Who gets the SOL [default: the owner]
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    to: Option<Address>,

    #[command(flatten)]
    bound: Bound,

    /// Key of the pool's SOL withdraw authority, for a pool that has one [default: your wallet's]
    #[arg(long, value_name = "KEYPAIR")]
    sol_withdraw_authority: Option<KeySource>,

    #[command(flatten)]
    update_first: UpdateFirst,
}

/// A withdrawal that has been made.
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
    minimum_lamports: u64,
    transactions: Vec<Landed>,
}

impl Args {
    /// Withdraws it.
    ///
    /// # Errors
    /// [`CliError`].
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Output, CliError> {
        context.terminal.check_consent()?;
        let owner = context.key_or_wallet("the owner of the pool tokens (--owner)", self.owner.as_ref())?;
        let fresh = context.fresh(&self.pool, StakeSelection::None, self.update_first).await?;
        let snapshot = &fresh.snapshot;
        let mut keys = vec![owner.clone()];
        keys.extend(self.authority(context, snapshot)?);
        let holding = Holding::find(context, snapshot, self.from, &owner).await?;
        let pool_tokens = holding.take(self.amount)?;
        let quoted = quote::quote_withdraw_sol(snapshot, &holding.source.account, pool_tokens, None)?;
        let withdrawal = WithdrawSol {
            tokens: holding.source,
            pool_tokens,
            to: self.to.unwrap_or(owner.pubkey()),
            minimum_lamports: Some(self.bound.minimum_of(quoted.lamports)),
        };
        let (group, quoted) = actions::withdraw_sol(snapshot, &withdrawal)?;
        let minimum_lamports = self.bound.minimum_of(quoted.lamports);
        let lines = [
            ("you pay", tokens(pool_tokens)),
            ("you get", sol(quoted.lamports)),
            ("fee", format!("{}, deducted already", tokens(quoted.fee))),
            ("at least", sol(minimum_lamports)),
        ];
        context.terminal.confirm(&format!("Withdraw from pool {}", self.pool), &lines)?;
        let sent = context.send(&Plan::one("withdraw SOL", group), &keys, snapshot.program_id()).await?;
        Ok(Output {
            pool: Text(self.pool),
            token_account: Text(withdrawal.tokens.account),
            to: Text(withdrawal.to),
            pool_tokens,
            fee_pool_tokens: quoted.fee,
            lamports: quoted.lamports,
            minimum_lamports,
            transactions: fresh.and(sent),
        })
    }

    fn authority<C: Cluster>(
        &self,
        context: &Context<'_, C>,
        snapshot: &PoolSnapshot,
    ) -> Result<Option<Key>, CliError> {
        let source = self.sol_withdraw_authority.as_ref();
        let expected = snapshot.pool().terms.sol_withdraw_authority;
        expected
            .map(|expected| {
                context.authority("the pool's SOL withdraw authority", "--sol-withdraw-authority", source, expected)
            })
            .transpose()
    }
}

impl Output {
    fn write(&self, f: &mut fmt::Formatter<'_>, more: &[(&str, String)]) -> fmt::Result {
        writeln!(f, "Withdrew {} from pool {}", sol(self.lamports), self.pool)?;
        let fields = [("for", tokens(self.pool_tokens)), ("to", self.to.to_string())];
        write_fields(f, &[&fields[..], more].concat())?;
        write_signatures(f, &self.transactions)
    }
}

impl CommandOutput for Output {
    fn display(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, &[])
    }

    fn verbose(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let more = [
            ("token account", self.token_account.to_string()),
            ("fee", tokens(self.fee_pool_tokens)),
            ("minimum", sol(self.minimum_lamports)),
        ];
        self.write(f, &more)
    }

    fn json(&self) -> Value {
        to_json(self)
    }
}
