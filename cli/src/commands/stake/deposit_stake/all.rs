//! `tidepool deposit-stake --all`

use {
    super::{Args, delegated_to},
    crate::{
        context::{Context, Spending},
        error::{CliError, cause_name},
        output::{Landed, Line, Text},
        trade::{self, Amounts, Quote, Receipt, Trade},
        units::{Slippage, tokens},
        unsent::Halt,
        wallet::{Deposited, token_account_rent},
        withdrawal::pieces::slippage_of,
    },
    serde::Serialize,
    solana_address::Address,
    tidepool_client::{
        cluster::{Cluster, ClusterError},
        error::PlanError,
        holdings,
        pack::{self, PackOptions},
        plan::{self, SkippedStake, StakeDeposit, StakeDepositPlan, StakeDeposits},
        pool::StakeSelection,
    },
};

#[derive(Debug, Serialize)]
pub struct Output {
    pool: Text<Address>,
    token_account: Text<Address>,
    stake_accounts: Vec<Account>,
    /// Stake accounts of the wallet that were not deposited.
    skipped: Vec<Skipped>,
    /// All lamports of the deposited accounts.
    lamports: u64,
    /// Pool tokens that the token account got, by the quotes.
    pool_tokens: u64,
    /// The sum of the minimums. `null` without a minimum.
    minimum_pool_tokens: Option<u64>,
    /// Pool tokens that went to the manager and to a referrer.
    fee_pool_tokens: u64,
    transactions: Vec<Landed>,
}

#[derive(Debug, Serialize)]
struct Account {
    stake_account: Text<Address>,
    vote: Text<Address>,
    /// All lamports of the account.
    lamports: u64,
    /// Of these, lamports that are stake of the pool's validator now.
    stake_lamports: u64,
    pool_tokens: u64,
    minimum_pool_tokens: Option<u64>,
    fee_pool_tokens: u64,
}

#[derive(Debug, Serialize)]
struct Skipped {
    stake_account: Text<Address>,
    lamports: u64,
    /// The name of the program's error; `null` where there is none.
    cause: Option<String>,
    /// What stands in the way, and what to do.
    reason: String,
}

impl Skipped {
    fn new(skipped: &SkippedStake) -> Self {
        let cause = match &skipped.reason {
            PlanError::Refused(refusal) => Some(cause_name(&refusal.cause)),
            _ => None,
        };
        Self {
            stake_account: Text(skipped.address),
            lamports: skipped.lamports,
            cause,
            reason: skipped.reason.to_string(),
        }
    }

    fn line(&self, amounts: Amounts) -> Line {
        ("skipped", format!("{} with {}: {}", self.stake_account, amounts.sol(self.lamports), self.reason))
    }
}

impl Account {
    fn new(deposit: &StakeDeposit, to: Address, referrer: Option<Address>) -> Self {
        let Deposited { got, fee } = Deposited::of(&deposit.quote.pool_tokens, to, referrer);
        Self {
            stake_account: Text(deposit.address),
            vote: Text(deposit.quote.vote),
            lamports: deposit.quote.total_lamports,
            stake_lamports: deposit.quote.stake_lamports,
            pool_tokens: got,
            minimum_pool_tokens: deposit.minimum,
            fee_pool_tokens: fee,
        }
    }
}

impl Args {
    /// Deposits all stake accounts of the wallet that the pool accepts.
    pub(super) async fn deposit_all<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Output, Halt> {
        let owner = context.key_or_wallet("the stake accounts' authority (--authority)", self.authority.as_ref())?;
        let depositor = owner.pubkey();
        let search = holdings::stake_accounts(context.cluster, &depositor);
        let accounts = context.watch("Searching stake accounts", search).await.map_err(|error| match error {
            ClusterError::Refused { detail } => CliError::SearchRefused { detail },
            error => error.into(),
        })?;
        let votes = accounts.iter().filter_map(|(_, account)| delegated_to(account)).collect();
        let fresh = context.fresh(&self.pool, StakeSelection::Only(votes), self.update_first).await?;
        let snapshot = &fresh.snapshot;
        let payer = context.fee_payer()?.pubkey();
        self.receiver.check(context, snapshot, depositor).await?;
        let to = self.receiver.receiver(depositor);
        let referrer = self.receiver.referrer;
        let terms = StakeDeposits { withdrawer: depositor, payer, to, referrer, slippage_bps: None };
        let quoted = plan::deposit_stakes(snapshot, &accounts, &terms)?;
        check_any(&quoted, depositor)?;
        let sum = quoted
            .deposits
            .iter()
            .fold(0, |sum: u64, deposit| sum.saturating_add(deposit.quote.pool_tokens.to_depositor.get()));
        let slippage: Slippage = slippage_of(&self.bound, sum, tokens)?;
        let terms = StakeDeposits { slippage_bps: Some(slippage.basis_points()), ..terms };
        let planned = plan::deposit_stakes(snapshot, &accounts, &terms)?;
        let mut keys = vec![owner];
        keys.extend(self.authority(context, snapshot)?);
        let rent = token_account_rent(context, snapshot, &to).await?;
        context.check_funds(&planned.plan, &keys, &[Spending::new(payer, rent)]).await?;
        let mut output = Output::new(self.pool, &planned, to.address(snapshot), referrer);
        let quote = output.quote(Quote::new(context), self);
        let packed = pack::pack_plan(&planned.plan, &PackOptions::new(payer))?;
        let transactions: usize = packed.iter().map(Vec::len).sum();
        let quote = quote.add((transactions > 1).then(|| ("sends", format!("{transactions} transactions"))));
        let quote = quote.add(context.fee_line(&planned.plan, &keys).await?);
        self.receiver.confirm(context, snapshot, quote, depositor, rent)?;
        let sent = context.send(&planned.plan, &keys, snapshot.program_id()).await?;
        output.transactions = fresh.and(sent);
        Ok(output)
    }
}

