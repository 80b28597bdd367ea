//! Quotes of stake withdrawals.

mod split;

use {
    super::{StakeCondition, charged_fee, check_withdrawal_minimum, explain_withdrawal},
    crate::{
        checks::{check_no_rewards, check_up_to_date},
        error::{PlanError, Sol, StaysInReserve},
        pool::PoolSnapshot,
    },
    solana_account::Account,
    solana_address::Address,
    tidepool_core::{
        maths::{ExchangeRate, Fee, Lamports, PoolTokens},
        quote::{self, WithdrawalQuote},
        withdrawal::{StakeSource, Withdrawable, WithdrawalLimits, check_preferred, is_reserve_open},
    },
    tidepool_interface::{
        STAKE_ACCOUNT_SPACE, StakePoolError,
        state::{StakeStatus, ValidatorStakeInfo, find_record},
    },
};

/// Source of a withdrawn stake account.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum WithdrawFrom {
    /// The validator with this vote account. The state of the pool decides which of its stake accounts is split.
    Validator(Address),
    /// The reserve, which yields an undelegated stake account.
    Reserve,
}

/// Quote of a stake withdrawal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StakeWithdrawalQuote {
    /// The source.
    pub from: WithdrawFrom,
    /// The validator's account that is split; `None` for the reserve.
    pub source: Option<StakeSource>,
    /// Address of the account that is split.
    pub split_from: Address,
    /// Pool tokens taken, burnt ones and fee.
    pub pool_tokens: u64,
    /// Burnt pool tokens, fee, and lamports of stake for the holder. The new account's rent, which the holder pays, is
    /// not included.
    pub yields: WithdrawalQuote,
    /// Condition of the stake; `None` if the snapshot does not hold the split account.
    pub condition: Option<StakeCondition>,
}

/// State of a pool during several withdrawals, to quote one after the other.
#[derive(Clone, Debug)]
pub struct WithdrawalState<'a> {
    snapshot: &'a PoolSnapshot,
    rate: ExchangeRate,
    fee: Option<Fee>,
    records: Vec<ValidatorStakeInfo>,
    reserve_lamports: u64,
    /// Lamports taken so far from each record's validator and transient stake accounts.
    taken: Vec<(u64, u64)>,
}

/// Quotes a withdrawal of stake for `pool_tokens` of the token account `burn_from`, with `minimum` lamports out.
///
/// # Errors
/// [`PlanError::EpochRewardsActive`]; refusals: `StakeListAndPoolOutOfDate`, `WithdrawalTooSmall`, `ExceededSlippage`,
/// `IncorrectWithdrawVoteAddress`, `ValidatorNotFound`, `StakeLamportsNotEqualToMinimum`, `SolWithdrawalTooLarge`,
/// `CalculationFailure`. Of the stake program: `InsufficientDelegation` if the piece is below its minimum;
/// `InsufficientFunds` if rent has risen above the account's undelegated lamports.
pub fn quote_withdraw_stake(
    snapshot: &PoolSnapshot,
    from: WithdrawFrom,
    burn_from: &Address,
    pool_tokens: u64,
    minimum: Option<u64>,
) -> Result<StakeWithdrawalQuote, PlanError> {
    WithdrawalState::new(snapshot, burn_from)?.quote(from, pool_tokens, minimum)
}

impl<'a> WithdrawalState<'a> {
    /// The state before any withdrawal by the holder of the token account `burn_from`.
    ///
    /// # Errors
    /// [`PlanError::EpochRewardsActive`]; refusal `StakeListAndPoolOutOfDate`.
    pub fn new(snapshot: &'a PoolSnapshot, burn_from: &Address) -> Result<Self, PlanError> {
        check_no_rewards(snapshot)?;
        check_up_to_date(snapshot)?;
        let fee = &snapshot.pool().terms.stake_withdrawal_fee;
        Ok(Self {
            snapshot,
            rate: snapshot.rate(),
            fee: charged_fee(snapshot, burn_from, fee).copied(),
            records: snapshot.records().to_vec(),
            reserve_lamports: snapshot.reserve_lamports(),
            taken: vec![(0, 0); snapshot.records().len()],
        })
    }

