//! Quotes of stake deposits and stake withdrawals.

use {
    crate::{Account, Environment, Pool, QuoteError},
    tidepool_core::{
        maths::{Lamports, PoolTokens},
        quote::{self, DepositQuote, StakeDepositFees, WithdrawalQuote},
        withdrawal::{StakeSource, Withdrawable, WithdrawalLimits, check_preferred},
    },
    tidepool_interface::{
        Address,
        StakePoolError::{IncorrectDepositVoteAddress, ValidatorNotFound, WrongStakeStake},
        address::STAKE_PROGRAM_ID,
        external::{
            stake::{Delegation, StakeState},
            stake_history::StakeHistory,
        },
        state::{ValidatorStakeInfo, find_record, split_validator_list},
    },
};

/// A fully active stake account.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ActiveStake {
    /// The validator (vote account) that it is delegated to.
    pub vote: Address,
    /// Delegated lamports.
    pub delegated: u64,
    /// Lamports of the account: the delegation, its rent, and others.
    pub lamports: u64,
}

impl ActiveStake {
    /// Reads a stake account. A deposit needs it twice: the deposited account and the pool's own with the same validator are both fully
    /// active, or the stake program does not merge them.
    ///
    /// # Errors
    /// [`QuoteError::NotActive`], [`QuoteError::Locked`]; [`QuoteError::Malformed`] if it is not a delegated stake account.
    pub fn read(account: &Account, history: &StakeHistory, environment: &Environment) -> Result<Self, QuoteError> {
        if *account.owner != STAKE_PROGRAM_ID {
            return Err(QuoteError::Malformed);
        }
        let (meta, delegation) = StakeState::decode_delegated(account.data).map_err(|_| QuoteError::Malformed)?;
        let (lockup, epoch) = (&meta.lockup, environment.epoch);
        if lockup.unix_timestamp.get().cast_signed() > environment.unix_timestamp || lockup.epoch.get() > epoch {
            return Err(QuoteError::Locked);
        }
        if !delegation.is_delegated() || !history.is_warmed_up(delegation, epoch) {
            return Err(QuoteError::NotActive);
        }
        Ok(Self { vote: delegation.voter, delegated: delegation.stake.get(), lamports: account.lamports })
    }
}

/// Quote of a stake deposit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StakeDeposit {
    /// The deposited stake.
    pub stake: ActiveStake,
    /// Pool tokens.
    pub pool_tokens: DepositQuote,
}

/// Quote of a stake withdrawal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StakeWithdrawal {
    /// The validator of the stake.
    pub vote: Address,
    /// The account that is split.
    pub source: StakeSource,
    /// Pool tokens and lamports. The lamports are on top of the rent that the new stake account already holds.
    pub yields: WithdrawalQuote,
}

impl Pool {
    /// Quotes the deposit of a stake account. `validator_list` is the data of the pool's validator list.
    ///
    /// # Errors
    /// [`QuoteError::NeedsSignature`], [`QuoteError::Stale`], [`QuoteError::Halted`], [`QuoteError::EpochRewards`], [`QuoteError::Demoted`],
    /// [`QuoteError::SupplyBelowFloor`], [`QuoteError::FeeAccount`]; `IncorrectDepositVoteAddress`, `ValidatorNotFound`,
    /// `DepositTooSmall` and `CalculationFailure` of the pool.
    pub fn deposit_stake(&self, validator_list: &[u8], stake: &ActiveStake) -> Result<StakeDeposit, QuoteError> {
        let authority = self.head().stake_deposit_authority;
        if authority != self.addresses().deposit_authority {
            return Err(QuoteError::NeedsSignature { authority });
        }
        self.check_fresh()?;
        self.check_not_halted()?;
        let preferred = self.terms().preferred_deposit_validator_vote_address;
        if preferred.is_some_and(|preferred| preferred != stake.vote) {
            return Err(IncorrectDepositVoteAddress.into());
        }
        let record = find(records(validator_list)?, &stake.vote).filter(|record| record.is_active());
        let record = record.ok_or(ValidatorNotFound)?;
        if self.is_extended() && record.extension.is_demoted() {
            return Err(QuoteError::Demoted);
        }
        self.check_no_rewards()?;
        let terms = self.terms();
        let fees = StakeDepositFees {
            stake: terms.stake_deposit_fee,
            sol: terms.sol_deposit_fee,
            referral_percent: terms.stake_referral_fee,
        };
        let (total, delegated) = (Lamports::new(stake.lamports), Lamports::new(stake.delegated));
        let pool_tokens = quote::stake_deposit(&self.rate(), &fees, total, delegated)?;
        self.check_deposit(pool_tokens.minted, pool_tokens.to_manager)?;
        self.check_total(total)?;
        Ok(StakeDeposit { stake: *stake, pool_tokens })
    }

