//! Searches the pieces of a withdrawal and their sizes.

mod candidate;
mod remainder;

use {
    super::types::{Remainder, Withdrawal, WithdrawalOrder},
    crate::{
        error::PlanError,
        pool::PoolSnapshot,
        quote::{self, StakeWithdrawalQuote, WithdrawFrom, WithdrawalState},
    },
    solana_address::Address,
    tidepool_core::{
        maths::{Lamports, PoolTokens},
        quote::{WithdrawalQuote, largest_withdrawal},
        withdrawal::{StakeSource, Withdrawable, WithdrawalLimits},
    },
};

/// Key of a stage: pieces that differ in it depend on each other.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::plan) struct Kind {
    source: Option<StakeSource>,
    preferred: bool,
    /// Whether the validator is being removed.
    removed: bool,
}

pub(in crate::plan) struct Found {
    pub(in crate::plan) quote: StakeWithdrawalQuote,
    pub(in crate::plan) kind: Kind,
}

pub(in crate::plan) struct Draft {
    pub(in crate::plan) pieces: Vec<Found>,
    pub(in crate::plan) sol: Option<WithdrawalQuote>,
    pub(in crate::plan) remainder: Option<Remainder>,
}

impl Draft {
    pub(super) fn lamports(&self) -> u64 {
        let stake = self.pieces.iter().map(|found| found.quote.yields);
        stake.chain(self.sol).fold(0, |sum, quote| sum.saturating_add(quote.lamports.get()))
    }

    /// Pool tokens that the holder keeps.
    pub(super) fn remaining_pool_tokens(&self) -> u64 {
        self.remainder.map_or(0, |remainder| remainder.pool_tokens)
    }
}

pub(super) fn draft(snapshot: &PoolSnapshot, withdrawal: &Withdrawal) -> Result<Draft, PlanError> {
    let search = Search::new(snapshot, withdrawal)?;
    match withdrawal.order {
        WithdrawalOrder::StakeOnly => search.finish(),
        WithdrawalOrder::SolLast(_) => search.stake_then_sol(),
        WithdrawalOrder::ReserveFirst if !search.state.allows_reserve()? => search.finish(),
        WithdrawalOrder::SolFirst(_) | WithdrawalOrder::ReserveFirst => reserve_then_stake(&search),
        WithdrawalOrder::SolOnly(_) => {
            let account = &withdrawal.tokens.account;
            let sol = quote::quote_withdraw_sol(snapshot, account, withdrawal.pool_tokens, None)?;
            Ok(Draft { pieces: vec![], sol: Some(sol), remainder: None })
        }
    }
}

/// Active stake of the validators (vote accounts) that `accepts`, after the withdrawals in `state`, and with
/// [`WithdrawalOrder::SolLast`] then SOL. Returns the state after these, too.
pub(in crate::plan) fn draft_accepted<'a>(
    snapshot: &'a PoolSnapshot,
    state: WithdrawalState<'a>,
    withdrawal: &'a Withdrawal,
    accepts: &'a dyn Fn(&Address) -> bool,
) -> Result<(Draft, WithdrawalState<'a>), PlanError> {
    let mut search = Search { accepts: Some(accepts), ..Search::from_state(snapshot, state, withdrawal) };
    let pieces = search.take_stake()?;
    let sol = match withdrawal.order {
        WithdrawalOrder::SolLast(_) => {
            let most = search.within_reserve(if pieces.is_empty() { 0 } else { search.spare() });
            search.take_sol(most.min(search.left))?
        }
        _ => None,
    };
    let remainder = search.remainder()?;
    Ok((Draft { pieces, sol, remainder }, search.state))
}

