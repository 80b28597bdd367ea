//! Quotes of stake deposits and stake withdrawals.

use crate::{
    accounts::{self, Account, Slot},
    failure::{Failure, Reason},
    snapshot::Snapshot,
    stake::{self, Condition, MergeKind, merge_kind, merged_delegation},
};
use solana_stake_interface::error::StakeError;
use tidepool_core::{
    maths::{Lamports, PoolTokens},
    quote::{self, DepositQuote, StakeDepositFees, WithdrawalQuote},
    withdrawal::{StakeSource, Withdrawable, WithdrawalLimits, check_preferred, is_reserve_open},
};
use tidepool_interface::{
    Address, ExtensionError, STAKE_ACCOUNT_SPACE, StakePoolError,
    external::stake::{Delegation, StakeMeta, StakeState},
    state::find_record,
};

/// Quote of a stake account's deposit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StakeDeposit {
    /// Lamports that the pool receives.
    pub total_lamports: u64,
    /// Lamports of these that join the validator's delegation.
    pub stake_lamports: u64,
    /// Pool tokens.
    pub pool_tokens: DepositQuote,
}

/// The deposit of the stake account [`accounts::SUBJECT`], whose validator's stake account in the pool is
/// [`accounts::VALIDATOR_STAKE`].
///
/// # Errors
/// [`Reason::EpochRewardsActive`], [`Reason::NotAStakeAccount`], [`Reason::UninitializedStake`], [`Reason::MissingAccount`];
/// `StakeListAndPoolOutOfDate`, `RateGuardHalt`, `IncorrectDepositVoteAddress`, `ValidatorNotFound`, `ValidatorDemoted`,
/// `WrongStakeStake`, `DepositTooSmall`, `ExceededSlippage`, `SupplyBelowFloor`, `CalculationFailure`; the stake program's
/// `LockupInForce`, `MergeMismatch`, `MergeTransientStake`.
pub fn deposit_stake(snapshot: &Snapshot, minimum: Option<u64>) -> Result<StakeDeposit, Failure> {
    let account = snapshot.accounts.need(accounts::SUBJECT)?;
    snapshot.check_no_rewards()?;
    snapshot.check_up_to_date()?;
    snapshot.check_not_halted()?;
    let (meta, delegation) = stake::delegated(&account)?;
    check_accepted(snapshot, &delegation.voter)?;
    check_lockup(snapshot, meta)?;
    let destination = match snapshot.accounts.slot(accounts::VALIDATOR_STAKE) {
        Slot::Unread => return Err(Reason::MissingAccount.into()),
        Slot::Absent => return Err(StakePoolError::WrongStakeStake.into()),
        Slot::Exists(destination) => destination,
    };
    let source = merge_kind(snapshot, &account)?;
    let destination = merge_kind(snapshot, &destination)?;
    let stake_lamports = merged_delegation(&destination, &source)?;
    let terms = &snapshot.pool.terms;
    let fees = StakeDepositFees {
        stake: terms.stake_deposit_fee,
        sol: terms.sol_deposit_fee,
        referral_percent: terms.stake_referral_fee,
    };
    let total = Lamports::new(account.lamports);
    let quote = quote::stake_deposit(&snapshot.rate(), &fees, total, Lamports::new(stake_lamports))?;
    let pool_tokens = quote.check_minimum(minimum.map(PoolTokens::new))?;
    snapshot.check_supply_floor(pool_tokens.minted)?;
    Ok(StakeDeposit { total_lamports: account.lamports, stake_lamports, pool_tokens })
}

fn check_accepted(snapshot: &Snapshot, vote: &Address) -> Result<(), Failure> {
    let preferred = snapshot.pool.terms.preferred_deposit_validator_vote_address;
    if preferred.is_some_and(|preferred| preferred != *vote) {
        return Err(StakePoolError::IncorrectDepositVoteAddress.into());
    }
    let index = find_record(snapshot.records, vote).ok_or(StakePoolError::ValidatorNotFound)?;
    let record = &snapshot.records[index];
    if !record.is_active() {
        return Err(StakePoolError::ValidatorNotFound.into());
    }
    if snapshot.extension.is_some() && record.extension.epochs_since_demotion(snapshot.epoch()).is_some() {
        return Err(ExtensionError::ValidatorDemoted.into());
    }
    Ok(())
}

/// While a lockup is in force, the withdraw authority cannot be changed, as a deposit requires.
fn check_lockup(snapshot: &Snapshot, meta: &StakeMeta) -> Result<(), Failure> {
    let lockup = &meta.lockup;
    let is_in_force = lockup.unix_timestamp.get().cast_signed() > snapshot.clock.unix_timestamp.get()
        || lockup.epoch.get() > snapshot.epoch();
    if is_in_force { Err(StakeError::LockupInForce.into()) } else { Ok(()) }
}

