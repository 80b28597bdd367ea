//! `tidepool deposit-sol`

use {
    crate::{
        args::{Bound, UpdateFirst},
        context::{Context, Spending},
        error::CliError,
        keys::{Key, KeySource},
        output::{Landed, Text},
        trade::{self, Amounts, Done, Quote, Receipt, Trade},
        units::{Amount, address, sol, tokens},
        unsent::Halt,
        wallet::{Deposited, LEFT_FOR_FEES, ReceiverArgs, balance, token_account_rent, wrapped::Wrapped},
    },
    serde::Serialize,
    solana_address::Address,
    tidepool_client::{actions, actions::DepositSol, cluster::Cluster, plan::Plan, pool::StakeSelection, quote},
};

const EXAMPLE: &str = "\
Example:
  tidepool deposit-sol 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA 12.5
  tidepool deposit-sol 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA ALL --max-slippage 0.05% --yes
  tidepool deposit-sol 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA 12.5 --from-wrapped";

/// Deposit SOL into the pool in exchange for pool tokens
///
/// Shows a quote and asks for confirmation. The transaction fails if it would yield less than --minimum, or less than the quote
/// by more than --max-slippage.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Address of the pool
    #[arg(value_name = "POOL", value_parser = address)]
    pool: Address,

    /// SOL to deposit, or ALL; ALL leaves 0.01 SOL in a wallet that pays transaction fees
    #[arg(value_name = "SOL")]
    amount: Amount,

    /// Keypair of the wallet to deposit from [default: your wallet]
    #[arg(long, value_name = "KEYPAIR")]
    from: Option<KeySource>,

    /// Deposit wrapped SOL from the wallet's associated token account, which stays open; ALL is its whole balance
    #[arg(long)]
    from_wrapped: bool,

    #[command(flatten)]
    receiver: ReceiverArgs,

    #[command(flatten)]
    bound: Bound,

    /// Keypair of the pool's SOL deposit authority, for a pool that has one
    #[arg(long, value_name = "KEYPAIR")]
    sol_deposit_authority: Option<KeySource>,

    #[command(flatten)]
    update_first: UpdateFirst,
}

#[derive(Debug, Serialize)]
pub struct Output {
    pool: Text<Address>,
    from: Text<Address>,
    /// The token account whose wrapped SOL was deposited; `null` where the wallet's own lamports were.
    wrapped_account: Option<Text<Address>>,
    token_account: Text<Address>,
    lamports: u64,
    /// Pool tokens that the token account got, by the quote.
    pool_tokens: u64,
    /// Pool tokens below which the deposit would not have happened; a referrer's share does not count. `null` without a minimum.
    minimum_pool_tokens: Option<u64>,
    /// Pool tokens that went to the manager and to a referrer.
    fee_pool_tokens: u64,
    /// Lamports for which no pool tokens were minted, in favour of all holders.
    growth_charge_lamports: u64,
    transactions: Vec<Landed>,
}