/// SOL as far as the reserve allows, and stake for the rest. If the rest is too small for a stake account, the reserve
/// gives less, so that it is just large enough. A part below the fee of a signature is left out if stake takes it without loss.
fn reserve_then_stake(search: &Search) -> Result<Draft, PlanError> {
    if search.left <= search.within_reserve(0) {
        return search.clone().reserve_then_rest(search.left);
    }
    let most = search.within_reserve(search.spare());
    let draft = with_reserve(search, most)?;
    if search.yields(most) >= quote::LEAST_RESERVE_PART {
        return Ok(draft);
    }
    let without = search.clone().reserve_then_rest(0)?;
    let has_no_loss = without.remaining_pool_tokens() <= draft.remaining_pool_tokens()
        && without.lamports() >= draft.lamports()
        && without.pieces.len() <= draft.pieces.len();
    Ok(if has_no_loss { without } else { draft })
}

/// At most `most` pool tokens from the reserve, and stake for the rest.
fn with_reserve(search: &Search, most: u64) -> Result<Draft, PlanError> {
    let draft = search.clone().reserve_then_rest(most)?;
    let Some(enough) = search.tokens_for(search.minimum()).filter(|_| draft.remainder.is_some() && most > 0) else {
        return Ok(draft);
    };
    // One token more, since earlier transactions may change the exchange rate.
    let less = most.saturating_sub(enough.saturating_add(1).saturating_sub(draft.remaining_pool_tokens()));
    let second = search.clone().reserve_then_rest(less)?;
    // The reserve pays for what no validator can.
    let third = search.clone().reserve_then_rest(most.min(less.saturating_add(second.remaining_pool_tokens())))?;
    Ok([draft, second, third].into_iter().min_by_key(Draft::remaining_pool_tokens).expect("there are three"))
}

#[derive(Clone)]
struct Search<'a> {
    snapshot: &'a PoolSnapshot,
    state: WithdrawalState<'a>,
    withdrawal: &'a Withdrawal,
    /// Pool tokens without a piece yet.
    left: u64,
    /// Whether the reserve was used.
    is_reserve_done: bool,
    /// Lamports of all pool tokens at the beginning.
    wanted: u64,
    /// The validators (vote accounts) whose active stake is taken; of all validators any stake if `None`.
    accepts: Option<&'a dyn Fn(&Address) -> bool>,
}

impl<'a> Search<'a> {
    fn new(snapshot: &'a PoolSnapshot, withdrawal: &'a Withdrawal) -> Result<Self, PlanError> {
        let state = WithdrawalState::new(snapshot, &withdrawal.tokens.account)?;
        Ok(Self::from_state(snapshot, state, withdrawal))
    }

    fn from_state(snapshot: &'a PoolSnapshot, state: WithdrawalState<'a>, withdrawal: &'a Withdrawal) -> Self {
        let left = withdrawal.pool_tokens;
        let mut search = Self { snapshot, state, withdrawal, left, is_reserve_done: false, wanted: 0, accepts: None };
        search.wanted = search.yields(left);
        search
    }

    /// Withdraws `pool_tokens` from the reserve, as SOL or as a stake account, and stake for the rest.
    fn reserve_then_rest(mut self, pool_tokens: u64) -> Result<Draft, PlanError> {
        if self.withdrawal.order != WithdrawalOrder::ReserveFirst {
            let sol = self.take_sol(pool_tokens)?;
            return Ok(Draft { sol, ..self.finish()? });
        }
        self.is_reserve_done = true;
        let first = (self.yields(pool_tokens) > 0)
            .then(|| self.book(WithdrawFrom::Reserve, pool_tokens, false, false))
            .transpose()?;
        let rest = self.finish()?;
        Ok(Draft { pieces: first.into_iter().chain(rest.pieces).collect(), ..rest })
    }

    fn stake_then_sol(mut self) -> Result<Draft, PlanError> {
        let pieces = self.take_stake()?;
        let most = self.within_reserve(if pieces.is_empty() { 0 } else { self.spare() });
        let sol = self.take_sol(most.min(self.left))?;
        Ok(Draft { pieces, sol, remainder: self.remainder()? })
    }

    fn finish(mut self) -> Result<Draft, PlanError> {
        let pieces = self.take_stake()?;
        Ok(Draft { pieces, sol: None, remainder: self.remainder()? })
    }

