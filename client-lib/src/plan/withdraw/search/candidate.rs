//! Selects the next validator of a withdrawal.

use {
    super::Search,
    crate::quote::StakeActivation,
    std::cmp::Reverse,
    tidepool_core::withdrawal::{StakeSource, Withdrawable, WithdrawalLimits},
};

impl Search<'_> {
    /// Index of the preferred validator while it has stake: until it is drained, no other can be used.
    pub(super) fn preferred(&self, limits: &WithdrawalLimits) -> Option<usize> {
        let preferred = self.snapshot.pool().terms.preferred_withdraw_validator_vote_address?;
        let records = self.state.records();
        let index = records.iter().position(|record| record.vote_account_address == preferred)?;
        (records[index].active_stake_lamports.get() >= limits.withdrawable_above).then_some(index)
    }

    /// The validator to withdraw from next, and whether it is the preferred one, which must come first.
    pub(super) fn candidate(&self, limits: &WithdrawalLimits, withdrawable: &Withdrawable) -> Option<(usize, bool)> {
        let records = self.state.records();
        if let Some(index) = self.preferred(limits) {
            // A preferred validator that is being removed cannot be used, but still blocks all others.
            let can_give = records[index].is_active() && self.is_accepted(index, limits, withdrawable);
            return can_give.then_some((index, true));
        }
        let gives = |index: usize| {
            if !self.is_accepted(index, limits, withdrawable) {
                return 0;
            }
            let Some(source) = self.state.source(index, withdrawable, limits) else { return 0 };
            match source {
                StakeSource::Active | StakeSource::Transient => self.state.splittable(index, source, limits),
                StakeSource::ValidatorRemoval
                    if self.withdrawal.take_whole_accounts && self.state.can_withdraw_whole(index) =>
                {
                    let balance = self.state.balance(index, source);
                    // A whole account cannot be split: the largest one that is not too large comes first.
                    if self.yields(self.left) >= balance { balance } else { 0 }
                }
                StakeSource::ValidatorRemoval => 0,
            }
        };
        (0..records.len())
            .map(|index| (gives(index), index))
            .filter(|(lamports, _)| *lamports > 0)
            // Stake that earns least comes first; ties are in the list's order.
            .max_by_key(|(lamports, index)| {
                (Reverse(self.activation(*index, limits, withdrawable)), *lamports, Reverse(*index))
            })
            .map(|(_, index)| (index, false))
    }

    /// Whether stake of the validator may be taken: all if nothing else was asked for.
    fn is_accepted(&self, index: usize, limits: &WithdrawalLimits, withdrawable: &Withdrawable) -> bool {
        let Some(accepts) = self.accepts else { return true };
        self.state.source(index, withdrawable, limits) == Some(StakeSource::Active)
            && accepts(&self.state.records()[index].vote_account_address)
    }

    /// The activation of a validator's stake. Stake that may not be split before another validator's, or is too small,
    /// counts as active: its size decides.
    fn activation(&self, index: usize, limits: &WithdrawalLimits, withdrawable: &Withdrawable) -> StakeActivation {
        let Some(source) = self.state.source(index, withdrawable, limits) else { return StakeActivation::Active };
        let condition = self.state.condition(index, source);
        let activation = condition.map_or(StakeActivation::Active, |condition| condition.activation);
        let record = &self.state.records()[index];
        let is_free = match source {
            StakeSource::Active => record.active_stake_lamports.get() > limits.withdrawable_above,
            StakeSource::Transient => record.transient_stake_lamports.get() > limits.withdrawable_above,
            StakeSource::ValidatorRemoval => return activation,
        };
        let is_enough = || {
            let safe_split = self.safe_split(self.state.splittable(index, source, limits), limits);
            self.yields(self.tokens_within(safe_split)) >= self.minimum()
        };
        let counts = activation < StakeActivation::Active && is_free && is_enough();
        if counts { activation } else { StakeActivation::Active }
    }
}
