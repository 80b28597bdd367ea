//! `tidepool withdraw-stake`

use {
    super::{
        trade::{Amounts, Done, Quote, Receipt, Trade},
        wallet::{Holding, check_balance},
        withdraw::pieces::{StakeAccount, Totals, left_over, quote_pieces, refusal, slippage_of, why_left},
    },
    crate::{
        args::{Bound, UpdateFirst, address},
        context::Context,
        error::CliError,
        keys::{Key, KeySource, new_key},
        output::{Landed, Text},
        units::{Amount, Slippage, tokens},
    },
    serde::Serialize,
    solana_address::Address,
    std::cell::RefCell,
    tidepool_client::{
        actions::{self, NewStakeAccount, WithdrawStake},
        cluster::Cluster,
        error::PlanError,
        plan::{self, Piece, Plan, Withdrawal, WithdrawalOrder, WithdrawalPlan},
        pool::{PoolSnapshot, StakeSelection},
        quote::WithdrawFrom,
    },
};

const EXAMPLE: &str = "\
Example:
  tidepool withdraw-stake 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA 250
  tidepool withdraw-stake 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA ALL --rest-as-sol --yes";

/// Give pool tokens and get stake accounts
///
/// The stake comes from the validator with most of it, and from several where one has too little; you get one stake account
/// from each, whose rent you pay. It stays delegated and goes on earning. At least 1 SOL of stake has to be withdrawn at a
/// time. Shows what you get and asks before anything is sent. A part that would bring less than its share of --minimum, or less
/// than quoted by more than --max-slippage, does not happen.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// The pool
    #[arg(value_name = "POOL", value_parser = address)]
    pool: Address,

    /// Pool tokens to give, or ALL in the account
    #[arg(value_name = "POOL_TOKENS")]
    amount: Amount,

    /// Take the stake of this validator (vote account) only
    #[arg(long, value_name = "VOTE_ACCOUNT", value_parser = address)]
    validator: Option<Address>,

    /// Split the reserve, which is possible only where no validator has stake to give
    #[arg(long, conflicts_with = "validator")]
    from_reserve: bool,

    /// Where stake accounts can only be had whole, take them whole, which removes their validators from the pool
    #[arg(long, conflicts_with_all = ["validator", "from_reserve"])]
    whole_accounts: bool,

    /// Withdraw as SOL what cannot be had as stake
    #[arg(long, conflicts_with_all = ["validator", "from_reserve"])]
    rest_as_sol: bool,

    /// Key of the new stake account, where it is only one [default: a new one]
    #[arg(long, value_name = "KEYPAIR")]
    stake_keypair: Option<KeySource>,

    /// Who becomes staker and withdrawer of the stake accounts [default: the owner of the pool tokens]
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    stake_authority: Option<Address>,

    /// Token account that gives the pool tokens [default: the owner's associated one]
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    from: Option<Address>,

    /// Key of the pool tokens' owner or delegate [default: your wallet's]
    #[arg(long, value_name = "KEYPAIR")]
    owner: Option<KeySource>,

    #[command(flatten)]
    bound: Bound,

    #[command(flatten)]
    update_first: UpdateFirst,
}

/// A withdrawal that has been made.
#[derive(Debug, Serialize)]
pub struct Output {
    pool: Text<Address>,
    token_account: Text<Address>,
    stake_authority: Text<Address>,
    stake_accounts: Vec<StakeAccount>,
    /// Lamports that came as SOL from the reserve.
    sol_lamports: u64,
    /// Lamports in all, as stake and as SOL, by the quote; the rent of the stake accounts is not among them.
    lamports: u64,
    minimum_lamports: u64,
    /// Pool tokens given, the fee included.
    pool_tokens: u64,
    /// Pool tokens that went to the manager.
    fee_pool_tokens: u64,
    /// Pool tokens that could not be withdrawn, and stay in the account.
    pool_tokens_left: u64,
    /// Lamports of rent that the fee payer put into the stake accounts.
    rent_lamports: u64,
    transactions: Vec<Landed>,
}

/// What the arguments come to in a pool.
struct Request<'a> {
    args: &'a Args,
    snapshot: &'a PoolSnapshot,
    terms: Withdrawal,
    /// Keys of the new stake accounts.
    new_keys: RefCell<Vec<Key>>,
    first_key: Option<Key>,
}

impl Args {
    /// Withdraws it.
    ///
    /// # Errors
    /// [`CliError`].
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Done<Output>, CliError> {
        context.terminal.check_consent()?;
        let owner = context.key_or_wallet("the owner of the pool tokens (--owner)", self.owner.as_ref())?;
        let stakes = match (self.validator, self.from_reserve) {
            (Some(vote), _) => StakeSelection::one(vote),
            (None, true) => StakeSelection::None,
            (None, false) => StakeSelection::All,
        };
        let fresh = context.fresh(&self.pool, stakes, self.update_first).await?;
        let request = self.request(context, &fresh.snapshot, &owner).await?;
        let (planned, slippage) = request.plan()?;
        let payer = request.terms.payer;
        check_balance(context, &payer, planned.rent_lamports).await?;
        let totals = Totals::of(&planned, slippage);
        let to = request.terms.order.sol_to().unwrap_or_default();
        let mut quote = quote_pieces(Quote::new(context), &planned, &totals, &self.bound, &to);
        quote = quote.rate(&fresh.snapshot.rate());
        if let Some(left) = planned.left {
            let over = left_over(&left, quote.amounts());
            quote = quote.line("left over", over);
            quote = quote.line("because", why_left(&left, self.otherwise()));
        }
        quote.confirm(context, &format!("Withdraw from pool {}", self.pool))?;
        let mut keys = request.new_keys.take();
        keys.push(owner);
        let sent = context.send(&planned.plan, &keys, fresh.snapshot.program_id()).await?;
        Ok(Done(Output {
            pool: Text(self.pool),
            token_account: Text(request.terms.tokens.account),
            stake_authority: Text(request.terms.stake_authority),
            stake_accounts: StakeAccount::all(&planned),
            sol_lamports: planned.sol.map_or(0, |sol| sol.lamports),
            lamports: totals.lamports,
            minimum_lamports: totals.minimum,
            pool_tokens: totals.pool_tokens,
            fee_pool_tokens: totals.fee,
            pool_tokens_left: planned.pool_tokens_left(),
            rent_lamports: planned.rent_lamports,
            transactions: fresh.and(sent),
        }))
    }