    fn take_stake(&mut self) -> Result<Vec<Found>, PlanError> {
        let mut pieces = Vec::new();
        while let Some(found) = self.next()? {
            pieces.push(found);
        }
        Ok(pieces)
    }

    /// Most pool tokens that the reserve can pay for now if `spare` lamports stay in it.
    fn within_reserve(&self, spare: u64) -> u64 {
        if self.snapshot.halted_until_epoch().is_some() {
            return 0;
        }
        if self.withdrawal.order == WithdrawalOrder::ReserveFirst {
            return self.tokens_within(self.state.available_reserve().saturating_sub(spare));
        }
        let account = &self.withdrawal.tokens.account;
        let available = self.snapshot.withdrawable_reserve_lamports().saturating_sub(spare);
        quote::sol_tokens_within(self.snapshot, &self.state.rate(), account, available)
    }

    /// Lamports that stay in the reserve beside stake: earlier transactions may round differently.
    fn spare(&self) -> u64 {
        self.state.rate().lamports_per_pool_token().map_or(0, Lamports::get)
    }

    /// Books a withdrawal of SOL; `None` if it yields nothing.
    fn take_sol(&mut self, pool_tokens: u64) -> Result<Option<WithdrawalQuote>, PlanError> {
        let account = &self.withdrawal.tokens.account;
        let yields = match quote::sol_withdrawal_at(self.snapshot, &self.state.rate(), account, pool_tokens) {
            Ok(quote) => quote,
            Err(tidepool_core::Error::WithdrawalTooSmall) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let split_from = self.snapshot.pool().head.reserve_stake;
        // Its effect on the pool's totals is that of a stake account from the reserve.
        let quote = StakeWithdrawalQuote {
            from: WithdrawFrom::Reserve,
            source: None,
            split_from,
            pool_tokens,
            yields,
            condition: None,
        };
        self.state.apply(&quote)?;
        self.left = self.left.saturating_sub(pool_tokens);
        Ok(Some(yields))
    }

    /// Finds the next piece and books it; `None` if there is none.
    fn next(&mut self) -> Result<Option<Found>, PlanError> {
        if self.left == 0 || self.state.rate().pool_token_supply.get() == 0 {
            return Ok(None);
        }
        let limits = self.state.limits(None)?;
        let withdrawable = Withdrawable::scan(self.state.records(), &limits);
        let Some((index, preferred)) = self.candidate(&limits, &withdrawable) else {
            return self.next_of_reserve();
        };
        let record = self.state.records()[index];
        let Some(source) = self.state.source(index, &withdrawable, &limits) else {
            return Ok(None);
        };
        let tokens = match source {
            StakeSource::Active | StakeSource::Transient => self.part(index, source, &limits, preferred),
            StakeSource::ValidatorRemoval => self.whole(index, &limits),
        };
        let Some(tokens) = tokens else {
            return self.next_of_reserve();
        };
        let from = WithdrawFrom::Validator(record.vote_account_address);
        self.book(from, tokens, preferred, !record.is_active()).map(Some)
    }

    /// Finds the piece from the reserve and books it. It comes after validators, and only if everything is withdrawn as
    /// stake and SOL would need another signature.
    fn next_of_reserve(&mut self) -> Result<Option<Found>, PlanError> {
        let takes_stake_only =
            matches!(self.withdrawal.order, WithdrawalOrder::StakeOnly | WithdrawalOrder::ReserveFirst);
        let is_sol_free = self.snapshot.pool().terms.sol_withdraw_authority.is_none() || self.accepts.is_some();
        if !takes_stake_only || self.is_reserve_done || is_sol_free || !self.state.allows_reserve()? {
            return Ok(None);
        }
        let tokens = self.tokens_within(self.state.available_reserve().saturating_sub(self.spare()));
        if self.yields(tokens) == 0 {
            return Ok(None);
        }
        self.book(WithdrawFrom::Reserve, tokens, false, false).map(Some)
    }

    fn book(&mut self, from: WithdrawFrom, tokens: u64, preferred: bool, removed: bool) -> Result<Found, PlanError> {
        let quote = self.state.quote(from, tokens, None)?;
        self.state.apply(&quote)?;
        self.left = self.left.saturating_sub(tokens);
        Ok(Found { kind: Kind { source: quote.source, preferred, removed }, quote })
    }

    /// Pool tokens for a part of an account: all that are left, or as many as it allows while the rest stays large
    /// enough for another piece. `None` if the part is below the stake program's minimum.
    fn part(&self, index: usize, source: StakeSource, limits: &WithdrawalLimits, preferred: bool) -> Option<u64> {
        let minimum = self.minimum();
        // A little less than possible: earlier pieces may round differently when they are executed. If that were too
        // small to split, no other account could give anything either, so the full amount is used.
        let splittable = self.state.splittable(index, source, limits);
        let safe_split = self.safe_split(splittable, limits);
        let most = if self.yields(self.tokens_within(safe_split)) >= minimum { safe_split } else { splittable };
        let all = self.yields(self.left);
        if all <= most {
            return (all >= minimum).then_some(self.left);
        }
        let full = self.tokens_within(most);
        // No other validator can be used before the preferred one is drained.
        let short = preferred || self.yields(self.left.saturating_sub(full)) >= minimum;
        let tokens = if short {
            full
        } else {
            let enough = self.tokens_for(minimum.saturating_add(self.rounding_margin()))?.saturating_add(1);
            let room_for_another = self.left.saturating_sub(enough);
            if self.yields(room_for_another) >= minimum { room_for_another } else { full }
        };
        (self.yields(tokens) >= minimum).then_some(tokens)
    }

    /// Lamports by which a piece may yield more or less in another order of execution. Each earlier piece leaves less
    /// than a lamport in the pool, and has at least the minimum.
    fn rounding_margin(&self) -> u64 {
        let pieces = self.wanted / self.minimum().max(1);
        pieces.min(self.state.records().len() as u64)
    }

    /// Lamports of `splittable` that can be split off in any order of execution.
    fn safe_split(&self, splittable: u64, limits: &WithdrawalLimits) -> u64 {
        splittable.saturating_sub(limits.lamports_per_pool_token).saturating_sub(self.rounding_margin())
    }

    /// Pool tokens for a whole account, if enough are left.
    fn whole(&self, index: usize, limits: &WithdrawalLimits) -> Option<u64> {
        if !self.withdrawal.take_whole_accounts {
            return None;
        }
        let balance = self.state.balance(index, StakeSource::ValidatorRemoval);
        let tokens = self.tokens_for(balance).filter(|tokens| *tokens <= self.left)?;
        limits.check_whole(balance, self.yields(tokens)).is_ok().then_some(tokens)
    }

    /// Minimum delegation of a new stake account, in lamports.
    const fn minimum(&self) -> u64 {
        self.snapshot.environment().stake_program_minimum
    }

    /// Lamports of stake that `tokens` yield now.
    fn yields(&self, tokens: u64) -> u64 {
        tidepool_core::quote::withdrawal(&self.state.rate(), self.state.fee(), PoolTokens::new(tokens))
            .map_or(0, |quote| quote.lamports.get())
    }

    /// Most pool tokens that yield at most `lamports`.
    fn tokens_within(&self, lamports: u64) -> u64 {
        let most = largest_withdrawal(&self.state.rate(), self.state.fee(), Lamports::new(lamports));
        most.get().min(self.left)
    }

    /// Fewest pool tokens that yield at least `lamports`, if the supply suffices.
    fn tokens_for(&self, lamports: u64) -> Option<u64> {
        let less = Lamports::new(lamports.checked_sub(1)?);
        let tokens = largest_withdrawal(&self.state.rate(), self.state.fee(), less).get().checked_add(1)?;
        (self.yields(tokens) >= lamports).then_some(tokens)
    }
}
