//! `DecreaseValidatorStakeWithReserve`, `DecreaseAdditionalValidatorStake` and the deprecated `DecreaseValidatorStake`:
//! deactivate a part of a validator's stake.

use {
    crate::{
        cpi::{PoolAuthority, StakeSysvars, USUAL_MINIMUM_DELEGATION, minimum_delegation},
        event::Funds,
        processor::{
            transient_path::TransientPath,
            transient_stake::{
                Ephemeral, Request, check_existing_transient, create_ephemeral, create_transient, shared_accounts,
            },
            turnover::check_turnover,
        },
        validation::{
            Rent, SysvarAt, borrow_stake, check_owner, check_transient_stake_under, check_validator_stake, clock_epoch,
            missing_account,
        },
    },
    pinocchio::{AccountView, Address, ProgramResult, error::ProgramError},
    tidepool_core::{minimum_delegation as pool_minimum_delegation, minimum_stake_lamports},
    tidepool_interface::{
        STAKE_ACCOUNT_SPACE,
        StakePoolError::{CalculationFailure, ReserveDepleted, ValidatorNotFound},
        external::stake::StakeState,
        instruction::{
            DecreaseAdditionalValidatorStakeAccounts, DecreaseValidatorStakeAccounts,
            DecreaseValidatorStakeWithReserveAccounts, tag,
        },
        state::{ValidatorListMut, ValidatorStakeInfo, find_record},
    },
};

shared_accounts! {
    /// Accounts of all variants.
    Accounts from DecreaseValidatorStakeAccounts, DecreaseValidatorStakeWithReserveAccounts, DecreaseAdditionalValidatorStakeAccounts {
        pool,
        staker,
        withdraw_authority,
        validator_list,
        validator_stake,
        transient_stake,
        clock,
        system_program,
        stake_program,
    }
}

/// Source of the rent of new stake accounts.
struct Funding {
    reserve_stake: AccountView,
    stake_history: AccountView,
}

impl Funding {
    fn sysvars<'a>(&'a self, clock: &'a AccountView) -> StakeSysvars<'a> {
        StakeSysvars { clock, history: &self.stake_history }
    }
}

/// `DecreaseValidatorStake`: the transient account's address must hold its rent already.
#[inline(never)]
pub fn without_reserve(
    program_id: &Address,
    accounts: &[AccountView],
    lamports: u64,
    transient_seed: u64,
) -> ProgramResult {
    let loaded = DecreaseValidatorStakeAccounts::of(accounts)
        .map_err(|error| missing_account(error, accounts, &[SysvarAt::Clock(6), SysvarAt::Rent(7)]))?
        .copied();
    let epoch = clock_epoch(&loaded.clock)?;
    let rent = Rent::from_account(&loaded.rent)?;
    let accounts = Accounts::from(&loaded);
    let request = Request { tag: tag::DECREASE_VALIDATOR_STAKE, lamports, transient_seed };
    decrease(program_id, accounts, epoch, &rent, request, None, None)
}

/// `DecreaseValidatorStakeWithReserve`.
#[inline(never)]
pub fn with_reserve(
    program_id: &Address,
    accounts: &[AccountView],
    lamports: u64,
    transient_seed: u64,
) -> ProgramResult {
    let loaded = DecreaseValidatorStakeWithReserveAccounts::of(accounts)
        .map_err(|error| missing_account(error, accounts, &[SysvarAt::Clock(7)]))?
        .copied();
    let epoch = clock_epoch(&loaded.clock)?;
    let rent = Rent::get()?;
    let funding = Funding { reserve_stake: loaded.reserve_stake, stake_history: loaded.stake_history };
    let accounts = Accounts::from(&loaded);
    let request = Request { tag: tag::DECREASE_VALIDATOR_STAKE_WITH_RESERVE, lamports, transient_seed };
    decrease(program_id, accounts, epoch, &rent, request, Some(funding), None)
}