fn check_any(planned: &StakeDepositPlan, owner: Address) -> Result<(), CliError> {
    let first = match planned.skipped.first() {
        _ if !planned.deposits.is_empty() => return Ok(()),
        Some(first) => first,
        None => {
            let needed = "a stake account with it as staker and withdrawer".into();
            return Err(CliError::InsufficientFunds { holder: owner, held: "no stake account".into(), needed });
        }
    };
    let count = planned.skipped.len();
    let what = format!("none of the {count} stake accounts of {owner} can be deposited; {}", first.address);
    Err(match &first.reason {
        PlanError::Refused(refusal) => {
            PlanError::refused(refusal.cause.clone(), format!("{what}: {}", refusal.context))
        }
        why => PlanError::Invalid { what: format!("{what}: {why}") },
    }
    .into())
}

impl Output {
    fn new(pool: Address, planned: &StakeDepositPlan, to: Address, referrer: Option<Address>) -> Self {
        let accounts: Vec<_> = planned.deposits.iter().map(|deposit| Account::new(deposit, to, referrer)).collect();
        let sum = |of: fn(&Account) -> u64| accounts.iter().map(of).fold(0, u64::saturating_add);
        let minimums: Option<Vec<u64>> = accounts.iter().map(|account| account.minimum_pool_tokens).collect();
        Self {
            pool: Text(pool),
            token_account: Text(to),
            lamports: sum(|account| account.lamports),
            pool_tokens: sum(|account| account.pool_tokens),
            minimum_pool_tokens: minimums.map(|minimums| minimums.into_iter().fold(0, u64::saturating_add)),
            fee_pool_tokens: sum(|account| account.fee_pool_tokens),
            skipped: planned.skipped.iter().map(Skipped::new).collect(),
            stake_accounts: accounts,
            transactions: vec![],
        }
    }

    fn quote(&self, mut quote: Quote, args: &Args) -> Quote {
        let amounts = quote.amounts();
        for account in &self.stake_accounts {
            let (address, lamports) = (account.stake_account, amounts.sol(account.lamports));
            quote = quote.pay(format!("stake account {address} with {lamports}, for {}", tokens(account.pool_tokens)));
        }
        let quote = quote.get(tokens(self.pool_tokens)).fee(self.fee_pool_tokens);
        let quote = quote.at_least_each(self.minimum_pool_tokens.map(tokens), &args.bound);
        quote.add(self.skipped.iter().map(|skipped| skipped.line(amounts)))
    }
}

impl Trade for Output {
    fn receipt(&self, amounts: Amounts) -> Receipt<'_> {
        let count = match self.stake_accounts.len() {
            1 => "1 stake account".into(),
            count => format!("{count} stake accounts"),
        };
        let mut lines = vec![("got", tokens(self.pool_tokens)), ("in token account", self.token_account.to_string())];
        lines.extend(self.stake_accounts.iter().map(|account| {
            let (address, lamports) = (account.stake_account, amounts.sol(account.lamports));
            ("deposited", format!("{address} with {lamports}, for {}", tokens(account.pool_tokens)))
        }));
        lines.extend(self.skipped.iter().map(|skipped| skipped.line(amounts)));
        Receipt {
            headline: format!("Deposited {count} with {} into pool {}", amounts.sol(self.lamports), self.pool),
            lines,
            more: vec![("fee", tokens(self.fee_pool_tokens)), trade::minimum(self.minimum_pool_tokens, tokens)],
            transactions: &self.transactions,
        }
    }
}