    /// The same state, for further withdrawals from the token account `burn_from`.
    pub(crate) fn spending(mut self, burn_from: &Address) -> Self {
        self.fee = charged_fee(self.snapshot, burn_from, &self.snapshot.pool().terms.stake_withdrawal_fee).copied();
        self
    }

    /// The exchange rate after the withdrawals so far.
    pub const fn rate(&self) -> ExchangeRate {
        self.rate
    }

    /// The withdrawal fee, if the holder pays one.
    pub const fn fee(&self) -> Option<&Fee> {
        self.fee.as_ref()
    }

    /// The records after the withdrawals so far.
    pub fn records(&self) -> &[ValidatorStakeInfo] {
        &self.records
    }

    /// Quotes `pool_tokens` from `from`, with `minimum` lamports out.
    ///
    /// # Errors
    /// Refusals of [`quote_withdraw_stake`].
    pub fn quote(
        &self,
        from: WithdrawFrom,
        pool_tokens: u64,
        minimum: Option<u64>,
    ) -> Result<StakeWithdrawalQuote, PlanError> {
        let yields = quote::withdrawal(&self.rate, self.fee.as_ref(), PoolTokens::new(pool_tokens))
            .map_err(|error| explain_withdrawal(error, pool_tokens, &self.rate, self.fee.as_ref()))?;
        let quote = match from {
            WithdrawFrom::Reserve => self.quote_reserve(pool_tokens, yields),
            WithdrawFrom::Validator(vote) => self.quote_validator(vote, pool_tokens, yields),
        }?;
        // The pool program checks the slippage bound before it calls the stake program.
        check_withdrawal_minimum(quote.yields, minimum)?;
        self.check_stake_program(&quote)?;
        Ok(quote)
    }

    /// Limits for a pool account with the data length of `account`, or of a new one.
    pub(crate) fn limits(&self, account: Option<&Account>) -> Result<WithdrawalLimits, PlanError> {
        let environment = self.snapshot.environment();
        let length = account.map_or(STAKE_ACCOUNT_SPACE, |account| account.data.len());
        let rent = environment.rent.minimum_balance(length);
        Ok(WithdrawalLimits::new(&self.rate, rent, environment.stake_program_minimum)?)
    }

    /// Whether the reserve can be split now.
    ///
    /// # Errors
    /// Refusal `CalculationFailure` without any supply.
    pub(crate) fn allows_reserve(&self) -> Result<bool, PlanError> {
        let limits = self.limits(Some(&self.snapshot.accounts().reserve_stake))?;
        let authority = self.snapshot.pool().terms.sol_withdraw_authority;
        Ok(is_reserve_open(self.snapshot.is_extended(), authority.is_some())
            || Withdrawable::scan(&self.records, &limits).allows_reserve())
    }

    pub(crate) fn available_reserve(&self) -> u64 {
        let kept = self.working_lamports().saturating_add(self.snapshot.ticket_lamports());
        self.reserve_lamports.saturating_sub(self.snapshot.reserve_rent()).saturating_sub(kept)
    }

    /// Lamports that stay in the reserve for decreases: 0 once no validator has stake.
    fn working_lamports(&self) -> u64 {
        let has_stake = self.records.iter().any(|record| record.stake_lamports() != Ok(0));
        if has_stake { self.snapshot.working_lamports() } else { 0 }
    }

