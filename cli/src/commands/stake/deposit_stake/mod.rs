//! `tidepool deposit-stake`

mod all;

use {
    crate::{
        args::{Bound, UpdateFirst},
        context::{Context, Spending},
        error::CliError,
        keys::{Key, KeySource},
        output::{Landed, Text},
        trade::{self, Amounts, Done, Quote, Receipt, Trade},
        units::{address, tokens},
        unsent::Halt,
        wallet::{Deposited, ReceiverArgs, token_account_rent},
    },
    serde::Serialize,
    solana_account::Account,
    solana_address::Address,
    tidepool_client::{
        actions,
        actions::DepositStake,
        cluster::Cluster,
        error::PlanError,
        plan::Plan,
        pool::{AccountKind, PoolSnapshot, StakeSelection},
        quote,
    },
    tidepool_interface::external::stake::StakeState,
};

const EXAMPLE: &str = "\
Example:
  tidepool deposit-stake 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA \\
      EVJD4K4PwX6PHorHeBHvgeE9JtsvV4g24iStD36fnuLZ --authority id.json
  tidepool deposit-stake 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA --all --yes";

/// Deposit stake accounts into the pool in exchange for pool tokens
///
/// Deposits whole accounts: delegated to a validator of the pool, fully active (or activating, if the pool's own stake with the
/// validator is), and not locked. --all deposits every eligible account whose staker and withdrawer is your wallet, and lists
/// why others are skipped. Shows a quote and asks for confirmation. The transaction fails if it would yield less than
/// --minimum, or less than the quote by more than --max-slippage.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Address of the pool
    #[arg(value_name = "POOL", value_parser = address)]
    pool: Address,

    /// Address of the stake account
    #[arg(value_name = "STAKE_ACCOUNT", value_parser = address, required_unless_present = "all", conflicts_with = "all")]
    stake: Option<Address>,

    /// Deposit all eligible stake accounts of the wallet, each with its own minimum
    #[arg(long)]
    all: bool,

    /// Keypair of the stake account's withdraw authority [default: your wallet]
    #[arg(long, value_name = "KEYPAIR")]
    authority: Option<KeySource>,

    #[command(flatten)]
    receiver: ReceiverArgs,

    #[command(flatten)]
    bound: Bound,

    /// Keypair of the pool's stake deposit authority, for a pool that has one
    #[arg(long, value_name = "KEYPAIR")]
    deposit_authority: Option<KeySource>,

    #[command(flatten)]
    update_first: UpdateFirst,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Output {
    One(One),
    All(all::Output),
}

#[derive(Debug, Serialize)]
pub struct One {
    pool: Text<Address>,
    stake_account: Text<Address>,
    vote: Text<Address>,
    token_account: Text<Address>,
    /// All lamports of the stake account.
    lamports: u64,
    /// Of these, lamports that are stake of the pool's validator now; the rest is in the reserve.
    stake_lamports: u64,
    /// Pool tokens that the token account got, by the quote.
    pool_tokens: u64,
    /// Pool tokens below which the deposit would not have happened; a referrer's share does not count. `null` without a minimum.
    minimum_pool_tokens: Option<u64>,
    /// Pool tokens that went to the manager and to a referrer.
    fee_pool_tokens: u64,
    transactions: Vec<Landed>,
}

impl Args {
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Done<Output>, Halt> {
        context.terminal.check_consent()?;
        Ok(Done(match self.stake {
            Some(stake) => Output::One(self.deposit(context, stake).await?),
            None => Output::All(self.deposit_all(context).await?),
        }))
    }

