//! The quote and the answer of `tidepool move`.

use {
    super::left,
    crate::{
        args::Bound,
        context::Context,
        output::{Landed, Text},
        trade::{self, Amounts, Quote, Receipt, Trade},
        units::{sol, tokens},
        wallet::Deposited,
        warnings,
    },
    serde::Serialize,
    solana_address::Address,
    tidepool_client::{
        cluster::Cluster,
        plan::{MovedStake, PoolMove, PoolMovePlan, UnmovableStake},
        pool::PoolSnapshot,
    },
    tidepool_core::maths::{ExchangeRate, Lamports, PoolTokens},
};

#[derive(Debug, Serialize)]
pub struct Output {
    pool: Text<Address>,
    to_pool: Text<Address>,
    /// Token accounts that pool tokens were taken from.
    sources: Vec<Text<Address>>,
    /// The token account that got pool tokens of the other pool.
    token_account: Text<Address>,
    parts: Vec<Part>,
    /// Lamports that were moved as SOL.
    sol_lamports: u64,
    /// Lamports of stake that were moved, without the rent of the stake accounts in between.
    stake_lamports: u64,
    /// Lamports of rent that the fee payer added to the stake.
    rent_lamports: u64,
    /// Pool tokens given, the fee included.
    pool_tokens: u64,
    /// Pool tokens given that went to the pool's manager.
    fee_pool_tokens: u64,
    /// Pool tokens of the other pool that the token account got, by the quote.
    received_pool_tokens: u64,
    /// `null` without a minimum.
    minimum_pool_tokens: Option<u64>,
    /// Pool tokens of the other pool that its manager and a referrer got.
    fee_received_pool_tokens: u64,
    value: Value,
    /// Pool tokens that were not moved, and stay.
    pool_tokens_left: u64,
    /// Why; `null` where none are left.
    why_left: Option<&'static str>,
    unmovable: Vec<Unmovable>,
    transactions: Vec<Landed>,
    #[serde(skip)]
    planned: PoolMovePlan,
    #[serde(skip)]
    rest_as_sol: bool,
}

/// Stake with a validator that was moved.
#[derive(Debug, Serialize)]
struct Part {
    vote: Text<Address>,
    token_account: Text<Address>,
    lamports: u64,
    pool_tokens: u64,
    fee_pool_tokens: u64,
    received_pool_tokens: u64,
    minimum_pool_tokens: Option<u64>,
}

/// What it cost: the value before is the sum of the others.
#[derive(Debug, Serialize)]
struct Value {
    before_lamports: u64,
    after_lamports: u64,
    fee_lamports: u64,
    fee_received_lamports: u64,
    rounding_lamports: u64,
}

/// A validator whose stake could not be moved.
#[derive(Debug, Serialize)]
struct Unmovable {
    vote: Text<Address>,
    lamports: u64,
    reason: String,
}

impl Unmovable {
    fn new(stake: &UnmovableStake) -> Self {
        Self { vote: Text(stake.vote), lamports: stake.lamports, reason: stake.obstacle.to_string() }
    }
}

impl Part {
    fn new(moved: &MovedStake, request: &PoolMove, token_account: Address) -> Self {
        let quote = &moved.deposit.pool_tokens;
        let got = Deposited::of(quote, token_account, request.referrer).got;
        Self {
            vote: Text(moved.vote),
            token_account: Text(request.sources[moved.source].0.account),
            lamports: moved.withdrawal.yields.lamports.get(),
            pool_tokens: moved.withdrawal.pool_tokens,
            fee_pool_tokens: moved.withdrawal.yields.fee.get(),
            received_pool_tokens: got,
            minimum_pool_tokens: moved.minimum,
        }
    }

    fn text(&self, amounts: Amounts) -> String {
        let (lamports, got) = (amounts.sol(self.lamports), tokens(self.received_pool_tokens));
        format!("{lamports} of stake with validator {}: {} for {got}", self.vote, tokens(self.pool_tokens))
    }
}

impl Output {
    pub fn new(
        (from, to): (&PoolSnapshot, &PoolSnapshot),
        request: &PoolMove,
        planned: &PoolMovePlan,
        rest_as_sol: bool,
    ) -> Self {
        let token_account = request.to.address(to);
        let value = planned.value;
        Self {
            pool: Text(from.address()),
            to_pool: Text(to.address()),
            sources: request.sources.iter().map(|(source, _)| Text(source.account)).collect(),
            token_account: Text(token_account),
            parts: planned.stake.iter().map(|moved| Part::new(moved, request, token_account)).collect(),
            sol_lamports: planned.sol.as_ref().map_or(0, |sol| sol.lamports),
            stake_lamports: planned.stake_lamports(),
            rent_lamports: planned.rent_lamports,
            pool_tokens: planned.pool_tokens,
            fee_pool_tokens: planned.fee_pool_tokens,
            received_pool_tokens: planned.received,
            minimum_pool_tokens: planned.minimum,
            fee_received_pool_tokens: planned.fee_received,
            value: Value {
                before_lamports: value.before,
                after_lamports: value.after,
                fee_lamports: value.fee_from,
                fee_received_lamports: value.fee_to,
                rounding_lamports: value.rounding,
            },
            pool_tokens_left: planned.remainder.as_ref().map_or(0, |left| left.pool_tokens),
            why_left: planned.remainder.as_ref().map(|remainder| left::name(&remainder.reason)),
            unmovable: planned.unmovable.iter().map(Unmovable::new).collect(),
            transactions: vec![],
            planned: planned.clone(),
            rest_as_sol,
        }
    }

