//! The remainder of a withdrawal, and its reason.

use {
    super::Search,
    crate::{
        error::PlanError,
        plan::withdraw::{Remainder, RemainderReason},
        quote,
    },
    tidepool_core::{
        maths::{Lamports, PoolTokens},
        withdrawal::{StakeSource, Withdrawable},
    },
};

impl Search<'_> {
    pub(super) fn remainder(&self) -> Result<Option<Remainder>, PlanError> {
        let rate = self.state.rate();
        if self.left == 0 {
            return Ok(None);
        }
        let lamports = rate.lamports_for_withdrawal(PoolTokens::new(self.left)).map_or(0, Lamports::get);
        let worthless = RemainderReason::Worthless { minimum_pool_tokens: None };
        let reason = if rate.pool_token_supply.get() == 0 { worthless } else { self.remainder_reason()? };
        Ok(Some(Remainder { pool_tokens: self.left, lamports, reason }))
    }

    fn remainder_reason(&self) -> Result<RemainderReason, PlanError> {
        let limits = self.state.limits(None)?;
        let (records, worth, minimum_lamports) = (self.state.records(), self.yields(self.left), self.minimum());
        if worth == 0 {
            let minimum_pool_tokens = quote::least_withdrawal(&self.state.rate(), self.state.fee());
            return Ok(RemainderReason::Worthless { minimum_pool_tokens });
        }
        if let Some(index) = self.preferred(&limits).filter(|index| !records[*index].is_active()) {
            return Ok(RemainderReason::PreferredBeingRemoved { preferred: records[index].vote_account_address });
        }
        let withdrawable = Withdrawable::scan(records, &limits);
        let active = || (0..records.len()).filter(|index| records[*index].is_active());
        let gives = |index: usize| match self.state.source(index, &withdrawable, &limits) {
            None | Some(StakeSource::ValidatorRemoval) => 0,
            Some(source) => self.state.splittable(index, source, &limits),
        };
        let has_enough = (0..records.len()).any(|index| gives(index) >= minimum_lamports);
        let too_little = has_enough && worth < minimum_lamports;
        if let Some(minimum_pool_tokens) = self.tokens_for(minimum_lamports).filter(|_| too_little) {
            return Ok(RemainderReason::BelowMinimum { minimum_lamports, minimum_pool_tokens });
        }
        let is_whole = |index: &usize| withdrawable.source(&records[*index]) == StakeSource::ValidatorRemoval;
        let balances = active().filter(is_whole).map(|index| self.state.balance(index, StakeSource::ValidatorRemoval));
        Ok(balances.min().map_or(RemainderReason::NothingToSplit, |smallest_lamports| {
            RemainderReason::WholeAccountsOnly { smallest_lamports }
        }))
    }
}