    /// What else the user may ask for where not all can be had.
    fn otherwise(&self) -> Option<&'static str> {
        (!self.rest_as_sol).then_some("use --rest-as-sol")
    }

    async fn request<'a, C: Cluster>(
        &'a self,
        context: &Context<'_, C>,
        snapshot: &'a PoolSnapshot,
        owner: &Key,
    ) -> Result<Request<'a>, CliError> {
        let holding = Holding::find(context, snapshot, self.from, owner).await?;
        let order = if self.rest_as_sol {
            if snapshot.pool().terms.sol_withdraw_authority.is_some() {
                return Err(CliError::usage("this pool restricts withdrawals of SOL: leave out --rest-as-sol"));
            }
            WithdrawalOrder::SolLast(owner.pubkey())
        } else {
            WithdrawalOrder::StakeOnly
        };
        let first_key = match &self.stake_keypair {
            Some(source) => Some(context.key_or_wallet("the new stake account (--stake-keypair)", Some(source))?),
            None => None,
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
            },
            new_keys: RefCell::default(),
            first_key,
        })
    }
}

impl Request<'_> {
    /// Plans it twice: what it yields without a bound, and then with the bound that follows.
    fn plan(&self) -> Result<(WithdrawalPlan, Slippage), CliError> {
        let slippage = slippage_of(&self.args.bound, self.plan_with(None)?.lamports())?;
        Ok((self.plan_with(Some(slippage))?, slippage))
    }

    fn plan_with(&self, slippage: Option<Slippage>) -> Result<WithdrawalPlan, CliError> {
        self.new_keys.borrow_mut().clear();
        let terms = Withdrawal { slippage_bps: slippage.map(Slippage::basis_points), ..self.terms };
        if let Some(from) = self.single_source() {
            return self.single(from, &terms, slippage);
        }
        let planned = plan::withdraw(self.snapshot, &terms, |_| self.new_account())?;
        match planned.left {
            Some(left) if planned.plan.is_empty() => Err(refusal(&left, self.args.otherwise())),
            _ => Ok(planned),
        }
    }

    fn single_source(&self) -> Option<WithdrawFrom> {
        let reserve = self.args.from_reserve.then_some(WithdrawFrom::Reserve);
        self.args.validator.map(WithdrawFrom::Validator).or(reserve)
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
            to: self.new_account()?,
            stake_authority: terms.stake_authority,
            payer: terms.payer,
            minimum_lamports: None,
        };
        let (_, quote) = actions::withdraw_stake(self.snapshot, &withdrawal)?;
        withdrawal.minimum_lamports = slippage.map(|slippage| slippage.minimum_of(quote.yields.lamports));
        let (group, quote) = actions::withdraw_stake(self.snapshot, &withdrawal)?;
        Ok(WithdrawalPlan {
            plan: Plan::one("withdraw stake", group),
            pieces: vec![Piece { quote, to: withdrawal.to }],
            sol: None,
            left: None,
            rent_lamports: self.snapshot.environment().stake_rent(),
        })
    }

    fn new_account(&self) -> Result<NewStakeAccount, PlanError> {
        let mut keys = self.new_keys.borrow_mut();
        let key = match &self.first_key {
            Some(key) if keys.is_empty() => key.clone(),
            _ => new_key(),
        };
        let account = NewStakeAccount::keypair(key.pubkey());
        keys.push(key);
        Ok(account)
    }
}

impl Trade for Output {
    fn receipt(&self, amounts: Amounts) -> Receipt {
        let mut lines = vec![("for", tokens(self.pool_tokens))];
        lines.extend(self.stake_accounts.iter().map(|account| account.line(amounts)));
        if self.sol_lamports > 0 {
            lines.push(("as SOL", amounts.sol(self.sol_lamports)));
        }
        if self.pool_tokens_left > 0 {
            lines.push(("left over", format!("{}, which could not be withdrawn", tokens(self.pool_tokens_left))));
        }
        Receipt {
            headline: format!("Withdrew {} from pool {}", amounts.sol(self.lamports), self.pool),
            lines,
            more: vec![
                ("stake authority", self.stake_authority.to_string()),
                ("token account", self.token_account.to_string()),
                ("fee", tokens(self.fee_pool_tokens)),
                ("minimum", amounts.sol(self.minimum_lamports)),
                ("rent", amounts.sol(self.rent_lamports)),
            ],
        }
    }

    fn transactions(&self) -> &[Landed] {
        &self.transactions
    }
}