/// Quote of a stake withdrawal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StakeWithdrawal {
    /// The account that is split; `None` for the reserve.
    pub source: Option<StakeSource>,
    /// Burnt pool tokens, fee, and lamports of stake.
    pub yields: WithdrawalQuote,
    /// Condition of the stake, if the account was read.
    pub condition: Option<Condition>,
}

/// A withdrawal of stake for `pool_tokens` from the validator of the record `index`, whose stake accounts are
/// [`accounts::VALIDATOR_STAKE`] and [`accounts::TRANSIENT_STAKE`], or from the reserve.
///
/// # Errors
/// [`Reason::EpochRewardsActive`], [`Reason::InsufficientFunds`]; `StakeListAndPoolOutOfDate`, `WithdrawalTooSmall`,
/// `ExceededSlippage`, `IncorrectWithdrawVoteAddress`, `ValidatorNotFound`, `StakeLamportsNotEqualToMinimum`,
/// `SolWithdrawalTooLarge`, `CalculationFailure`; the stake program's `InsufficientDelegation`.
pub fn withdraw_stake(
    snapshot: &Snapshot,
    index: Option<usize>,
    is_from_fee_account: bool,
    pool_tokens: u64,
    minimum: Option<u64>,
) -> Result<StakeWithdrawal, Failure> {
    snapshot.check_no_rewards()?;
    snapshot.check_up_to_date()?;
    let fee = snapshot.charged_fee(is_from_fee_account, &snapshot.pool.terms.stake_withdrawal_fee);
    let yields = quote::withdrawal(&snapshot.rate(), fee, PoolTokens::new(pool_tokens))?;
    let Some(index) = index else {
        let quote = from_reserve(snapshot, yields)?;
        quote.yields.check_minimum(minimum.map(Lamports::new))?;
        return Ok(quote);
    };
    let source = Source::find(snapshot, index)?;
    let mut yields = yields;
    let (balance, lamports) = (source.balance(source.kind), yields.lamports.get());
    if source.kind == StakeSource::ValidatorRemoval {
        source.limits.check_whole(balance, lamports)?;
        yields.lamports = Lamports::new(balance);
    } else {
        source.limits.check_split(balance, lamports)?;
    }
    // The pool program checks the slippage bound before it calls the stake program.
    yields.check_minimum(minimum.map(Lamports::new))?;
    source.check_stake_program(yields.lamports.get())?;
    let account = source.account(source.kind);
    let condition = account.map(|account| stake::condition(snapshot, &account)).transpose()?.flatten();
    Ok(StakeWithdrawal { source: Some(source.kind), yields, condition })
}

fn limits(snapshot: &Snapshot, account: Option<&Account>) -> Result<WithdrawalLimits, Failure> {
    let rent = snapshot.minimum_balance(account.map_or(STAKE_ACCOUNT_SPACE, |account| account.data.len()));
    Ok(WithdrawalLimits::new(&snapshot.rate(), rent, snapshot.accounts.stake_program_minimum)?)
}

fn from_reserve(snapshot: &Snapshot, yields: WithdrawalQuote) -> Result<StakeWithdrawal, Failure> {
    let limits = limits(snapshot, Some(&snapshot.reserve))?;
    let is_open = is_reserve_open(snapshot.extension.is_some(), snapshot.pool.terms.sol_withdraw_authority.is_some());
    if !is_open && !Withdrawable::scan(snapshot.records, &limits).allows_reserve() {
        return Err(StakePoolError::StakeLamportsNotEqualToMinimum.into());
    }
    // Without stake, no decrease can need the working lamports.
    let has_stake = snapshot.records.iter().any(|record| record.stake_lamports() != Ok(0));
    let working = if has_stake { snapshot.working_lamports() } else { 0 };
    let kept = working.saturating_add(snapshot.ticket_lamports());
    if yields.lamports.get() > snapshot.reserve_lamports_above_rent().saturating_sub(kept) {
        return Err(StakePoolError::SolWithdrawalTooLarge.into());
    }
    let condition = Condition { activation: 0, withdrawable_from_epoch: snapshot.epoch() };
    Ok(StakeWithdrawal { source: None, yields, condition: Some(condition) })
}

/// The account that a withdrawal splits.
struct Source<'a> {
    snapshot: &'a Snapshot<'a>,
    index: usize,
    limits: WithdrawalLimits,
    kind: StakeSource,
}

