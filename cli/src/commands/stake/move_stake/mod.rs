//! `tidepool move`

mod left;
mod output;
mod sources;

use {
    crate::{
        args::{Bound, UpdateFirst},
        context::{Context, Spending},
        error::CliError,
        keys::{Key, KeySource, new_key},
        trade::Done,
        units::{Amount, Slippage, address, tokens},
        unsent::Halt,
        wallet::{SourceArgs, token_account_rent},
        withdrawal::{accounts, pieces::slippage_of},
    },
    output::Output,
    solana_address::Address,
    sources::Sources,
    std::{cell::RefCell, collections::HashSet},
    tidepool_client::{
        actions::{NewStakeAccount, TokenReceiver},
        cluster::Cluster,
        error::PlanError,
        pack::{self, PackError},
        plan::{self, MoveAccount, PoolMove, PoolMovePlan, Step},
        pool::{PoolSnapshot, StakeSelection},
        send::{Outcome, Sent},
    },
};

const EXAMPLE: &str = "\
Example:
  tidepool move 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA \\
      5oc4nDMhYqP8dB5DW8DHtoLJpcasB19Tacu3GWAMbQAC 250
  tidepool move 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA \\
      5oc4nDMhYqP8dB5DW8DHtoLJpcasB19Tacu3GWAMbQAC ALL --rest-as-sol --yes";

/// Move your stake to another pool, without cool-down or lost rewards
///
/// Exchanges pool tokens of POOL for pool tokens of TO_POOL: withdraws active stake of validators that both pools have, and
/// deposits it. Each part is one transaction that does both, or nothing, so no stake is ever between the pools; after an
/// interruption, repeat the command for the rest. ALL includes the pool's fee account if you own it. Shows a quote with the fees
/// of both pools and asks for confirmation. A part that would yield less than its share of --minimum, or less than the quote by
/// more than --max-slippage, fails.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Address of the pool to leave
    #[arg(value_name = "POOL", value_parser = address)]
    pool: Address,

    /// Address of the pool to enter, of any program with the layout of the SPL stake pool
    #[arg(value_name = "TO_POOL", value_parser = address)]
    to_pool: Address,

    /// Pool tokens of POOL to move, or ALL
    #[arg(value_name = "POOL_TOKENS")]
    amount: Amount,

    /// Withdraw as SOL, and deposit as SOL, what cannot be moved as stake
    #[arg(long)]
    rest_as_sol: bool,

    #[command(flatten)]
    source: SourceArgs,

    #[command(flatten)]
    bound: Bound,

    /// Keypair of TO_POOL's stake deposit authority, for a pool that has one
    #[arg(long, value_name = "KEYPAIR")]
    deposit_authority: Option<KeySource>,

    #[command(flatten)]
    update_first: UpdateFirst,
}

/// The keys and accounts of the parts, by their numbers.
struct Parts<'a> {
    sources: &'a Sources,
    owner: Address,
    /// Throw-away keys, as far as they were needed.
    keys: RefCell<Vec<Key>>,
    /// Accounts for parts without one; others of the same kind stand in.
    accounts: Vec<NewStakeAccount>,
}

impl Args {
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Done<Output>, Halt> {
        context.terminal.check_consent()?;
        if self.pool == self.to_pool {
            let what = format!("both pools are {}: specify two different pools", self.pool);
            return Err(CliError::usage(what).into());
        }
        let owner = self.source.owner(context)?;
        let mut updates = vec![];
        let fresh = context.fresh(&self.pool, StakeSelection::All, self.update_first).await?;
        updates.extend(fresh.and(vec![]));
        let from = fresh.snapshot;
        let votes: HashSet<Address> = from.records().iter().map(|record| record.vote_account_address).collect();
        let fresh = context.fresh(&self.to_pool, StakeSelection::Only(votes), self.update_first).await?;
        updates.extend(fresh.and(vec![]));
        let to = fresh.snapshot;
        let mut sources = Sources::find(context, &from, &self.source, &owner, self.amount).await?;
        let mut keys = vec![owner.clone()];
        keys.extend(self.authority(context, &to)?);
        sources.approve_to_throwaways(context, &keys)?;
        let mut parts = Parts { sources: &sources, owner: owner.pubkey(), keys: RefCell::default(), accounts: vec![] };
        let rent = token_account_rent(context, &to, &TokenReceiver::Wallet(owner.pubkey())).await?;
        let mut request = self.request(context, &to, &sources, rent)?;
        let quoted = parts.plan(&from, &to, &request)?;
        if quoted.plan.is_empty() {
            return Err(left::refusal(&quoted, self.rest_as_sol).into());
        }
        if sources.sign_themselves() {
            parts.accounts = accounts::unused(context, &owner.pubkey(), quoted.stake.len()).await?;
        }
        let slippage: Slippage = slippage_of(&self.bound, quoted.received, tokens)?;
        request.slippage_bps = Some(slippage.basis_points());
        let planned = parts.plan(&from, &to, &request)?;
        keys.extend(parts.keys.take());
        let packing = context.packing().await?;
        let packed = pack::pack_plan(&planned.plan, &packing).map_err(too_large)?;
        context.check_funds(&planned.plan, &keys, &spending(&planned, request.payer, rent)).await?;
        let mut output = Output::new((&from, &to), &request, &planned, self.rest_as_sol);
        let transactions = packed.iter().map(Vec::len).sum();
        let quote = output.quote(context, (&from, &to), &self.bound, (transactions, rent));
        let quote = quote.add(context.fee_line(&planned.plan, &keys).await?);
        quote.confirm(context, &format!("Move from pool {} to pool {}", self.pool, self.to_pool))?;
        // The account of a part is gone when it has landed, so nothing but the signature stops a second time.
        let sent = context.send_once(&planned.plan, &keys, to.program_id()).await;
        let sent = sent.inspect_err(|halt| tell_what_landed(context, halt, &planned))?;
        updates.extend(sent);
        output.set_transactions(updates);
        Ok(Done(output))
    }

