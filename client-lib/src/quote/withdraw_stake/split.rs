//! Limits of the stake program for splits.

use {
    super::{StakeWithdrawalQuote, WithdrawFrom, WithdrawalState},
    crate::{
        error::{PlanError, Sol},
        quote::merge::{MergeKind, merge_kind},
    },
    solana_account::Account,
    solana_instruction::error::InstructionError,
    solana_stake_interface::error::StakeError,
    tidepool_core::withdrawal::{StakeSource, WithdrawalLimits},
    tidepool_interface::external::stake::Delegation,
};

impl WithdrawalState<'_> {
    /// The account of `source` and its delegation, if it was read.
    fn delegation(&self, index: usize, source: StakeSource) -> Option<(&Account, &Delegation)> {
        let validator = self.snapshot.validator_at(index)?;
        let (account, delegation) = match source {
            StakeSource::Transient => (validator.transient_stake(), validator.transient_delegation()),
            StakeSource::Active | StakeSource::ValidatorRemoval => {
                (validator.validator_stake(), validator.delegation())
            }
        };
        account.zip(delegation.map(|(_, delegation)| delegation))
    }

    /// Like [`Self::delegation`], without fully deactivated stake: the stake program ignores the delegation of such an
    /// account.
    fn delegating(&self, index: usize, source: StakeSource) -> Option<(&Account, &Delegation)> {
        let is_inactive =
            |account| matches!(merge_kind(account, self.snapshot.environment()), Ok(MergeKind::Inactive { .. }));
        self.delegation(index, source).filter(|(account, _)| !is_inactive(account))
    }

    /// Lamports missing from the rent of the account of `source`, beside its delegation. The stake program does not
    /// split an account with missing rent, which occurs if rent has risen since the account was created.
    fn missing_rent(&self, index: usize, source: StakeSource) -> u64 {
        self.delegating(index, source).map_or(0, |(account, delegation)| {
            let rent = self.snapshot.environment().rent.minimum_balance(account.data.len());
            rent.saturating_sub(account.lamports.saturating_sub(delegation.stake.get()))
        })
    }

    /// Most lamports that can be split off the account of `source`.
    pub(crate) fn splittable(&self, index: usize, source: StakeSource, limits: &WithdrawalLimits) -> u64 {
        let by_balance = self.balance(index, source).saturating_sub(limits.required_lamports);
        if self.snapshot.validator_at(index).is_none() || self.missing_rent(index, source) > 0 {
            return 0;
        }
        let (active, transient) = self.taken[index];
        let taken = if source == StakeSource::Transient { transient } else { active };
        // Undelegated lamports cannot be split off.
        let minimum = self.snapshot.environment().stake_program_minimum;
        self.delegation(index, source).map_or(by_balance, |(_, delegation)| {
            let stake = delegation.stake.get().saturating_sub(taken);
            by_balance.min(stake.saturating_sub(minimum))
        })
    }

    /// Whether the stake program hands over a validator stake account as a whole: a slashed one may delegate too
    /// little.
    pub(crate) fn can_withdraw_whole(&self, index: usize) -> bool {
        self.delegating(index, StakeSource::ValidatorRemoval).is_none_or(|(_, delegation)| {
            let stake = delegation.stake.get().saturating_sub(self.taken[index].0);
            stake >= self.snapshot.environment().stake_program_minimum
        })
    }

    /// Both parts of a split delegation must meet the minimum. A whole account is not split.
    pub(super) fn check_stake_program(&self, quote: &StakeWithdrawalQuote) -> Result<(), PlanError> {
        let (WithdrawFrom::Validator(vote), Some(source)) = (quote.from, quote.source) else {
            return Ok(());
        };
        let index = self.index_of(&vote)?;
        let minimum = self.snapshot.environment().stake_program_minimum;
        if source == StakeSource::ValidatorRemoval {
            return if self.can_withdraw_whole(index) {
                Ok(())
            } else {
                Err(PlanError::refused(
                    StakeError::InsufficientDelegation,
                    format!(
                        "the stake account of {vote} is below the minimum delegation of {}, and cannot be withdrawn: deposit \
                         stake with this validator first, or withdraw SOL",
                        Sol(minimum)
                    ),
                ))
            };
        }
        let missing = self.missing_rent(index, source);
        if missing > 0 {
            return Err(PlanError::refused(
                InstructionError::InsufficientFunds,
                format!(
                    "the stake account is below the current rent, and cannot be split: send {} to {}, or withdraw from \
                     another validator",
                    Sol(missing),
                    quote.split_from
                ),
            ));
        }
        let lamports = quote.yields.lamports.get();
        if lamports < minimum {
            return Err(PlanError::refused(
                StakeError::InsufficientDelegation,
                format!(
                    "{} is below the minimum delegation of {}: withdraw more, or withdraw SOL",
                    Sol(lamports),
                    Sol(minimum)
                ),
            ));
        }
        let limits =
            self.limits(self.snapshot.validator_at(index).and_then(|validator| validator.validator_stake()))?;
        let most = self.splittable(index, source, &limits);
        if lamports > most {
            return Err(PlanError::refused(
                StakeError::InsufficientDelegation,
                format!("only {} of the stake of validator {vote} can be split off: withdraw less", Sol(most)),
            ));
        }
        Ok(())
    }
}
