//! What the arguments come to in a pool.

use {
    super::{Args, Form, ticket},
    crate::{
        context::Context,
        error::CliError,
        trade::Quote,
        units::{Slippage, Units, sol},
        wallet::Holding,
        warnings,
        withdrawal::{
            accounts, activation,
            left::{refusal, why_left},
            pieces::{Totals, slippage_of},
            quote::Quoted,
        },
    },
    solana_address::Address,
    tidepool_client::{
        actions::NewStakeAccount,
        cluster::Cluster,
        error::PlanError,
        plan::{self, Remainder, Withdrawal, WithdrawalOrder, WithdrawalPlan},
        pool::PoolSnapshot,
    },
};

/// What the arguments come to in a pool.
pub(super) struct Request<'a> {
    args: &'a Args,
    /// What is asked for, without a bound.
    pub(super) terms: Withdrawal,
    /// Pool tokens that there are.
    held: u64,
    /// The same in words.
    all: String,
    /// Addresses for the new stake accounts; before they are known, others of the same kind stand in.
    pub(super) accounts: Vec<NewStakeAccount>,
}

impl<'a> Request<'a> {
    pub(super) fn new<C: Cluster>(
        args: &'a Args,
        context: &Context<'_, C>,
        holding: &Holding,
        order: WithdrawalOrder,
    ) -> Result<Self, CliError> {
        let pool_tokens = args.amount.map_or(Ok(holding.held), |amount| holding.take(amount))?;
        let terms = Withdrawal {
            tokens: holding.source,
            pool_tokens,
            stake_authority: args.to.unwrap_or(holding.source.authority),
            payer: context.fee_payer()?.pubkey(),
            slippage_bps: None,
            take_whole_accounts: args.whole_accounts,
            order,
            wrap: args.wrap,
        };
        Ok(Self { args, terms, held: holding.held, all: holding.all(), accounts: Vec::new() })
    }

    /// What it yields without a bound. Sets how many pool tokens it takes, where their worth was given.
    pub(super) fn draft(&mut self, snapshot: &PoolSnapshot) -> Result<WithdrawalPlan, CliError> {
        if let Some(Units(wanted)) = self.args.worth {
            let all = Withdrawal { pool_tokens: self.held, ..self.terms };
            self.terms.pool_tokens = match plan::pool_tokens_for_lamports(snapshot, &all, wanted)? {
                Some(pool_tokens) => pool_tokens,
                None => return Err(self.too_poor(&self.plan(snapshot, &all)?, wanted)),
            };
        }
        let planned = self.plan(snapshot, &self.terms)?;
        match planned.remainder {
            Some(left) if planned.plan.is_empty() => Err(refusal(&left, self.otherwise(snapshot))),
            _ => Ok(planned),
        }
    }

    /// The plan with the bound that follows from what `draft` yields.
    pub(super) fn bounded(
        &self,
        snapshot: &PoolSnapshot,
        draft: &WithdrawalPlan,
    ) -> Result<(WithdrawalPlan, Totals), CliError> {
        let slippage: Slippage = slippage_of(&self.args.bound, draft.lamports(), sol)?;
        let terms = Withdrawal { slippage_bps: Some(slippage.basis_points()), ..self.terms };
        let planned = self.plan(snapshot, &terms)?;
        let totals = Totals::of(&planned, slippage);
        Ok((planned, totals))
    }

    fn plan(&self, snapshot: &PoolSnapshot, terms: &Withdrawal) -> Result<WithdrawalPlan, PlanError> {
        plan::withdraw(snapshot, terms, |number| match self.accounts.get(number) {
            Some(account) => Ok(account.clone()),
            None => accounts::numbered(&terms.tokens.authority, number),
        })
    }