    fn request<C: Cluster>(
        &self,
        context: &Context<'_, C>,
        to: &PoolSnapshot,
        sources: &Sources,
        rent: u64,
    ) -> Result<PoolMove, CliError> {
        let wallet = TokenReceiver::Wallet(sources.owner);
        Ok(PoolMove {
            sources: sources.amounts(),
            payer: context.fee_payer()?.pubkey(),
            // An account that exists is not created again, which would take a transaction.
            to: if rent > 0 { wallet } else { TokenReceiver::Account(wallet.address(to)) },
            referrer: None,
            slippage_bps: None,
            rest_as_sol: self.rest_as_sol.then_some(sources.owner),
        })
    }

    fn authority<C: Cluster>(&self, context: &Context<'_, C>, to: &PoolSnapshot) -> Result<Option<Key>, CliError> {
        let authority = to.pool().head.stake_deposit_authority;
        let expected = to.has_custom_deposit_authority().then_some(authority);
        let source = self.deposit_authority.as_ref();
        context.funding_authority(
            "the receiving pool's stake deposit authority",
            "--deposit-authority",
            source,
            expected,
        )
    }
}

impl Parts<'_> {
    fn plan(&self, from: &PoolSnapshot, to: &PoolSnapshot, request: &PoolMove) -> Result<PoolMovePlan, PlanError> {
        plan::move_stake(from, to, request, |number, source| self.account(number, source))
    }

    fn account(&self, number: usize, source: usize) -> Result<MoveAccount, PlanError> {
        let mut keys = self.keys.borrow_mut();
        while keys.len() <= number {
            keys.push(new_key());
        }
        if self.sources.uses_throwaways(source) {
            return Ok(MoveAccount::throwaway(keys[number].pubkey()));
        }
        match self.accounts.get(number) {
            Some(account) => Ok(MoveAccount::of(account.clone())),
            None => accounts::numbered(&self.owner, number).map(MoveAccount::of),
        }
    }
}

/// What the stages of a plan take from the payer for rent: a token account in the first, if there is none, and a stake account in
/// each part.
fn spending(planned: &PoolMovePlan, payer: Address, token_account: u64) -> Vec<Spending> {
    let first = usize::from(token_account > 0);
    let rent = planned.rent_lamports.checked_div(planned.stake.len() as u64).unwrap_or(0);
    let parts = (first..).take(planned.stake.len()).map(|stage| Spending { wallet: payer, lamports: rent, stage });
    [Spending::new(payer, token_account)].into_iter().chain(parts).collect()
}

fn too_large(error: PackError) -> CliError {
    CliError::usage(format!(
        "{error}; use --transaction-version v1, or withdraw with `tidepool withdraw-stake` and deposit with `tidepool \
         deposit-stake --all`"
    ))
}

/// Says which parts have landed where not all have: what they moved must not be moved again.
fn tell_what_landed<C: Cluster>(context: &Context<'_, C>, halt: &Halt, planned: &PoolMovePlan) {
    let Halt::Failed(CliError::NotLanded(summary)) = halt else { return };
    let moved = |sent: &[&Sent]| {
        let has = |step| sent.iter().any(|sent| sent.steps.contains(&step));
        let parts = planned.stake.iter().filter(|moved| has(Step::DepositStake { from: moved.account }));
        parts.fold(0_u64, |sum, moved| sum.saturating_add(moved.withdrawal.pool_tokens))
    };
    let landed: Vec<&Sent> = summary.transactions.iter().filter(|sent| sent.outcome.is_landed()).collect();
    for sent in &landed {
        context.terminal.note(&format!("Landed: {}", sent.label));
    }
    let is_unknown = |sent: &&Sent| matches!(sent.outcome, Outcome::Unknown { .. });
    for unknown in summary.transactions.iter().filter(is_unknown) {
        let signature = unknown.outcome.signature().map_or(String::new(), |signature| signature.to_string());
        context.terminal.note(&format!("May have landed: {}; check {signature} first", unknown.label));
    }
    let done = moved(&landed);
    if done > 0 {
        context.terminal.note(&format!("{} were moved: repeat the command for the rest only", tokens(done)));
    }
    let is_withdrawn = landed.iter().any(|sent| sent.steps.contains(&Step::WithdrawSol));
    if let (true, Some(sol)) = (is_withdrawn, &planned.sol) {
        let lamports = crate::units::sol(sol.lamports);
        context.terminal.note(&format!(
            "Up to {lamports} were withdrawn to your wallet and not deposited: deposit them with `tidepool deposit-sol`"
        ));
    }
}