    fn quote_reserve(&self, pool_tokens: u64, yields: WithdrawalQuote) -> Result<StakeWithdrawalQuote, PlanError> {
        if !self.allows_reserve()? {
            return Err(PlanError::refused(
                StakePoolError::StakeLamportsNotEqualToMinimum,
                "the reserve can be split only if no validator has stake to withdraw: withdraw from a validator, or withdraw \
                 SOL",
            ));
        }
        let available = self.available_reserve();
        if yields.lamports.get() > available {
            let stays = StaysInReserve { rents: self.working_lamports(), tickets: self.snapshot.ticket_lamports() };
            let detail = match available {
                0..super::LEAST_RESERVE_PART => {
                    format!("the reserve has no SOL to spare now{stays}: withdraw from a validator, or later")
                }
                _ => format!(
                    "the reserve can pay at most {}{stays}, not {}: withdraw less",
                    Sol(available),
                    Sol(yields.lamports.get())
                ),
            };
            return Err(PlanError::refused(StakePoolError::SolWithdrawalTooLarge, detail));
        }
        Ok(StakeWithdrawalQuote {
            from: WithdrawFrom::Reserve,
            source: None,
            split_from: self.snapshot.pool().head.reserve_stake,
            pool_tokens,
            yields,
            condition: Some(StakeCondition::inactive(self.snapshot.environment())),
        })
    }

    fn quote_validator(
        &self,
        vote: Address,
        pool_tokens: u64,
        mut yields: WithdrawalQuote,
    ) -> Result<StakeWithdrawalQuote, PlanError> {
        let index = self.index_of(&vote)?;
        let validator = self.snapshot.validator_at(index);
        let validator = validator.ok_or(StakePoolError::ValidatorNotFound)?;
        let limits = self.limits(validator.validator_stake())?;
        let preferred = self.snapshot.pool().terms.preferred_withdraw_validator_vote_address;
        let find = |vote: &Address| find_record(&self.records, vote).and_then(|index| self.records.get(index));
        check_preferred(preferred.as_ref(), &vote, find, &limits).map_err(|error| {
            let preferred = preferred.unwrap_or_default();
            PlanError::refused(
                error,
                format!("the pool's preferred validator {preferred} still has stake: withdraw from it first"),
            )
        })?;
        let withdrawable = Withdrawable::scan(&self.records, &limits);
        let source = self.source(index, &withdrawable, &limits).ok_or_else(|| {
            PlanError::refused(
                StakePoolError::ValidatorNotFound,
                format!("validator {vote} is being removed from the pool: withdraw from another validator"),
            )
        })?;
        let split_from = match source {
            StakeSource::Transient => validator.addresses.transient,
            StakeSource::Active | StakeSource::ValidatorRemoval => validator.addresses.validator,
        };
        let balance = self.balance(index, source);
        if source == StakeSource::ValidatorRemoval {
            limits.check_whole(balance, yields.lamports.get()).map_err(|error| {
                PlanError::refused(
                    error,
                    format!(
                        "no validator has stake that can be split, so the stake account of {vote} can only be withdrawn as a \
                         whole: withdraw pool tokens worth {}, not {}",
                        Sol(balance),
                        Sol(yields.lamports.get())
                    ),
                )
            })?;
            yields.lamports = Lamports::new(balance);
        } else {
            self.check_split(index, source, &limits, yields.lamports.get())?;
        }
        Ok(StakeWithdrawalQuote {
            from: WithdrawFrom::Validator(vote),
            source: Some(source),
            split_from,
            pool_tokens,
            yields,
            condition: self.condition(index, source),
        })
    }

    /// Condition of the stake in the account of `source`, if it was read. A split part has the same.
    pub(crate) fn condition(&self, index: usize, source: StakeSource) -> Option<StakeCondition> {
        let validator = self.snapshot.validator_at(index)?;
        let account = match source {
            StakeSource::Transient => validator.transient_stake(),
            StakeSource::Active | StakeSource::ValidatorRemoval => validator.validator_stake(),
        };
        StakeCondition::of(account?, self.snapshot.environment())
    }

