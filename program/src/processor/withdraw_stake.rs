//! `WithdrawStake` and `WithdrawStakeWithSlippage`.

use {
    crate::{
        cpi::{
            BurnAndFee, USUAL_MINIMUM_DELEGATION, burn, burn_and_transfer, can_transfer_after_burn, minimum_delegation,
            transfer_checked,
        },
        event::Funds,
        validation::{
            Pool, Rent, SysvarAt, borrow_stake, check_left_in_reserve, check_owner, check_stake_program,
            check_transient_stake, check_validator_stake, clock_epoch, missing_account,
        },
    },
    pinocchio::{AccountView, Address, ProgramResult, error::ProgramError},
    tidepool_core::{
        maths::{Lamports, PoolTokens},
        quote::{self, WithdrawalQuote},
        withdrawal::{StakeSource, Withdrawable, WithdrawalLimits, check_preferred, is_reserve_open},
    },
    tidepool_interface::{
        StakePoolError::{
            self, CalculationFailure, SolWithdrawalTooLarge, StakeLamportsNotEqualToMinimum, StakeListAndPoolOutOfDate,
            ValidatorNotFound, WrongStakeStake,
        },
        external::stake::StakeState,
        instruction::{WithdrawStakeAccounts, tag},
        state::{StakeStatus, ValidatorListMut, ValidatorStakeInfo, find_record},
    },
};

#[inline(never)]
pub fn process(
    program_id: &Address,
    accounts: &[AccountView],
    pool_tokens: PoolTokens,
    minimum: Option<Lamports>,
) -> ProgramResult {
    let accounts = WithdrawStakeAccounts::of(accounts)
        .map_err(|error| missing_account(error, accounts, &[SysvarAt::Clock(10)]))?;
    let epoch = clock_epoch(accounts.clock)?;
    let rent = Rent::get()?;
    check_stake_program(accounts.stake_program)?;
    let mut pool = Pool::load(program_id, accounts.pool)?;
    let decimals = pool.check_mint(accounts.pool_mint)?;
    pool.check_validator_list(accounts.validator_list)?;
    let authority = pool.check_withdraw_authority(accounts.withdraw_authority)?;
    pool.check_manager_fee_address(accounts.manager_fee_account)?;
    let token = pool.check_token_program(accounts.token_program, accounts.pool_mint)?;
    pool.check_fresh(epoch)?;
    check_owner(accounts.validator_list, program_id)?;
    let mut list_account = *accounts.validator_list;
    let mut list_data = list_account.try_borrow_mut()?;
    let mut list = ValidatorListMut::decode(&mut list_data)?;

    let (holder_tokens, manager_tokens) = (accounts.pool_tokens_from, accounts.manager_fee_account);
    // guard: withdraw-stake-without-fee
    let is_exempt = holder_tokens.address() == manager_tokens.address() || !pool.can_pay_manager(manager_tokens);
    let fee = (!is_exempt).then(|| pool.view().stake_withdrawal_fee());
    let mut quote = quote::withdrawal(&pool.rate(), fee.as_ref(), pool_tokens).map_err(StakePoolError::from)?;

    let split_from = accounts.split_from;
    let source_rent = rent.minimum_balance(borrow_stake(split_from).len()); // guard: withdraw-stake-rent
    let mut funds = Funds::before(&pool, epoch, tag::WITHDRAW_STAKE);
    let ample = if quote.check_minimum(minimum).is_ok() && can_burn(&accounts) {
        find_ample(&pool, list.records(), split_from, source_rent, quote.lamports.get())
    } else {
        None
    };
    let taken = if let Some(index) = ample {
        list.records().get_mut(index).map(|record| (record, StakeSource::Active))
    } else {
        find_source(&pool, &mut list, split_from, source_rent, &mut quote)?
    };
    match &taken {
        Some((record, _)) => funds.validator_before(record),
        None => funds = funds.reserve_before(split_from),
    }
    let quote = quote.check_minimum(minimum).map_err(StakePoolError::from)?; // guard: withdraw-stake-minimum

    let holder = accounts.user_transfer_authority;
    let amounts = BurnAndFee { burnt: quote.burnt.get(), fee: quote.fee.get() };
    // The SPL program transfers the fee last. If that transfer is certain to succeed, it is part of the same call here.
    let is_fee_paid = amounts.fee > 0 && can_transfer_after_burn(token, holder_tokens, manager_tokens, holder, amounts);
    if is_fee_paid {
        burn_and_transfer(token, holder_tokens, manager_tokens, holder, amounts, decimals)?;
    } else {
        burn(token, holder_tokens, holder, amounts.burnt)?;
    }
    authority.split(split_from, accounts.split_to, quote.lamports.get())?;
    authority.authorize(accounts.split_to, accounts.user_stake_authority.address(), accounts.clock)?;
    if amounts.fee > 0 && !is_fee_paid {
        transfer_checked(token, holder_tokens, manager_tokens, holder, amounts.fee, decimals)?;
    }
    pool.store_withdrawal(quote.lamports, quote.burnt)?;
    match taken {
        Some((record, source)) => {
            take_from_record(record, source, quote.lamports.get())?;
            if source == StakeSource::ValidatorRemoval {
                // guard: withdrawal-of-preference
                pool.view_mut().unset_preferred(|vote| *vote == record.vote_account_address)?;
            }
            funds.validator_after(record);
        }
        None => funds.reserve_after(split_from),
    }
    funds.emit(&pool);
    Ok(())
}

