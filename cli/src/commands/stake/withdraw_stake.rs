//! `tidepool withdraw-stake`

use {
    crate::{
        args::{Bound, UpdateFirst},
        context::{Context, Spending},
        error::CliError,
        keys::{Key, KeySource},
        output::Text,
        trade::{Amounts, Done, Quote, Receipt, Trade},
        units::{Amount, Slippage, address, sol, tokens},
        unsent::Halt,
        wallet::{
            Holding, SourceArgs,
            signers::{Given, check_can_sign},
            wrapped::Wrapping,
        },
        warnings,
        withdrawal::{
            accounts, activation, into,
            landed::send,
            left::refusal,
            pieces::{Totals, slippage_of},
            quote::Quoted,
            withdrawn::Withdrawn,
        },
    },
    serde::Serialize,
    solana_account::Account,
    solana_address::Address,
    tidepool_client::{
        actions,
        actions::{NewStakeAccount, WithdrawStake},
        cluster::Cluster,
        error::PlanError,
        plan::{self, Piece, Plan, Withdrawal, WithdrawalOrder, WithdrawalPlan},
        pool::{PoolSnapshot, StakeSelection},
        quote::{WithdrawFrom, check_withdrawn_merge},
    },
};

const EXAMPLE: &str = "\
Example:
  tidepool withdraw-stake 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA 250
  tidepool withdraw-stake 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA ALL --rest-as-sol --yes
  tidepool withdraw-stake 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA 250 \\
      --into EVJD4K4PwX6PHorHeBHvgeE9JtsvV4g24iStD36fnuLZ";

/// Withdraw stake accounts from the pool in exchange for pool tokens
///
/// Stake comes from the preferred validator, then from stake that earns nothing, then from the largest validators; you receive
/// one stake account from each and pay its rent. The stake keeps its activation state: active stake keeps earning, inactive
/// stake can be withdrawn as SOL. The minimum is 1 SOL of stake. Shows a quote and asks for confirmation. A part that would
/// yield less than its share of --minimum, or less than the quote by more than --max-slippage, fails.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Address of the pool
    #[arg(value_name = "POOL", value_parser = address)]
    pool: Address,

    /// Pool tokens to withdraw, or ALL
    #[arg(value_name = "POOL_TOKENS")]
    amount: Amount,

    /// Vote account of the only validator to withdraw from
    #[arg(long, value_name = "VOTE_ACCOUNT", value_parser = address)]
    validator: Option<Address>,

    /// Split the reserve: if no validator has stake to withdraw, or an extended pool has a SOL withdraw authority
    #[arg(long, conflicts_with = "validator")]
    from_reserve: bool,

    /// Withdraw whole validator stake accounts if they cannot be split, which removes their validators from the pool
    #[arg(long, conflicts_with_all = ["validator", "from_reserve"])]
    whole_accounts: bool,

    /// Withdraw the rest as SOL, if it cannot be withdrawn as stake
    #[arg(long, conflicts_with_all = ["validator", "from_reserve"])]
    rest_as_sol: bool,

    /// Receive that SOL as wrapped SOL in the owner's associated token account, created if needed
    #[arg(long, requires = "rest_as_sol")]
    wrap: bool,

    /// Keypair of the new stake account, the first if there are several [default: derived from the owner's address]
    #[arg(long, value_name = "KEYPAIR")]
    stake_keypair: Option<KeySource>,

    /// Merge the withdrawn stake into this stake account of the owner, in the same transaction; withdraws from its validator
    /// unless --validator or --from-reserve is given. Authorities, lockup, validator and activation state must match
    #[arg(long, value_name = "STAKE_ACCOUNT", value_parser = address,
        conflicts_with_all = ["stake_keypair", "stake_authority", "whole_accounts", "rest_as_sol"])]
    into: Option<Address>,

    /// Staker and withdrawer of the new stake accounts [default: the owner of the pool tokens]
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    stake_authority: Option<Address>,

    #[command(flatten)]
    source: SourceArgs,

    #[command(flatten)]
    bound: Bound,

    #[command(flatten)]
    update_first: UpdateFirst,
}

#[derive(Debug, Serialize)]
pub struct Output {
    pool: Text<Address>,
    stake_authority: Text<Address>,
    #[serde(flatten)]
    withdrawn: Withdrawn,
}

/// What the arguments come to in a pool.
struct Request<'a> {
    args: &'a Args,
    /// What the stake is taken from, if it is to be one source only.
    source: Option<WithdrawFrom>,
    snapshot: &'a PoolSnapshot,
    terms: Withdrawal,
    /// The stake account that the withdrawn stake is merged into.
    into: Option<(Address, Account)>,
    /// The new stake accounts; where they are not known yet, others of the same kind stand in.
    accounts: Vec<NewStakeAccount>,
}