    pub fn set_transactions(&mut self, transactions: Vec<Landed>) {
        self.transactions = transactions;
    }

    /// The quote, with the number of transactions and the rent of a new token account.
    pub fn quote<C: Cluster>(
        &self,
        context: &Context<'_, C>,
        (from, to): (&PoolSnapshot, &PoolSnapshot),
        bound: &Bound,
        (transactions, rent): (usize, u64),
    ) -> Quote {
        let mut quote = Quote::new(context).pay(format!("{} of pool {}", tokens(self.pool_tokens), self.pool));
        let amounts = quote.amounts();
        for part in &self.parts {
            quote = quote.line("moves", part.text(amounts));
        }
        if self.sol_lamports > 0 {
            quote = quote.line("moves", format!("{} as SOL", amounts.sol(self.sol_lamports)));
        }
        let got = format!("{} of pool {}", tokens(self.received_pool_tokens), self.to_pool);
        let fees = format!(
            "{} of the first pool and {} of the second, already deducted",
            tokens(self.fee_pool_tokens),
            tokens(self.fee_received_pool_tokens)
        );
        quote = quote.get(got).line("fee", fees);
        quote = quote.at_least_each(self.minimum_pool_tokens.map(tokens), bound);
        if self.rent_lamports > 0 {
            let text = format!("{}, which are deposited with the stake", amounts.sol(self.rent_lamports));
            quote = quote.line("rent", text);
        }
        if rent > 0 {
            quote = quote.line("rent", format!("{}, for a new token account", sol(rent)));
        }
        quote = quote.line("value", self.value.text(amounts));
        if transactions > 1 {
            quote = quote.line("sends", format!("{transactions} transactions, one after the other"));
        }
        quote = quote.add(left::lines(&self.planned, self.rest_as_sol, amounts));
        quote = quote.add(warnings::freeze_authority(to)).add(warnings::program(context, from));
        if to.program_id() != from.program_id() {
            quote = quote.add(warnings::program(context, to));
        }
        let rates = format!("1 pool token = {}, and {} in the other pool", price(&from.rate()), price(&to.rate()));
        quote.line("rate", rates)
    }
}

/// SOL for a pool token.
fn price(rate: &ExchangeRate) -> String {
    const WHOLE: u64 = 1_000_000_000;
    let worth = rate.lamports_for_withdrawal(PoolTokens::new(WHOLE)).map_or(WHOLE, Lamports::get);
    sol(if rate.pool_token_supply.get() == 0 { WHOLE } else { worth })
}

impl Value {
    fn text(&self, amounts: Amounts) -> String {
        format!(
            "{} before, rent included, and {} after: fees of {} and {}, and {} lamports of rounding",
            amounts.sol(self.before_lamports),
            amounts.sol(self.after_lamports),
            amounts.sol(self.fee_lamports),
            amounts.sol(self.fee_received_lamports),
            self.rounding_lamports
        )
    }
}

impl Trade for Output {
    fn receipt(&self, amounts: Amounts) -> Receipt<'_> {
        let moved = self.stake_lamports.saturating_add(self.sol_lamports);
        let mut lines = vec![
            ("for", tokens(self.pool_tokens)),
            ("got", tokens(self.received_pool_tokens)),
            ("in token account", self.token_account.to_string()),
        ];
        lines.extend(self.parts.iter().map(|part| ("moved", part.text(amounts))));
        if self.sol_lamports > 0 {
            lines.push(("moved", format!("{} as SOL", amounts.sol(self.sol_lamports))));
        }
        lines.extend(left::lines(&self.planned, self.rest_as_sol, amounts));
        Receipt {
            headline: format!("Moved {} from pool {} to pool {}", amounts.sol(moved), self.pool, self.to_pool),
            lines,
            more: vec![
                ("fee", tokens(self.fee_pool_tokens)),
                ("fee received", tokens(self.fee_received_pool_tokens)),
                ("rent", amounts.sol(self.rent_lamports)),
                ("value", self.value.text(amounts)),
                trade::minimum(self.minimum_pool_tokens, tokens),
            ],
            transactions: &self.transactions,
        }
    }
}