impl<'a> Source<'a> {
    fn find(snapshot: &'a Snapshot<'a>, index: usize) -> Result<Self, Failure> {
        let record = snapshot.records.get(index).ok_or(StakePoolError::ValidatorNotFound)?;
        let account = snapshot.accounts.slot(accounts::VALIDATOR_STAKE).account();
        let limits = limits(snapshot, account.as_ref())?;
        let preferred = snapshot.pool.terms.preferred_withdraw_validator_vote_address;
        let find = |vote: &Address| find_record(snapshot.records, vote).map(|index| &snapshot.records[index]);
        check_preferred(preferred.as_ref(), &record.vote_account_address, find, &limits)?;
        let withdrawable = Withdrawable::scan(snapshot.records, &limits);
        let mut source = Self { snapshot, index, limits, kind: StakeSource::Active };
        source.kind = if record.is_active() {
            withdrawable.source(record)
        } else if snapshot.extension.is_some() && withdrawable.allows_removed() {
            // The larger account.
            let [transient, active] = [StakeSource::Transient, StakeSource::Active].map(|kind| source.splittable(kind));
            if active >= transient { StakeSource::Active } else { StakeSource::Transient }
        } else {
            return Err(StakePoolError::ValidatorNotFound.into());
        };
        Ok(source)
    }

    fn account(&self, kind: StakeSource) -> Option<Account<'a>> {
        let slot = match kind {
            StakeSource::Transient => accounts::TRANSIENT_STAKE,
            StakeSource::Active | StakeSource::ValidatorRemoval => accounts::VALIDATOR_STAKE,
        };
        self.snapshot.accounts.slot(slot).account()
    }

    fn delegation(&self, kind: StakeSource) -> Option<(Account<'a>, &'a Delegation)> {
        let account = self.account(kind)?;
        StakeState::decode_delegated(account.data).ok().map(|(_, delegation)| (account, delegation))
    }

    /// Like [`Self::delegation`], without fully deactivated stake: the stake program ignores its delegation.
    fn delegating(&self, kind: StakeSource) -> Option<(Account<'a>, &'a Delegation)> {
        let is_inactive =
            |account: &Account| matches!(merge_kind(self.snapshot, account), Ok(MergeKind::Inactive { .. }));
        self.delegation(kind).filter(|(account, _)| !is_inactive(account))
    }

    /// Lamports in the account, as read or as recorded.
    fn balance(&self, kind: StakeSource) -> u64 {
        let record = &self.snapshot.records[self.index];
        let recorded = match kind {
            StakeSource::Transient => record.transient_stake_lamports.get(),
            StakeSource::Active | StakeSource::ValidatorRemoval => record.active_stake_lamports.get(),
        };
        // Lamports sent to the address of a future or former account are not stake.
        if recorded == 0 { 0 } else { self.account(kind).map_or(recorded, |account| account.lamports) }
    }

    /// Lamports missing from the account's rent, beside its delegation.
    fn missing_rent(&self, kind: StakeSource) -> u64 {
        self.delegating(kind).map_or(0, |(account, delegation)| {
            let rent = self.snapshot.minimum_balance(account.data.len());
            rent.saturating_sub(account.lamports.saturating_sub(delegation.stake.get()))
        })
    }

    /// Most lamports that can be split off the account.
    fn splittable(&self, kind: StakeSource) -> u64 {
        let by_balance = self.balance(kind).saturating_sub(self.limits.required_lamports);
        if self.missing_rent(kind) > 0 {
            return 0;
        }
        // Undelegated lamports cannot be split off.
        let minimum = self.snapshot.accounts.stake_program_minimum;
        let by_stake = |(_, delegation): (_, &Delegation)| delegation.stake.get().saturating_sub(minimum);
        self.delegation(kind).map_or(by_balance, |found| by_balance.min(by_stake(found)))
    }

    /// Both parts of a split delegation must meet the minimum. A whole account is not split.
    fn check_stake_program(&self, lamports: u64) -> Result<(), Failure> {
        let minimum = self.snapshot.accounts.stake_program_minimum;
        if self.kind == StakeSource::ValidatorRemoval {
            let is_enough = |(_, delegation): (_, &Delegation)| delegation.stake.get() >= minimum;
            let is_whole = self.delegating(self.kind).is_none_or(is_enough);
            return if is_whole { Ok(()) } else { Err(StakeError::InsufficientDelegation.into()) };
        }
        if self.missing_rent(self.kind) > 0 {
            return Err(Reason::InsufficientFunds.into());
        }
        if lamports < minimum || lamports > self.splittable(self.kind) {
            return Err(StakeError::InsufficientDelegation.into());
        }
        Ok(())
    }
}
