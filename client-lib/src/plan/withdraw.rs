//! Withdrawing any sum as stake, from several validators where it has to be.

use {
    super::Plan,
    crate::{
        actions::{self, NewStakeAccount, TokenSource, WithdrawSol, WithdrawStake},
        error::PlanError,
        plan::InstructionGroup,
        pool::PoolSnapshot,
        quote::{self, StakeWithdrawalQuote, WithdrawFrom, WithdrawalState},
    },
    solana_address::Address,
    tidepool_interface::{
        StakePoolError,
        quote::WithdrawalQuote,
        withdrawal::{StakeSource, Withdrawable, WithdrawalLimits},
    },
};

/// A sum to withdraw as stake.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StakeWithdrawal {
    /// The pool tokens' account.
    pub tokens: TokenSource,
    /// Pool tokens to give in all.
    pub pool_tokens: u64,
    /// Becomes staker and withdrawer of each new stake account.
    pub stake_authority: Address,
    /// Pays the rent of each new stake account.
    pub payer: Address,
    /// How much less than quoted each piece may yield, in basis points of the quote; no bound where it is `None`.
    pub slippage_bps: Option<u16>,
    /// Whether whole stake accounts may be taken, which removes their validators from the pool. The program allows it only
    /// where no validator has stake to split.
    pub take_whole_accounts: bool,
    /// What becomes of a rest that cannot be had as stake.
    pub rest: Rest,
}

/// What becomes of a rest that cannot be had as stake.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Rest {
    /// The holder keeps the pool tokens.
    #[default]
    Keep,
    /// It is withdrawn from the reserve as SOL to this account, as far as the reserve goes.
    Sol(Address),
}

/// One new stake account of a withdrawal.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Piece {
    /// What it costs and yields.
    pub quote: StakeWithdrawalQuote,
    /// The new stake account.
    pub to: NewStakeAccount,
}

/// How a sum is withdrawn.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StakeWithdrawalPlan {
    /// What to send.
    pub plan: Plan,
    /// The stake accounts, in the order of the quotes.
    pub pieces: Vec<Piece>,
    /// What is withdrawn as SOL.
    pub sol: Option<WithdrawalQuote>,
    /// Pool tokens that the holder keeps: less than the stake program lets anyone split, or more than the pool has to give.
    pub pool_tokens_left: u64,
    /// Lamports that the payer pays for the rent of the new accounts; they stay in these.
    pub rent_lamports: u64,
}

/// Plans a withdrawal in the fewest pieces that the program's rules allow: the preferred validator first, then the one with
/// most stake. `new_account` supplies the stake account of the piece with the given number, from 0.
///
/// The pieces of one stage do not depend on each other; in another order than that of the quotes each may yield a lamport more
/// or less.
///
/// # Errors
/// [`PlanError::EpochRewardsActive`]; refusals: `StakeListAndPoolOutOfDate`, `WithdrawalTooSmall`, `CalculationFailure`; errors
/// of `new_account`.
pub fn withdraw_stake(
    snapshot: &PoolSnapshot,
    withdrawal: &StakeWithdrawal,
    mut new_account: impl FnMut(usize) -> Result<NewStakeAccount, PlanError>,
) -> Result<StakeWithdrawalPlan, PlanError> {
    let mut search = Search {
        state: WithdrawalState::new(snapshot, &withdrawal.tokens.account)?,
        snapshot,
        withdrawal,
        left: withdrawal.pool_tokens,
    };
    let mut planned = StakeWithdrawalPlan {
        plan: Plan::default(),
        pieces: Vec::new(),
        sol: None,
        pool_tokens_left: 0,
        rent_lamports: 0,
    };
    let mut stage = Vec::new();
    let mut kind = None;
    while let Some(found) = search.next()? {
        if kind.is_some_and(|kind| kind != found.kind) {
            planned.plan.push(STAGE, std::mem::take(&mut stage));
        }
        kind = Some(found.kind);
        let to = new_account(planned.pieces.len())?;
        stage.push(search.group(&found.quote, &to));
        planned.pieces.push(Piece { quote: found.quote, to });
    }
    planned.plan.push(STAGE, stage);
    if let Rest::Sol(to) = withdrawal.rest {
        search.withdraw_rest(&to, &mut planned)?;
    }
    planned.pool_tokens_left = search.left;
    planned.rent_lamports = snapshot.environment().stake_rent().saturating_mul(planned.pieces.len() as u64);
    Ok(planned)
}