/// `DecreaseAdditionalValidatorStake`.
#[inline(never)]
pub fn additional(
    program_id: &Address,
    accounts: &[AccountView],
    lamports: u64,
    transient_seed: u64,
    ephemeral_seed: u64,
) -> ProgramResult {
    let loaded = DecreaseAdditionalValidatorStakeAccounts::of(accounts)
        .map_err(|error| missing_account(error, accounts, &[SysvarAt::Clock(8)]))?
        .copied();
    let epoch = clock_epoch(&loaded.clock)?;
    let rent = Rent::get()?;
    let funding = Funding { reserve_stake: loaded.reserve_stake, stake_history: loaded.stake_history };
    let ephemeral = Ephemeral { account: loaded.ephemeral_stake, seed: ephemeral_seed };
    let accounts = Accounts::from(&loaded);
    let request = Request { tag: tag::DECREASE_ADDITIONAL_VALIDATOR_STAKE, lamports, transient_seed };
    decrease(program_id, accounts, epoch, &rent, request, Some(funding), Some(ephemeral))
}

// Inlined: saves a copy of all accounts.
#[inline(always)]
fn decrease(
    program_id: &Address,
    accounts: Accounts,
    epoch: u64,
    rent: &Rent,
    request: Request,
    funding: Option<Funding>,
    ephemeral: Option<Ephemeral>,
) -> ProgramResult {
    let (pool, authority) = accounts.authorization().check(program_id, epoch)?;
    check_owner(&accounts.validator_list, program_id)?;
    let mut list_account = accounts.validator_list;
    let mut list_data = list_account.try_borrow_mut()?;
    let mut list = ValidatorListMut::decode(&mut list_data)?;
    if let Some(funding) = &funding {
        pool.check_reserve(&funding.reserve_stake)?;
    }
    let stake = &accounts.validator_stake;
    let (vote, is_delegated) = {
        let data = borrow_stake(stake);
        let (_, delegation) = StakeState::decode_delegated(&data)?;
        (delegation.voter, delegation.is_delegated())
    };
    let place = find_record(list.records(), &vote).ok_or(ValidatorNotFound)?;
    let record = &mut list.records()[place];
    check_validator_stake(&pool, stake, record)?;
    check_existing_transient(&accounts.transient_stake, record, &request, ephemeral.is_some(), |delegation| {
        delegation.deactivation_epoch.get() == epoch
    })?;
    if !record.is_active() {
        return Err(ValidatorNotFound.into());
    }
    check_amount(stake, request.lamports, rent)?;
    let stake_rent = rent.minimum_balance(STAKE_ACCOUNT_SPACE);
    check_turnover(&pool, list.records(), request.lamports, stake_rent)?;
    let record = &mut list.records()[place];

    let mut funds = Funds::before(&pool, epoch, request.tag);
    if let Some(funding) = &funding {
        funds = funds.reserve_before(&funding.reserve_stake);
    }
    funds.validator_before(record);
    let (transient, clock) = (&accounts.transient_stake, &accounts.clock);
    let pay_rent = |account: &AccountView| pay_rent(&authority, funding.as_ref(), clock, account, stake_rent);
    let bump = check_transient_stake_under(&pool, transient, record, request.transient_seed);
    let path = TransientPath::choose(&pool, record, ephemeral, transient, bump.is_ok())?;
    if let TransientPath::Through(ephemeral) = &path {
        create_ephemeral(&pool, ephemeral)?;
        pay_rent(&ephemeral.account)?;
        authority.split_deactivated(stake, &ephemeral.account, request.lamports, clock)?;
    }
    let bump = bump?;
    let joins = record.transient_stake_lamports.get() > 0;
    if !joins {
        create_transient(&pool, transient, &vote, request.transient_seed, bump)?;
    }
    match &path {
        // SPL behaviour: only the additional variant fails for deactivated stake.
        TransientPath::Direct if !is_delegated => {
            pay_rent(transient)?;
            authority.split(stake, transient, request.lamports)?;
        }
        TransientPath::Direct | TransientPath::Shortened => {
            pay_rent(transient)?;
            authority.split_deactivated(stake, transient, request.lamports, clock)?;
        }
        TransientPath::Through(ephemeral) if joins => {
            // Only the additional variant has an ephemeral account, and it has funding.
            let funding = funding.as_ref().ok_or(ProgramError::NotEnoughAccountKeys)?;
            authority.merge(&ephemeral.account, transient, funding.sysvars(clock))?;
        }
        // A split of the whole account includes its rent.
        TransientPath::Through(ephemeral) => {
            authority.split(&ephemeral.account, transient, ephemeral.account.lamports())?;
        }
    }
    let mut moving = transient.lamports();
    if pool.is_extended() {
        // Undelegated lamports cannot be split off. If they were counted, they could block other withdrawal sources.
        let delegated = StakeState::decode_delegated(&borrow_stake(transient))?.1.stake.get();
        moving = moving.min(delegated.saturating_add(stake_rent)); // guard: decrease-records-delegation
        record.extension.set_transient_bump(bump, true);
    }
    store(record, &request, moving)?;
    if let Some(funding) = &funding {
        funds.reserve_after(&funding.reserve_stake);
    }
    funds.validator_after(record);
    funds.emit(&pool);
    Ok(())
}