    /// The account that a stake withdrawal from the validator `vote` splits: its validator stake account, or its transient one.
    ///
    /// # Errors
    /// `ValidatorNotFound`, also for a validator that is being removed; `IncorrectWithdrawVoteAddress` if a preferred validator has stake.
    pub fn stake_source(&self, validator_list: &[u8], vote: &Address) -> Result<StakeSource, QuoteError> {
        let records = records(validator_list)?;
        let limits = self.withdrawal_limits()?;
        let preferred = self.terms().preferred_withdraw_validator_vote_address;
        check_preferred(preferred.as_ref(), vote, |vote| find(records, vote), &limits)?;
        let record = find(records, vote).filter(|record| record.is_active()).ok_or(ValidatorNotFound)?;
        Ok(Withdrawable::scan(records, &limits).source(record))
    }

    /// Quotes a stake withdrawal for `pool_tokens` from the validator `vote`. `split_from` is the account that
    /// [`Self::stake_source`] names.
    ///
    /// A fully deactivated account could be split further than this quote allows.
    ///
    /// # Errors
    /// [`QuoteError::Stale`], [`QuoteError::EpochRewards`], [`QuoteError::BelowMinimumDelegation`], [`QuoteError::BelowRent`]; as
    /// [`Self::stake_source`]; `StakeLamportsNotEqualToMinimum`, `WithdrawalTooSmall` and `CalculationFailure` of the pool.
    pub fn withdraw_stake(
        &self,
        validator_list: &[u8],
        vote: &Address,
        split_from: &Account,
        pool_tokens: u64,
    ) -> Result<StakeWithdrawal, QuoteError> {
        self.check_fresh()?;
        let fee = &self.terms().stake_withdrawal_fee;
        let mut yields = quote::withdrawal(&self.rate(), self.charged(fee), PoolTokens::new(pool_tokens))?;
        let (_, delegation) = StakeState::decode_delegated(split_from.data).map_err(|_| WrongStakeStake)?;
        let source = self.stake_source(validator_list, vote)?;
        let (limits, balance) = (self.withdrawal_limits()?, split_from.lamports);
        if source == StakeSource::ValidatorRemoval {
            limits.check_whole(balance, yields.lamports.get())?;
            yields.lamports = Lamports::new(balance);
        } else {
            limits.check_split(balance, yields.lamports.get())?;
        }
        self.check_no_rewards()?;
        self.check_stake_program(delegation, balance, source, yields.lamports.get())?;
        Ok(StakeWithdrawal { vote: *vote, source, yields })
    }

    fn withdrawal_limits(&self) -> Result<WithdrawalLimits, QuoteError> {
        let environment = self.environment();
        Ok(WithdrawalLimits::new(&self.rate(), environment.stake_rent, environment.minimum_delegation)?)
    }

    /// The stake program's own limits of a split.
    fn check_stake_program(
        &self,
        delegation: &Delegation,
        balance: u64,
        source: StakeSource,
        lamports: u64,
    ) -> Result<(), QuoteError> {
        let (minimum, stake) = (self.environment().minimum_delegation, delegation.stake.get());
        let is_whole = source == StakeSource::ValidatorRemoval;
        if !is_whole && balance.saturating_sub(stake) < self.environment().stake_rent {
            return Err(QuoteError::BelowRent);
        }
        let (split, kept) = if is_whole { (stake, minimum) } else { (lamports, stake.saturating_sub(lamports)) };
        if split < minimum || kept < minimum {
            return Err(QuoteError::BelowMinimumDelegation { minimum });
        }
        Ok(())
    }
}

fn records(validator_list: &[u8]) -> Result<&[ValidatorStakeInfo], QuoteError> {
    split_validator_list(validator_list).map(|(_, records)| records).map_err(|_| QuoteError::Malformed)
}

fn find<'a>(records: &'a [ValidatorStakeInfo], vote: &Address) -> Option<&'a ValidatorStakeInfo> {
    find_record(records, vote).and_then(|index| records.get(index))
}