    async fn deposit<C: Cluster>(&self, context: &Context<'_, C>, stake: Address) -> Result<One, Halt> {
        let account = stake_account(context, &stake).await?;
        let owner =
            context.key_or_wallet("the stake account's withdraw authority (--authority)", self.authority.as_ref())?;
        // Whatever is wrong with an account that is not delegated, the quote says.
        let stakes = delegated_to(&account).map_or(StakeSelection::None, StakeSelection::one);
        let fresh = context.fresh(&self.pool, stakes, self.update_first).await?;
        let snapshot = &fresh.snapshot;
        let payer = context.fee_payer()?.pubkey();
        let depositor = owner.pubkey();
        self.receiver.check(context, snapshot, depositor).await?;
        let to = self.receiver.receiver(depositor);
        let quoted = quote::quote_deposit_stake(snapshot, &account, None).map_err(|error| of_account(&stake, error))?;
        let minimum = self.bound.minimum_of(quoted.pool_tokens.to_depositor.get());
        let deposit = DepositStake {
            address: stake,
            account: &account,
            withdrawer: depositor,
            payer,
            to,
            referrer: self.receiver.referrer,
            minimum_pool_tokens: minimum,
        };
        let (group, quoted) = actions::deposit_stake(snapshot, &deposit)?;
        let mut keys = vec![owner];
        keys.extend(self.authority(context, snapshot)?);
        let rent = token_account_rent(context, snapshot, &to).await?;
        let plan = Plan::one("deposit stake", group);
        context.check_funds(&plan, &keys, &[Spending::new(payer, rent)]).await?;
        let Deposited { got, fee } = Deposited::of(&quoted.pool_tokens, to.address(snapshot), self.receiver.referrer);
        let quote = Quote::new(context);
        let paid = format!("stake account {stake} with {}", quote.amounts().sol(account.lamports));
        let quote = quote.pay(paid).get(tokens(got)).fee(fee).at_least(minimum.map(tokens), &self.bound);
        let quote = quote.add(context.fee_line(&plan, &keys).await?);
        self.receiver.confirm(context, snapshot, quote, depositor, rent)?;
        let sent = context.send(&plan, &keys, snapshot.program_id()).await?;
        Ok(One {
            pool: Text(self.pool),
            stake_account: Text(stake),
            vote: Text(quoted.vote),
            token_account: Text(to.address(snapshot)),
            lamports: quoted.total_lamports,
            stake_lamports: quoted.stake_lamports,
            pool_tokens: got,
            minimum_pool_tokens: minimum,
            fee_pool_tokens: fee,
            transactions: fresh.and(sent),
        })
    }

    fn authority<C: Cluster>(
        &self,
        context: &Context<'_, C>,
        snapshot: &PoolSnapshot,
    ) -> Result<Option<Key>, CliError> {
        let authority = snapshot.pool().head.stake_deposit_authority;
        let expected = snapshot.has_custom_deposit_authority().then_some(authority);
        let source = self.deposit_authority.as_ref();
        context.funding_authority("the pool's stake deposit authority", "--deposit-authority", source, expected)
    }
}

async fn stake_account<C: Cluster>(context: &Context<'_, C>, address: &Address) -> Result<Account, CliError> {
    let account = context.cluster.require_account(address).await?;
    match AccountKind::of(&account) {
        AccountKind::StakeAccount => Ok(account),
        other => Err(CliError::usage(format!(
            "account {address} is {other}, not a stake account: specify the stake account to deposit, or deposit SOL"
        ))),
    }
}

/// Adds the stake account to a refusal, which does not name it.
fn of_account(address: &Address, error: PlanError) -> PlanError {
    match error {
        PlanError::Refused(refusal) => PlanError::refused(
            refusal.cause,
            format!("stake account {address} cannot be deposited: {}", refusal.context),
        ),
        other => other,
    }
}

fn delegated_to(account: &Account) -> Option<Address> {
    let (_, delegation) = StakeState::decode_delegated(&account.data).ok()?;
    Some(delegation.voter)
}

impl Trade for One {
    fn receipt(&self, amounts: Amounts) -> Receipt<'_> {
        let (account, lamports) = (self.stake_account, amounts.sol(self.lamports));
        Receipt {
            headline: format!("Deposited stake account {account} with {lamports} into pool {}", self.pool),
            lines: vec![("got", tokens(self.pool_tokens)), ("in token account", self.token_account.to_string())],
            more: vec![
                ("validator", self.vote.to_string()),
                ("delegated", amounts.sol(self.stake_lamports)),
                ("fee", tokens(self.fee_pool_tokens)),
                trade::minimum(self.minimum_pool_tokens, tokens),
            ],
            transactions: &self.transactions,
        }
    }
}

impl Trade for Output {
    fn receipt(&self, amounts: Amounts) -> Receipt<'_> {
        match self {
            Self::One(one) => one.receipt(amounts),
            Self::All(all) => all.receipt(amounts),
        }
    }
}
