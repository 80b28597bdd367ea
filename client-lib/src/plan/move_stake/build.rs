//! Builds the transactions of a move, and adds up its quotes.

use {
    super::{
        DepositQuote, ExchangeRate, Lamports, MoveAccount, MoveRemainder, MoveValue, MovedSol, MovedStake, PoolMove,
        PoolMovePlan, PoolSnapshot, PoolTokens, StakePoolError, UnmovableStake, WithdrawFrom, associated_token_account,
        quote, split,
    },
    crate::{
        actions::{self, DepositSol, TokenReceiver, TokenSource, WithdrawSol, WithdrawStake, Wrap},
        error::{PlanError, Sol},
        quote::StakeWithdrawalQuote,
        transaction::{InstructionGroup, Plan},
    },
    solana_address::Address,
    tidepool_core::quote::WithdrawalQuote,
};

const STAGE: &str = "move stake";

pub(super) struct Builder<'a, F> {
    from: &'a PoolSnapshot,
    to: &'a PoolSnapshot,
    request: &'a PoolMove,
    new_account: F,
    /// Accounts that were asked for.
    accounts: usize,
    plan: Plan,
    /// Rate of the second pool after the parts so far.
    rate: ExchangeRate,
    stake: Vec<MovedStake>,
    withdrawn_sol: Vec<(usize, WithdrawalQuote)>,
}

impl<'a, F: FnMut(usize, usize) -> Result<MoveAccount, PlanError>> Builder<'a, F> {
    pub fn new(from: &'a PoolSnapshot, to: &'a PoolSnapshot, request: &'a PoolMove, new_account: F) -> Self {
        Self {
            from,
            to,
            request,
            new_account,
            accounts: 0,
            plan: Plan::default(),
            rate: to.rate(),
            stake: vec![],
            withdrawn_sol: vec![],
        }
    }

    /// Adds stake that is withdrawn as quoted.
    pub fn add_stake(&mut self, source: usize, withdrawal: &StakeWithdrawalQuote) -> Result<(), PlanError> {
        let WithdrawFrom::Validator(vote) = withdrawal.from else {
            return Err(StakePoolError::ValidatorNotFound.into());
        };
        let validator = self.from.validator(&vote).ok_or(StakePoolError::ValidatorNotFound)?;
        let account = split(self.from, self.to, validator.index, withdrawal.yields.lamports.get());
        let account = account.ok_or(StakePoolError::WrongStakeStake)?;
        let deposit = quote::stake_deposit_at(self.to, &self.rate, &account, None)?;
        let minimum = self.minimum_of(deposit.pool_tokens.to_depositor.get());
        self.book(deposit.total_lamports, &deposit.pool_tokens)?;
        let between = self.next_account(source)?;
        let moved =
            MovedStake { vote, source, account: between.account.address, withdrawal: *withdrawal, deposit, minimum };
        let group = self.stake_group(&moved, &between);
        self.push(group);
        self.stake.push(moved);
        Ok(())
    }

    /// Adds SOL that is withdrawn as quoted, after all stake.
    pub fn add_withdrawn_sol(&mut self, source: usize, quote: WithdrawalQuote) {
        self.withdrawn_sol.push((source, quote));
    }

    pub fn finish(
        mut self,
        remainder: Option<MoveRemainder>,
        unmovable: Vec<UnmovableStake>,
    ) -> Result<PoolMovePlan, PlanError> {
        let sol = self.move_sol()?;
        let stake = self.stake.iter().map(|moved| (moved.withdrawal.yields, moved.withdrawal.pool_tokens));
        let withdrawn = self.withdrawn_sol.iter().map(|(_, quote)| (*quote, taken(quote)));
        let (mut pool_tokens, mut fee_pool_tokens) = (0, 0);
        for (quote, tokens) in stake.chain(withdrawn) {
            pool_tokens = sum(pool_tokens, tokens)?;
            fee_pool_tokens = sum(fee_pool_tokens, quote.fee.get())?;
        }
        let deposits = self.stake.iter().map(|moved| moved.deposit.pool_tokens);
        let (mut received, mut fee_received) = (0, 0);
        for deposit in deposits.chain(sol.as_ref().map(|sol| sol.deposit.pool_tokens)) {
            let got = self.received(&deposit);
            received = sum(received, got)?;
            fee_received = sum(fee_received, deposit.minted.get().saturating_sub(got))?;
        }
        let minimums = self.stake.iter().map(|moved| moved.minimum).chain(sol.as_ref().map(|sol| sol.minimum));
        let minimum = minimums.flatten().fold(0, u64::saturating_add);
        let rents = self.from.environment().stake_rent().saturating_mul(self.stake.len() as u64);
        let value = self.value(pool_tokens, fee_pool_tokens, received, fee_received, rents, sol.as_ref());
        let mut plan = Plan::default();
        if !self.plan.is_empty() {
            let creation = actions::create_token_account(self.to, &self.request.to, &self.request.payer);
            plan.push("create the token account", creation.into_iter().collect());
        }
        Ok(PoolMovePlan {
            plan: plan.then(self.plan),
            stake: self.stake,
            sol,
            remainder,
            unmovable,
            rent_lamports: rents,
            pool_tokens,
            fee_pool_tokens,
            received,
            fee_received,
            minimum: self.request.slippage_bps.map(|_| minimum),
            value,
        })
    }

    fn next_account(&mut self, source: usize) -> Result<MoveAccount, PlanError> {
        let account = (self.new_account)(self.accounts, source)?;
        self.accounts += 1;
        Ok(account)
    }

    fn push(&mut self, group: InstructionGroup) {
        self.plan.push(STAGE, vec![group]);
    }