impl Args {
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Done<Output>, Halt> {
        context.terminal.check_consent()?;
        let owner = self.source.owner(context)?;
        let into = into::read(context, self.into).await?;
        let source = self.taken_from(into.as_ref())?;
        let stakes = match (source, self.from_reserve) {
            (Some(WithdrawFrom::Validator(vote)), _) => StakeSelection::one(vote),
            (Some(WithdrawFrom::Reserve), _) => StakeSelection::None,
            (None, _) => StakeSelection::All,
        };
        let fresh = context.fresh(&self.pool, stakes, self.update_first).await?;
        let snapshot = &fresh.snapshot;
        if let Some(address) = self.stake_authority.filter(|authority| *authority != owner.pubkey()) {
            let role = "the stake authority";
            let given = Given { address, option: "--stake-authority", role, otherwise: "" };
            check_can_sign(context, &snapshot.parts(), given).await?;
        }
        let mut holding = Holding::find(context, snapshot, &self.source, &owner).await?;
        let first_key = self.first_key(context).await?;
        let mut keys: Vec<Key> = first_key.iter().chain([&owner]).cloned().collect();
        let throwaway = holding.approve_to_throwaway(context, &keys)?;
        keys.extend(throwaway);
        let mut request = Request { into, source, ..self.request(context, snapshot, &owner, &holding)? };
        let quoted = request.plan_with(None)?;
        request.accounts = accounts::unused(context, &owner.pubkey(), quoted.pieces.len()).await?;
        if let (Some(first), Some(key)) = (request.accounts.first_mut(), &first_key) {
            *first = NewStakeAccount::keypair(key.pubkey());
        }
        let slippage = slippage_of(&self.bound, quoted.lamports(), sol)?;
        let planned = request.plan_with(Some(slippage))?;
        let (totals, payer) = (Totals::of(&planned, slippage), request.terms.payer);
        let wrapping = Wrapping::of_plan(context, snapshot, &request.terms, &planned).await?;
        let rent = planned.rent_lamports.saturating_add(wrapping.rent_lamports);
        context.check_funds(&planned.plan, &keys, &[Spending::new(payer, rent)]).await?;
        let otherwise = self.otherwise();
        let authority = request.terms.stake_authority;
        let quoted = Quoted { snapshot, planned: &planned, totals, to: authority, payer, otherwise };
        let elsewhere =
            (authority != owner.pubkey()).then(|| ("authority", format!("{authority}, over the stake accounts")));
        let quote = quoted.lines(Quote::new(context), &self.bound)?.add(wrapping.lines()).add(elsewhere);
        let order = request.source.is_none().then(|| activation::order(&planned)).flatten();
        let merged = self.into.map(|into| ("merged", format!("into stake account {into}, in the same transaction")));
        let quote = quote.add(merged).add(order).add(warnings::program(context, snapshot));
        let quote = quote.add(context.fee_line(&planned.plan, &keys).await?);
        quote.confirm(context, &format!("Withdraw from pool {}", self.pool))?;
        let sent = send(context, &planned, &keys, snapshot.program_id()).await?;
        let epoch = snapshot.epoch();
        let withdrawn = Withdrawn::new(&request.terms, &planned, totals, wrapping, epoch, fresh.and(sent));
        Ok(Done(Output { pool: Text(self.pool), stake_authority: Text(authority), withdrawn }))
    }

    /// What the stake is taken from, if it is to be one source only: the one that was named, or the validator of `into`.
    fn taken_from(&self, into: Option<&(Address, Account)>) -> Result<Option<WithdrawFrom>, CliError> {
        let named = self.from_reserve.then_some(WithdrawFrom::Reserve);
        let named = self.validator.map(WithdrawFrom::Validator).or(named);
        match (named, into) {
            (None, Some((address, account))) => into::source(address, account).map(Some),
            (named, _) => Ok(named),
        }
    }