/// Checks that the decrease and the remaining stake are at least the minimum delegation each.
///
/// The check needs no call for the minimum if at least `lamports` remain: a split below the minimum fails, so a minimum above
/// `lamports` cannot matter. Below the usual minimum, the call decides, so that the error is that of the SPL program.
fn check_amount(stake: &AccountView, lamports: u64, rent: &Rent) -> ProgramResult {
    if lamports >= USUAL_MINIMUM_DELEGATION
        && stake.lamports().saturating_sub(lamports) >= minimum_stake_lamports(rent.of(stake), lamports)
    {
        return Ok(());
    }
    let stake_program_minimum = minimum_delegation()?;
    if lamports < pool_minimum_delegation(stake_program_minimum) {
        return Err(ProgramError::AccountNotRentExempt);
    }
    // guard: decrease-within-stake
    let remaining = stake.lamports().checked_sub(lamports).ok_or(ProgramError::InsufficientFunds)?;
    let required = minimum_stake_lamports(rent.of(stake), stake_program_minimum);
    if remaining < required {
        // SPL behaviour: another error if the account is below the minimum even before the decrease.
        stake.lamports().checked_sub(required).ok_or(CalculationFailure)?;
        return Err(ProgramError::InsufficientFunds);
    }
    Ok(())
}

/// Pays the missing rent of a new stake account, except in the deprecated variant.
///
/// # Errors
/// [`ReserveDepleted`] if the reserve does not hold more than the missing rent.
fn pay_rent(
    authority: &PoolAuthority,
    funding: Option<&Funding>,
    clock: &AccountView,
    account: &AccountView,
    stake_rent: u64,
) -> ProgramResult {
    let Some(funding) = funding else { return Ok(()) };
    // guard: decrease-leaves-reserve
    if stake_rent.saturating_sub(account.lamports()) >= funding.reserve_stake.lamports() {
        return Err(ReserveDepleted.into());
    }
    authority.pay_rent(&funding.reserve_stake, account, stake_rent, funding.sysvars(clock))
}

/// Writes the record. Without the extension, `transient_lamports` includes earlier lamports at the address: SPL behaviour.
fn store(record: &mut ValidatorStakeInfo, request: &Request, transient_lamports: u64) -> ProgramResult {
    let active = record.active_stake_lamports.get().checked_sub(request.lamports).ok_or(CalculationFailure)?;
    record.active_stake_lamports.set(active);
    record.transient_stake_lamports.set(transient_lamports);
    record.transient_seed_suffix.set(request.transient_seed);
    Ok(())
}