    fn stake_group(&self, moved: &MovedStake, between: &MoveAccount) -> InstructionGroup {
        let withdrawal = WithdrawStake {
            from: moved.withdrawal.from,
            tokens: self.source(moved.source, between.throwaway),
            pool_tokens: moved.withdrawal.pool_tokens,
            to: between.account.clone(),
            // Only the deposit that follows in the same transaction can use it.
            stake_authority: self.to.pool().head.stake_deposit_authority,
            payer: self.request.payer,
            // The bound on the pool tokens out covers both pools.
            minimum_lamports: None,
        };
        let withdraw = actions::withdraw_stake_quoted(self.from, &withdrawal, &moved.withdrawal);
        let deposit = actions::deposit_handed_over(
            self.to,
            (moved.account, &moved.deposit),
            self.receiver(),
            self.request.referrer,
            moved.minimum,
        );
        let lamports = Sol(moved.withdrawal.yields.lamports.get());
        InstructionGroup {
            label: format!("move {lamports} with validator {}", moved.vote),
            ..withdraw.join(deposit).alone()
        }
    }

    /// Withdraws and deposits the SOL.
    fn move_sol(&mut self) -> Result<Option<MovedSol>, PlanError> {
        let (Some(wallet), false) = (self.request.rest_as_sol, self.withdrawn_sol.is_empty()) else { return Ok(None) };
        let mut lamports: u64 = 0;
        for (number, quote) in self.withdrawn_sol.clone() {
            let throwaway = self.next_account(number)?.throwaway;
            let withdrawal = WithdrawSol {
                tokens: self.source(number, throwaway),
                pool_tokens: taken(&quote),
                to: wallet,
                wrap: Wrap::No,
                payer: self.request.payer,
                // Less would leave the deposit without its lamports.
                minimum_lamports: Some(quote.lamports.get()),
            };
            self.push(actions::withdraw_sol_unchecked(self.from, &withdrawal));
            lamports = sum(lamports, quote.lamports.get())?;
        }
        let deposit = quote::sol_deposit_at(self.to, &self.rate, lamports)?;
        let minimum = self.minimum_of(deposit.pool_tokens.to_depositor.get());
        self.book(lamports, &deposit.pool_tokens)?;
        let first = self.withdrawn_sol.first().map_or(0, |(source, _)| *source);
        let throwaway = self.next_account(first)?.throwaway;
        let group = actions::deposit_sol(
            self.to,
            &DepositSol {
                from: wallet,
                lamports,
                to: self.receiver(),
                referrer: self.request.referrer,
                minimum_pool_tokens: minimum,
                throwaway,
                unwrap: None,
            },
        );
        self.push(group);
        Ok(Some(MovedSol { withdrawals: self.withdrawn_sol.clone(), lamports, deposit, minimum }))
    }

    fn source(&self, number: usize, throwaway: Option<Address>) -> TokenSource {
        TokenSource { throwaway, ..self.request.sources[number].0 }
    }

    /// The receiver's token account, which exists when the parts are sent.
    fn receiver(&self) -> TokenReceiver {
        TokenReceiver::Account(match self.request.to {
            TokenReceiver::Account(account) => account,
            TokenReceiver::Wallet(wallet) => associated_token_account(self.to, &wallet),
        })
    }

    /// Pool tokens for the receiver, a referral fee of its own included.
    fn received(&self, deposit: &DepositQuote) -> u64 {
        let is_own = self.request.referrer.is_none_or(|referrer| referrer == self.request.to.address(self.to));
        let referral = if is_own { deposit.to_referrer.get() } else { 0 };
        deposit.to_depositor.get().saturating_add(referral)
    }

    fn minimum_of(&self, quoted: u64) -> Option<u64> {
        quote::minimum_out(quoted, self.request.slippage_bps?)
    }

    /// Books a deposit in the second pool.
    fn book(&mut self, lamports: u64, deposit: &DepositQuote) -> Result<(), PlanError> {
        let failure = StakePoolError::CalculationFailure;
        self.rate = ExchangeRate {
            total_lamports: self.rate.total_lamports.checked_add(Lamports::new(lamports)).ok_or(failure)?,
            pool_token_supply: self.rate.pool_token_supply.checked_add(deposit.minted).ok_or(failure)?,
        };
        Ok(())
    }

    fn value(
        &self,
        pool_tokens: u64,
        fee_pool_tokens: u64,
        received: u64,
        fee_received: u64,
        rents: u64,
        sol: Option<&MovedSol>,
    ) -> MoveValue {
        let worth = |rate: &ExchangeRate, tokens: u64| {
            rate.lamports_for_withdrawal(PoolTokens::new(tokens)).map_or(0, Lamports::get)
        };
        let growth_charge = sol.map_or(0, |sol| sol.deposit.growth_charge.get());
        let before = worth(&self.from.rate(), pool_tokens).saturating_add(rents);
        let after = worth(&self.rate, received);
        let fee_from = worth(&self.from.rate(), fee_pool_tokens);
        let fee_to = worth(&self.rate, fee_received).saturating_add(growth_charge);
        let rounding = before.saturating_sub(after).saturating_sub(fee_from).saturating_sub(fee_to);
        MoveValue { before, after, fee_from, fee_to, rounding }
    }
}

/// Pool tokens that a withdrawal takes, the fee included.
fn taken(quote: &WithdrawalQuote) -> u64 {
    quote.burnt.get().saturating_add(quote.fee.get())
}

fn sum(one: u64, other: u64) -> Result<u64, PlanError> {
    one.checked_add(other).ok_or_else(|| StakePoolError::CalculationFailure.into())
}