const STAGE: &str = "withdraw stake";

/// What orders stages: pieces that differ in it depend on each other.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Kind {
    source: Option<StakeSource>,
    preferred: bool,
}

struct Found {
    quote: StakeWithdrawalQuote,
    kind: Kind,
}

struct Search<'a> {
    snapshot: &'a PoolSnapshot,
    state: WithdrawalState<'a>,
    withdrawal: &'a StakeWithdrawal,
    /// Pool tokens not placed yet.
    left: u64,
}

impl Search<'_> {
    /// Finds the next piece and books it; `None` where no other is possible.
    fn next(&mut self) -> Result<Option<Found>, PlanError> {
        if self.left == 0 || self.state.rate().pool_token_supply == 0 {
            return Ok(None);
        }
        let limits = self.state.limits(None)?;
        let withdrawable = Withdrawable::scan(self.state.records(), &limits);
        let Some((index, preferred)) = self.candidate(&limits, &withdrawable) else {
            return Ok(None);
        };
        let record = self.state.records()[index];
        let source = withdrawable.source(&record);
        let tokens = match source {
            StakeSource::Active | StakeSource::Transient => self.part(index, source, &limits, preferred),
            StakeSource::ValidatorRemoval => self.whole(index, &limits),
        };
        let Some(tokens) = tokens else {
            return Ok(None);
        };
        let quote = self.state.quote(WithdrawFrom::Validator(record.vote_account_address), tokens, None)?;
        self.state.apply(&quote)?;
        self.left = self.left.saturating_sub(tokens);
        Ok(Some(Found { kind: Kind { source: quote.source, preferred }, quote }))
    }

    /// The validator to withdraw from next, and whether it is the preferred one, before which no other may come.
    fn candidate(&self, limits: &WithdrawalLimits, withdrawable: &Withdrawable) -> Option<(usize, bool)> {
        let records = self.state.records();
        if let Some(preferred) = self.snapshot.pool().terms.preferred_withdraw_validator_vote_address {
            let index = records.iter().position(|record| record.vote_account_address == preferred);
            if let Some(index) =
                index.filter(|index| records[*index].active_stake_lamports.get() >= limits.withdrawable_above)
            {
                // One that is being removed cannot give, and still bars all others.
                return records[index].is_active().then_some((index, true));
            }
        }
        let gives = |index: usize| {
            let source = withdrawable.source(&records[index]);
            match source {
                StakeSource::Active | StakeSource::Transient => self.state.splittable(index, source, limits),
                StakeSource::ValidatorRemoval if self.withdrawal.take_whole_accounts => {
                    let balance = self.state.balance(index, source);
                    // A whole account cannot be had in part: the largest one that is not too large comes first.
                    if self.yields(self.left) >= balance { balance } else { 0 }
                }
                StakeSource::ValidatorRemoval => 0,
            }
        };
        (0..records.len())
            .filter(|index| records[*index].is_active())
            .map(|index| (gives(index), index))
            .filter(|(lamports, _)| *lamports > 0)
            // Of equals, the first in the list.
            .max_by_key(|(lamports, index)| (*lamports, std::cmp::Reverse(*index)))
            .map(|(_, index)| (index, false))
    }

    /// Pool tokens for a part of an account: all that are left, or as many as it can give, so that what is then left is
    /// enough for another piece. `None` where the stake program would not split as little.
    fn part(&self, index: usize, source: StakeSource, limits: &WithdrawalLimits, preferred: bool) -> Option<u64> {
        let minimum = self.snapshot.environment().stake_program_minimum;
        // One pool token less than possible: pieces before this one may round in another way when they are executed.
        let most = self.state.splittable(index, source, limits).saturating_sub(limits.lamports_per_pool_token);
        let all = self.yields(self.left);
        if all <= most {
            return (all >= minimum).then_some(self.left);
        }
        let full = self.tokens_within(most);
        // No other may come before the preferred validator is drained.
        let short = preferred || self.yields(self.left.saturating_sub(full)) >= minimum;
        let tokens = if short {
            full
        } else {
            let room_for_another = self.left.saturating_sub(self.tokens_for(minimum)?.saturating_add(1));
            if self.yields(room_for_another) >= minimum { room_for_another } else { full }
        };
        (self.yields(tokens) >= minimum).then_some(tokens)
    }

    /// Pool tokens for a whole account, if there are as many.
    fn whole(&self, index: usize, limits: &WithdrawalLimits) -> Option<u64> {
        if !self.withdrawal.take_whole_accounts {
            return None;
        }
        let balance = self.state.balance(index, StakeSource::ValidatorRemoval);
        let tokens = self.tokens_for(balance).filter(|tokens| *tokens <= self.left)?;
        limits.check_whole(balance, self.yields(tokens)).is_ok().then_some(tokens)
    }

    /// Lamports for so many pool tokens now.
    fn yields(&self, tokens: u64) -> u64 {
        tidepool_interface::quote::withdrawal(&self.state.rate(), self.state.fee(), tokens)
            .map_or(0, |quote| quote.lamports)
    }

    /// Most pool tokens that yield at most `lamports`.
    fn tokens_within(&self, lamports: u64) -> u64 {
        quote::largest_withdrawal(&self.state.rate(), self.state.fee(), lamports).min(self.left)
    }

    /// Fewest pool tokens that yield at least `lamports`, if the supply is enough.
    fn tokens_for(&self, lamports: u64) -> Option<u64> {
        let fewer = quote::largest_withdrawal(&self.state.rate(), self.state.fee(), lamports.checked_sub(1)?);
        let tokens = fewer.checked_add(1)?;
        (self.yields(tokens) >= lamports).then_some(tokens)
    }

    fn group(&self, quote: &StakeWithdrawalQuote, to: &NewStakeAccount) -> InstructionGroup {
        let withdrawal = WithdrawStake {
            from: quote.from,
            tokens: self.withdrawal.tokens,
            pool_tokens: quote.pool_tokens,
            to: to.clone(),
            stake_authority: self.withdrawal.stake_authority,
            payer: self.withdrawal.payer,
            minimum_lamports: self.minimum(quote.yields.lamports),
        };
        actions::withdraw_stake_quoted(self.snapshot, &withdrawal, quote)
    }

    fn minimum(&self, lamports: u64) -> Option<u64> {
        const WHOLE: u64 = 10_000;
        let kept = WHOLE.saturating_sub(u64::from(self.withdrawal.slippage_bps?));
        tidepool_interface::maths::mul_div_floor(lamports, kept, WHOLE)
    }

    /// Withdraws what is left as SOL, as far as the reserve goes, after all stake.
    fn withdraw_rest(&mut self, to: &Address, planned: &mut StakeWithdrawalPlan) -> Result<(), PlanError> {
        let rate = self.state.rate();
        let tokens = quote::sol_tokens_within(
            self.snapshot,
            &rate,
            &self.withdrawal.tokens.account,
            self.snapshot.withdrawable_reserve_lamports(),
        );
        let tokens = tokens.min(self.left);
        let quote = match quote::sol_withdrawal_at(self.snapshot, &rate, &self.withdrawal.tokens.account, tokens) {
            Ok(quote) => quote,
            Err(StakePoolError::WithdrawalTooSmall) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let withdrawal = WithdrawSol {
            tokens: self.withdrawal.tokens,
            pool_tokens: tokens,
            to: *to,
            minimum_lamports: self.minimum(quote.lamports),
        };
        let group = actions::withdraw_sol_unchecked(self.snapshot, &withdrawal);
        planned.plan.push("withdraw the rest as SOL", vec![group]);
        planned.sol = Some(quote);
        self.left = self.left.saturating_sub(tokens);
        Ok(())
    }
}