    /// The account of the validator at `index` that a withdrawal splits; `None` if the validator is being removed and
    /// others come first. In an extended pool it is the larger account of a removed validator.
    pub(crate) fn source(
        &self,
        index: usize,
        withdrawable: &Withdrawable,
        limits: &WithdrawalLimits,
    ) -> Option<StakeSource> {
        let record = self.records.get(index)?;
        if record.is_active() {
            return Some(withdrawable.source(record));
        }
        let sources = [StakeSource::Transient, StakeSource::Active];
        let largest = || sources.into_iter().max_by_key(|source| self.splittable(index, *source, limits));
        (self.snapshot.is_extended() && withdrawable.allows_removed()).then(largest).flatten()
    }

    fn check_split(
        &self,
        index: usize,
        source: StakeSource,
        limits: &WithdrawalLimits,
        lamports: u64,
    ) -> Result<(), PlanError> {
        let vote = self.records[index].vote_account_address;
        let most = self.splittable(index, source, limits);
        limits.check_split(self.balance(index, source), lamports).map_err(|error| {
            let what =
                format!("validator {vote} has at most {} of withdrawable stake, not {}", Sol(most), Sol(lamports));
            PlanError::refused(error, format!("{what}: withdraw less, or from several validators"))
        })?;
        Ok(())
    }

    /// Lamports in the account of `source`, as read or as recorded.
    pub(crate) fn balance(&self, index: usize, source: StakeSource) -> u64 {
        let record = &self.records[index];
        let (active, transient) = self.taken[index];
        let validator = self.snapshot.validator_at(index);
        let (recorded, account, taken) = match source {
            StakeSource::Transient => {
                let account = validator.and_then(|validator| validator.transient_stake());
                (record.transient_stake_lamports.get(), account, transient)
            }
            StakeSource::Active | StakeSource::ValidatorRemoval => {
                let account = validator.and_then(|validator| validator.validator_stake());
                (record.active_stake_lamports.get(), account, active)
            }
        };
        // Lamports sent to the address of a future or former account are not stake.
        if recorded == 0 {
            return 0;
        }
        account.map_or(recorded, |account| account.lamports.saturating_sub(taken))
    }

    fn index_of(&self, vote: &Address) -> Result<usize, PlanError> {
        self.records.iter().position(|record| record.vote_account_address == *vote).ok_or_else(|| {
            PlanError::refused(
                StakePoolError::ValidatorNotFound,
                format!("validator {vote} is not in the pool: use a validator of its list"),
            )
        })
    }

    /// Books a withdrawal quoted by [`Self::quote`].
    ///
    /// # Errors
    /// Refusal `CalculationFailure` if the quote is of another state.
    pub fn apply(&mut self, quote: &StakeWithdrawalQuote) -> Result<(), PlanError> {
        let failure = StakePoolError::CalculationFailure;
        let lamports = quote.yields.lamports;
        self.rate.pool_token_supply = self.rate.pool_token_supply.checked_sub(quote.yields.burnt).ok_or(failure)?;
        self.rate.total_lamports = self.rate.total_lamports.checked_sub(lamports).ok_or(failure)?;
        let lamports = lamports.get();
        let WithdrawFrom::Validator(vote) = quote.from else {
            self.reserve_lamports = self.reserve_lamports.checked_sub(lamports).ok_or(failure)?;
            return Ok(());
        };
        let index = self.index_of(&vote)?;
        let record = &mut self.records[index];
        let (active, transient) = &mut self.taken[index];
        match quote.source {
            Some(StakeSource::Transient) => {
                let left = record.transient_stake_lamports.get().checked_sub(lamports).ok_or(failure)?;
                record.transient_stake_lamports.set(left);
                *transient = transient.saturating_add(lamports);
            }
            Some(StakeSource::Active | StakeSource::ValidatorRemoval) | None => {
                let left = record.active_stake_lamports.get().checked_sub(lamports).ok_or(failure)?;
                record.active_stake_lamports.set(left);
                *active = active.saturating_add(lamports);
            }
        }
        if quote.source == Some(StakeSource::ValidatorRemoval) {
            record.status = StakeStatus::ReadyForRemoval as u8;
        }
        Ok(())
    }
}