    /// What else the user may ask for where not all can be had.
    fn otherwise(&self) -> Option<&'static str> {
        (!self.rest_as_sol).then_some("use --rest-as-sol")
    }

    fn request<'a, C: Cluster>(
        &'a self,
        context: &Context<'_, C>,
        snapshot: &'a PoolSnapshot,
        owner: &Key,
        holding: &Holding,
    ) -> Result<Request<'a>, CliError> {
        let order = if self.rest_as_sol {
            if snapshot.pool().terms.sol_withdraw_authority.is_some() {
                return Err(CliError::usage(
                    "SOL withdrawals of this pool need an authority's signature: omit --rest-as-sol",
                ));
            }
            WithdrawalOrder::SolLast(owner.pubkey())
        } else {
            WithdrawalOrder::StakeOnly
        };
        Ok(Request {
            args: self,
            snapshot,
            terms: Withdrawal {
                tokens: holding.source,
                pool_tokens: holding.take(self.amount)?,
                stake_authority: self.stake_authority.unwrap_or(owner.pubkey()),
                payer: context.fee_payer()?.pubkey(),
                slippage_bps: None,
                take_whole_accounts: self.whole_accounts,
                order,
                wrap: self.wrap,
            },
            accounts: Vec::new(),
            into: None,
            source: None,
        })
    }

    /// The key of the first new account, if it is to have one.
    async fn first_key<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Option<Key>, CliError> {
        let Some(source) = &self.stake_keypair else { return Ok(None) };
        let key = context.key_or_wallet("the new stake account (--stake-keypair)", Some(source))?;
        let address = key.pubkey();
        match context.cluster.account(&address).await? {
            None => Ok(Some(key)),
            // The system program creates no account where there are lamports.
            Some(account) => Err(CliError::usage(format!(
                "account {address} (--stake-keypair) already exists, with {}: specify a new keypair",
                sol(account.lamports)
            ))),
        }
    }
}

impl Request<'_> {
    fn plan_with(&self, slippage: Option<Slippage>) -> Result<WithdrawalPlan, CliError> {
        let terms = Withdrawal { slippage_bps: slippage.map(Slippage::basis_points), ..self.terms };
        if let Some(from) = self.source {
            return self.single(from, &terms, slippage);
        }
        let planned = plan::withdraw(self.snapshot, &terms, |number| self.account(number))?;
        match planned.remainder {
            Some(left) if planned.plan.is_empty() => Err(refusal(&left, self.args.otherwise())),
            _ => Ok(planned),
        }
    }

    fn single(
        &self,
        from: WithdrawFrom,
        terms: &Withdrawal,
        slippage: Option<Slippage>,
    ) -> Result<WithdrawalPlan, CliError> {
        let mut withdrawal = WithdrawStake {
            from,
            tokens: terms.tokens,
            pool_tokens: terms.pool_tokens,
            to: self.account(0)?,
            stake_authority: terms.stake_authority,
            payer: terms.payer,
            minimum_lamports: None,
        };
        let (_, quote) = actions::withdraw_stake(self.snapshot, &withdrawal)?;
        withdrawal.minimum_lamports = slippage.and_then(|slippage| slippage.minimum_of(quote.yields.lamports.get()));
        let (mut group, mut quote) = actions::withdraw_stake(self.snapshot, &withdrawal)?;
        if let Some((into, account)) = &self.into {
            let (new, authority) = (withdrawal.to.address, &withdrawal.stake_authority);
            quote.condition = Some(check_withdrawn_merge(self.snapshot, &quote, authority, (into, account))?);
            group = actions::merge_withdrawn(group, &new, *into, authority);
            withdrawal.to = NewStakeAccount::keypair(*into);
        }
        Ok(WithdrawalPlan {
            plan: Plan::one("withdraw stake", group),
            pieces: vec![Piece { quote, to: withdrawal.to }],
            sol: None,
            remainder: None,
            rent_lamports: self.snapshot.environment().stake_rent(),
        })
    }

    fn account(&self, number: usize) -> Result<NewStakeAccount, PlanError> {
        match self.accounts.get(number) {
            Some(account) => Ok(account.clone()),
            None => accounts::numbered(&self.terms.tokens.authority, number),
        }
    }
}

impl Trade for Output {
    fn receipt(&self, amounts: Amounts) -> Receipt<'_> {
        let withdrawn = &self.withdrawn;
        let mut lines = vec![("for", tokens(withdrawn.pool_tokens))];
        lines.extend(withdrawn.stake_lines(amounts));
        if withdrawn.sol_lamports > 0 {
            lines.push(("as SOL", amounts.sol(withdrawn.sol_lamports)));
        }
        lines.extend(withdrawn.wrapping.done());
        if withdrawn.pool_tokens_left > 0 {
            lines.push(("remainder", format!("{}, not withdrawn", tokens(withdrawn.pool_tokens_left))));
        }
        Receipt {
            headline: withdrawn.headline(amounts, &self.pool),
            lines,
            more: withdrawn.more(("stake authority", self.stake_authority.to_string()), amounts),
            transactions: &withdrawn.transactions,
        }
    }
}