/// Whether the burn can be called at all. If it cannot, an earlier error of the stake program takes precedence.
fn can_burn(accounts: &WithdrawStakeAccounts<&AccountView>) -> bool {
    // The validator list is borrowed, and may have been passed as one of these accounts.
    accounts.user_transfer_authority.is_signer()
        && !accounts.user_transfer_authority.is_borrowed()
        && accounts.pool_tokens_from.is_writable()
        && !accounts.pool_tokens_from.is_borrowed()
        && accounts.pool_mint.is_writable()
}

/// The record of the stake account `split_from`, if the withdrawal is valid for every minimum delegation of the stake program. It
/// then needs no call for the minimum.
///
/// A split below the minimum fails, so the minimum is at most `lamports` or the split fails. All limits grow with the minimum: a
/// withdrawal that is valid for the minimum `lamports` is valid for every lower one. Below the usual minimum, the call decides, so
/// that the error is that of the SPL program.
#[inline(always)]
fn find_ample(
    pool: &Pool,
    records: &mut [ValidatorStakeInfo],
    split_from: &AccountView,
    source_rent: u64,
    lamports: u64,
) -> Option<usize> {
    if lamports < USUAL_MINIMUM_DELEGATION || *split_from.address() == pool.head().reserve_stake {
        return None;
    }
    let vote = read_voter(split_from).ok()??;
    if pool.view().preferred_withdraw().is_some_and(|preferred| *preferred != vote) {
        return None;
    }
    let limits = WithdrawalLimits::new(&pool.rate(), source_rent, lamports).ok()?;
    limits.check_split(split_from.lamports(), lamports).ok()?;
    let index = find_record(records, &vote)?;
    let record = records.get_mut(index)?;
    if !record.is_active() || record.active_stake_lamports.get() <= limits.withdrawable_above {
        return None;
    }
    check_validator_stake(pool, split_from, record).ok()?;
    Some(index)
}