    fn too_poor(&self, most: &WithdrawalPlan, wanted: u64) -> CliError {
        let held = match most.remainder {
            None => format!("{}, which yield {} after the fee", self.all, sol(most.lamports())),
            Some(_) => format!("{}; {} of it can be withdrawn now", self.all, sol(most.lamports())),
        };
        CliError::InsufficientFunds { holder: self.terms.tokens.account, held, needed: sol(wanted) }
    }

    pub(super) async fn quote<C: Cluster>(
        &self,
        context: &Context<'_, C>,
        snapshot: &PoolSnapshot,
        planned: &WithdrawalPlan,
        totals: Totals,
    ) -> Result<Quote, CliError> {
        let otherwise = self.otherwise(snapshot);
        let (to, packing) = (self.terms.stake_authority, context.packing().await?);
        let quoted = Quoted { snapshot, planned, totals, to, packing, otherwise };
        let mut quote = quoted.lines(Quote::new(context), &self.args.bound)?;
        if self.terms.stake_authority != self.terms.tokens.authority {
            quote = quote.line("goes to", self.terms.stake_authority.to_string());
        }
        quote = quote.add(activation::order(planned)).add(warnings::program(context, snapshot));
        if let Some(authority) = self.missing_authority(snapshot) {
            quote = quote.line(
                "no SOL",
                format!("SOL withdrawals need the signature of {authority} (--sol-withdraw-authority)"),
            );
        }
        if let Some(better) = self.better(snapshot, planned) {
            quote = quote.line("or", better);
        }
        if let Some(offer) = self.ticket_offer(snapshot, planned) {
            quote = quote.line("or", offer);
        }
        Ok(quote)
    }

    /// A ticket in place of stake, where SOL is welcome and the reserve is too small.
    fn ticket_offer(&self, snapshot: &PoolSnapshot, planned: &WithdrawalPlan) -> Option<String> {
        let is_short = !planned.pieces.is_empty() || planned.remainder.is_some();
        let wants_sol = self.args.form == Form::Any && !self.args.wrap;
        if !is_short || !wants_sol {
            return None;
        }
        ticket::offer(snapshot, &self.terms.tokens.account, self.terms.pool_tokens)
    }

    /// Why something is left, and what to do.
    pub(super) fn why(&self, left: &Remainder, snapshot: &PoolSnapshot) -> String {
        why_left(left, self.otherwise(snapshot))
    }

    /// What else the user may ask for where not all can be had.
    fn otherwise(&self, snapshot: &PoolSnapshot) -> Option<&'static str> {
        match self.args.form {
            Form::Stake => Some("use --as any, for SOL from the reserve"),
            Form::Any if self.missing_authority(snapshot).is_some() => {
                Some("specify the keypair of the pool's SOL withdraw authority with --sol-withdraw-authority")
            }
            Form::Any | Form::Sol | Form::Ticket => None,
        }
    }

    /// The authority without whose key there is no SOL, though it would be welcome.
    fn missing_authority(&self, snapshot: &PoolSnapshot) -> Option<Address> {
        let wanted = self.terms.order == WithdrawalOrder::ReserveFirst;
        snapshot.pool().terms.sol_withdraw_authority.filter(|_| wanted)
    }

    /// The other form, where it brings more: it may have a lower fee, or leave less.
    fn better(&self, snapshot: &PoolSnapshot, planned: &WithdrawalPlan) -> Option<String> {
        let to = self.terms.stake_authority;
        let (name, order) = match self.terms.order {
            WithdrawalOrder::ReserveFirst => return None,
            // Without its signature any brings no SOL.
            WithdrawalOrder::StakeOnly if self.args.needs_sol_authority(snapshot) => return None,
            WithdrawalOrder::StakeOnly => ("any", WithdrawalOrder::SolFirst(to)),
            _ => ("stake", WithdrawalOrder::StakeOnly),
        };
        let lamports = plan::better_withdrawal(snapshot, &self.terms, planned, order)?;
        let more = lamports.saturating_sub(planned.lamports());
        Some(format!("--as {name} yields {} in all, {} more", sol(lamports), sol(more)))
    }
}