impl Args {
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Done<Output>, Halt> {
        context.terminal.check_consent()?;
        let from = context.key_or_wallet("the depositor (--from)", self.from.as_ref())?;
        let fresh = context.fresh(&self.pool, StakeSelection::None, self.update_first).await?;
        let snapshot = &fresh.snapshot;
        let mut keys = vec![from.clone()];
        let (source, expected) = (self.sol_deposit_authority.as_ref(), snapshot.pool().terms.sol_deposit_authority);
        let role = "the pool's SOL deposit authority";
        keys.extend(context.funding_authority(role, "--sol-deposit-authority", source, expected)?);
        self.receiver.check(context, snapshot, from.pubkey()).await?;
        let receiver = self.receiver.receiver(from.pubkey());
        let rent = token_account_rent(context, snapshot, &receiver).await?;
        let wrapped = match self.from_wrapped {
            true => Some(Wrapped::find(context, &from.pubkey()).await?),
            false => None,
        };
        let lamports = match &wrapped {
            Some(wrapped) => wrapped.take(self.amount)?,
            None => self.lamports(context, &from, rent).await?,
        };
        let quoted = quote::quote_deposit_sol(snapshot, lamports, None)?;
        let minimum = self.bound.minimum_of(quoted.pool_tokens.to_depositor.get());
        quote::quote_deposit_sol(snapshot, lamports, minimum)?;
        let throwaway = context.throwaway(&keys)?;
        let deposit = DepositSol {
            from: from.pubkey(),
            lamports,
            to: receiver,
            referrer: self.receiver.referrer,
            minimum_pool_tokens: minimum,
            throwaway: throwaway.as_ref().map(|key| key.pubkey()),
            unwrap: wrapped.as_ref().map(|wrapped| wrapped.unwrap),
        };
        let plan = Plan::one("deposit SOL", actions::deposit_sol(snapshot, &deposit));
        keys.extend(throwaway);
        let paid = if wrapped.is_some() { Wrapped::lent(snapshot) } else { lamports };
        let spending = Spending::new(from.pubkey(), paid.saturating_add(rent));
        context.check_funds(&plan, &keys, &[spending]).await?;
        let Deposited { got, fee } =
            Deposited::of(&quoted.pool_tokens, receiver.address(snapshot), self.receiver.referrer);
        let quote = Quote::new(context);
        let paid = quote.amounts().sol(lamports);
        let charge = quoted.growth_charge.get();
        let quote = quote.pay(paid).get(tokens(got)).fee(fee);
        let quote = quote.add((charge > 0).then(|| ("growth charge", growth_charge(charge))));
        let quote = quote.at_least(minimum.map(tokens), &self.bound);
        let quote = quote.add(wrapped.as_ref().map(Wrapped::line)).add(context.fee_line(&plan, &keys).await?);
        self.receiver.confirm(context, snapshot, quote, from.pubkey(), rent)?;
        let sent = context.send_once(&plan, &keys, snapshot.program_id()).await?;
        Ok(Done(Output {
            pool: Text(self.pool),
            from: Text(from.pubkey()),
            wrapped_account: wrapped.map(|wrapped| Text(wrapped.unwrap.account)),
            token_account: Text(receiver.address(snapshot)),
            lamports,
            pool_tokens: got,
            minimum_pool_tokens: minimum,
            fee_pool_tokens: fee,
            growth_charge_lamports: charge,
            transactions: fresh.and(sent),
        }))
    }

    /// What to deposit, where `from` pays `rent` beside it.
    async fn lamports<C: Cluster>(&self, context: &Context<'_, C>, from: &Key, rent: u64) -> Result<u64, CliError> {
        let wallet = from.pubkey();
        if let Amount::Exact(lamports) = self.amount {
            return Ok(lamports);
        }
        let pays_fees = context.fee_payer()?.pubkey() == wallet;
        let kept = rent.saturating_add(if pays_fees { LEFT_FOR_FEES } else { 0 });
        let held = balance(context, &wallet).await?;
        match held.checked_sub(kept) {
            Some(lamports) if lamports > 0 => Ok(lamports),
            _ => Err(CliError::InsufficientFunds {
                holder: wallet,
                held: sol(held),
                needed: format!("more than {} (fees and rent)", sol(kept)),
            }),
        }
    }
}

/// What a growth charge is for.
fn growth_charge(lamports: u64) -> String {
    format!(
        "{}, already deducted: it goes to all holders, so that a late deposit takes no rewards of theirs",
        sol(lamports)
    )
}

impl Trade for Output {
    fn receipt(&self, amounts: Amounts) -> Receipt<'_> {
        Receipt {
            headline: format!("Deposited {} into pool {}", amounts.sol(self.lamports), self.pool),
            lines: vec![("got", tokens(self.pool_tokens)), ("in token account", self.token_account.to_string())],
            more: vec![
                ("from", self.from.to_string()),
                ("fee", tokens(self.fee_pool_tokens)),
                ("growth charge", amounts.sol(self.growth_charge_lamports)),
                trade::minimum(self.minimum_pool_tokens, tokens),
            ],
            transactions: &self.transactions,
        }
    }
}
