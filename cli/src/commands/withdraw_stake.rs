//! `tidepool withdraw-stake`

use {
    super::wallet::{Holding, check_balance},
    crate::{
        args::{Bound, UpdateFirst, address},
        context::Context,
        error::CliError,
        keys::{Key, KeySource, new_key},
        output::{CommandOutput, Landed, Text, to_json, write_fields, write_signatures},
        units::{Amount, Slippage, Units, sol, tokens},
    },
    serde::Serialize,
    serde_json::Value,
    solana_address::Address,
    std::{cell::RefCell, fmt},
    tidepool_client::{
        actions::{self, NewStakeAccount, WithdrawStake},
        cluster::Cluster,
        error::PlanError,
        plan::{self, Piece, Plan, Withdrawal, WithdrawalOrder, WithdrawalPlan},
        pool::{PoolSnapshot, StakeSelection},
        quote::WithdrawFrom,
    },
    tidepool_interface::StakePoolError,
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
    stake_accounts: Vec<Withdrawn>,
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

/// A stake account that was withdrawn.
#[derive(Debug, Serialize)]
struct Withdrawn {
    address: Text<Address>,
    /// `null` for one from the reserve.
    vote: Option<Text<Address>>,
    lamports: u64,
    pool_tokens: u64,
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
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Output, CliError> {
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
        let what = format!("Withdraw from pool {}", self.pool);
        context.terminal.confirm(&what, &lines(&planned, &totals))?;
        let mut keys = request.new_keys.take();
        keys.push(owner);
        let sent = context.send(&planned.plan, &keys, fresh.snapshot.program_id()).await?;
        Ok(Output {
            pool: Text(self.pool),
            token_account: Text(request.terms.tokens.account),
            stake_authority: Text(request.terms.stake_authority),
            stake_accounts: planned.pieces.iter().map(Withdrawn::from).collect(),
            sol_lamports: planned.sol.map_or(0, |sol| sol.lamports),
            lamports: totals.lamports,
            minimum_lamports: totals.minimum,
            pool_tokens: totals.pool_tokens,
            fee_pool_tokens: totals.fee,
            pool_tokens_left: planned.pool_tokens_left(),
            rent_lamports: planned.rent_lamports,
            transactions: fresh.and(sent),
        })
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
        let quoted = Totals::of(&self.plan_with(None)?, self.args.bound.max_slippage);
        let slippage = match self.args.bound.minimum {
            None => self.args.bound.max_slippage,
            Some(Units(minimum)) if quoted.lamports < minimum => {
                let what = format!("the holder gets {}, less than the {} demanded", sol(quoted.lamports), sol(minimum));
                let what = format!("{what}: lower the bound, or give more pool tokens");
                return Err(PlanError::refused(StakePoolError::ExceededSlippage, what).into());
            }
            // Each piece is rounded down, so one basis point too many might cost the last lamports of the minimum.
            Some(Units(minimum)) => Slippage::between(minimum, quoted.lamports).tighter(),
        };
        Ok((self.plan_with(Some(slippage))?, slippage))
    }

    fn plan_with(&self, slippage: Option<Slippage>) -> Result<WithdrawalPlan, CliError> {
        self.new_keys.borrow_mut().clear();
        let terms = Withdrawal { slippage_bps: slippage.map(Slippage::basis_points), ..self.terms };
        if let Some(from) = self.single_source() {
            return self.single(from, &terms, slippage);
        }
        let planned = plan::withdraw(self.snapshot, &terms, |_| self.new_account())?;
        if planned.plan.is_empty() {
            let minimum = self.snapshot.environment().stake_program_minimum;
            let what = format!(
                "{} cannot be had as stake: a stake account holds at least {}, and validators keep as much; give more, or use --rest-as-sol or --whole-accounts",
                tokens(terms.pool_tokens),
                sol(minimum)
            );
            return Err(PlanError::refused(StakePoolError::StakeLamportsNotEqualToMinimum, what).into());
        }
        Ok(planned)
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

/// All pieces together.
struct Totals {
    lamports: u64,
    minimum: u64,
    pool_tokens: u64,
    fee: u64,
}

impl Totals {
    fn of(planned: &WithdrawalPlan, slippage: Slippage) -> Self {
        let quotes = planned.pieces.iter().map(|piece| piece.quote.yields).chain(planned.sol);
        let mut totals = Self { lamports: 0, minimum: 0, pool_tokens: 0, fee: 0 };
        for quote in quotes {
            totals.lamports = totals.lamports.saturating_add(quote.lamports);
            totals.minimum = totals.minimum.saturating_add(slippage.minimum_of(quote.lamports));
            totals.pool_tokens = totals.pool_tokens.saturating_add(quote.burnt).saturating_add(quote.fee);
            totals.fee = totals.fee.saturating_add(quote.fee);
        }
        totals
    }
}

fn lines(planned: &WithdrawalPlan, totals: &Totals) -> Vec<(&'static str, String)> {
    let rent = planned.rent_lamports;
    let mut lines = vec![("you pay", tokens(totals.pool_tokens))];
    for piece in &planned.pieces {
        let from = match piece.quote.from {
            WithdrawFrom::Validator(vote) => format!("of validator {vote}"),
            WithdrawFrom::Reserve => "of the reserve".into(),
        };
        lines.push(("you get", format!("{} {from}", sol(piece.quote.yields.lamports))));
    }
    if let Some(quote) = planned.sol {
        lines.push(("you get", format!("{} as SOL", sol(quote.lamports))));
    }
    lines.push(("fee", format!("{}, deducted already", tokens(totals.fee))));
    lines.push(("at least", format!("{} in all", sol(totals.minimum))));
    lines.push(("rent", format!("{}, which stays in the stake accounts", sol(rent))));
    if let Some(left) = planned.left {
        lines.push(("left over", format!("{}, which you keep", tokens(left.pool_tokens))));
    }
    lines
}

impl From<&Piece> for Withdrawn {
    fn from(piece: &Piece) -> Self {
        Self {
            address: Text(piece.to.address),
            vote: match piece.quote.from {
                WithdrawFrom::Validator(vote) => Some(Text(vote)),
                WithdrawFrom::Reserve => None,
            },
            lamports: piece.quote.yields.lamports,
            pool_tokens: piece.quote.pool_tokens,
        }
    }
}

impl Output {
    fn write(&self, f: &mut fmt::Formatter<'_>, more: &[(&str, String)]) -> fmt::Result {
        writeln!(f, "Withdrew {} from pool {}", sol(self.lamports), self.pool)?;
        for account in &self.stake_accounts {
            writeln!(f, "  stake account {} with {}", account.address, sol(account.lamports))?;
        }
        if self.sol_lamports > 0 {
            writeln!(f, "  {} as SOL", sol(self.sol_lamports))?;
        }
        if self.pool_tokens_left > 0 {
            writeln!(f, "  {} could not be withdrawn and stay", tokens(self.pool_tokens_left))?;
        }
        write_fields(f, more)?;
        write_signatures(f, &self.transactions)
    }
}

impl CommandOutput for Output {
    fn display(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, &[])
    }

    fn verbose(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let more = [
            ("stake authority", self.stake_authority.to_string()),
            ("token account", self.token_account.to_string()),
            ("given", tokens(self.pool_tokens)),
            ("fee", tokens(self.fee_pool_tokens)),
            ("minimum", sol(self.minimum_lamports)),
            ("rent", sol(self.rent_lamports)),
        ];
        self.write(f, &more)
    }

    fn json(&self) -> Value {
        to_json(self)
    }
}