/// Index of the record and source of the withdrawn lamports; `None` for the reserve. A whole account is withdrawn with its balance.
#[inline(never)]
fn find_source<'a>(
    pool: &Pool,
    list: &'a mut ValidatorListMut,
    split_from: &AccountView,
    source_rent: u64,
    quote: &mut WithdrawalQuote,
) -> Result<Option<(&'a mut ValidatorStakeInfo, StakeSource)>, ProgramError> {
    let stake_program_minimum = minimum_delegation()?;
    let vote = read_voter(split_from)?;
    let limits =
        WithdrawalLimits::new(&pool.rate(), source_rent, stake_program_minimum).map_err(StakePoolError::from)?;
    let withdrawable = Withdrawable::scan(list.records(), &limits);
    if *split_from.address() == pool.head().reserve_stake {
        if !withdrawable.allows_reserve()
            && !is_reserve_open(pool.is_extended(), pool.view().sol_withdraw_authority().is_some())
        {
            return Err(StakeLamportsNotEqualToMinimum.into());
        }
        // Without stake, no decrease can need the reserve's working lamports, and the last holder can withdraw all of it.
        let has_stake = list.records().iter().any(|record| record.stake_lamports() != Ok(0));
        // guard: withdraw-stake-leaves-rents
        let reserved_lamports = if has_stake { pool.reserved_lamports(source_rent) } else { pool.ticket_lamports() };
        // guard: withdraw-stake-leaves-reserve
        check_left_in_reserve(split_from, quote.lamports.get(), source_rent, reserved_lamports, SolWithdrawalTooLarge)?;
        return Ok(None);
    }
    let vote = vote.ok_or(WrongStakeStake)?;
    let records: &[_] = list.records();
    let find = |vote: &Address| find_record(records, vote).and_then(|index| records.get(index));
    check_preferred(pool.view().preferred_withdraw(), &vote, find, &limits).map_err(StakePoolError::from)?;
    let record = list.find(&vote).ok_or(ValidatorNotFound)?;
    // guard: removed-source
    if pool.is_extended() && !record.is_active() && withdrawable.allows_removed() {
        let source = find_removed_source(pool, record, split_from)?;
        quote.lamports = clamp(source, split_from.lamports(), quote.lamports, &limits)?;
        return Ok(Some((record, source)));
    }
    let source = withdrawable.source(record);
    match source {
        StakeSource::Active | StakeSource::ValidatorRemoval => check_validator_stake(pool, split_from, record)?,
        StakeSource::Transient => check_transient_stake(pool, split_from, record)?,
    }
    if !record.is_active() {
        return Err(ValidatorNotFound.into());
    }
    quote.lamports = clamp(source, split_from.lamports(), quote.lamports, &limits)?;
    Ok(Some((record, source)))
}

/// The source of a withdrawal from a removed validator, if `split_from` is one of its accounts.
fn find_removed_source(
    pool: &Pool,
    record: &mut ValidatorStakeInfo,
    split_from: &AccountView,
) -> Result<StakeSource, ProgramError> {
    if check_validator_stake(pool, split_from, record).is_ok() {
        return Ok(StakeSource::Active);
    }
    check_transient_stake(pool, split_from, record)?;
    Ok(StakeSource::Transient)
}

/// The vote account that the account is delegated to; `None` if it is not delegated.
fn read_voter(stake: &AccountView) -> Result<Option<Address>, ProgramError> {
    Ok(match StakeState::decode(&borrow_stake(stake))? {
        StakeState::Stake(_, delegation) => Some(delegation.voter),
        StakeState::Uninitialized | StakeState::Initialized(_) | StakeState::RewardsPool => None,
    })
}

/// Checks that `lamports` can be withdrawn from the account, and returns the lamports to withdraw.
fn clamp(
    source: StakeSource,
    balance: u64,
    lamports: Lamports,
    limits: &WithdrawalLimits,
) -> Result<Lamports, ProgramError> {
    match source {
        StakeSource::Active | StakeSource::Transient => {
            limits.check_split(balance, lamports.get()).map_err(StakePoolError::from)?;
            Ok(lamports)
        }
        StakeSource::ValidatorRemoval => {
            limits.check_whole(balance, lamports.get()).map_err(StakePoolError::from)?;
            // guard: whole-balance
            Ok(Lamports::new(balance))
        }
    }
}

fn take_from_record(record: &mut ValidatorStakeInfo, source: StakeSource, lamports: u64) -> ProgramResult {
    let field = match source {
        StakeSource::Active | StakeSource::ValidatorRemoval => &mut record.active_stake_lamports,
        StakeSource::Transient => &mut record.transient_stake_lamports,
    };
    let left = field.get().checked_sub(lamports).ok_or(CalculationFailure)?;
    field.set(left);
    if source == StakeSource::ValidatorRemoval {
        // guard: whole-account-as-recorded
        if left != 0 {
            // The account holds less than the record: an update has to correct the record first.
            return Err(StakeListAndPoolOutOfDate.into());
        }
        record.status = StakeStatus::ReadyForRemoval as u8;
    }
    Ok(())
}
