//! `DecreaseValidatorStakeWithReserve`, `DecreaseAdditionalValidatorStake` and the deprecated `DecreaseValidatorStake`:
//! a validator's stake, deactivated on its way to the reserve.

use {
    crate::{
        cpi::{PoolAuthority, StakeSysvars, minimum_delegation},
        processor::moving_stake::{Ephemeral, Request, check_stake_in_motion, create_ephemeral, create_transient},
        validation::{
            Pool, Rent, check_owner, check_stake_program, check_system_program, check_transient_stake,
            check_validator_stake, clock_epoch,
        },
    },
    pinocchio::{AccountView, Address, ProgramResult, error::ProgramError},
    tidepool_interface::{
        STAKE_ACCOUNT_SPACE,
        StakePoolError::{CalculationFailure, ReserveDepleted, ValidatorNotFound},
        external::stake::StakeState,
        instruction::{
            DecreaseAdditionalValidatorStakeAccounts, DecreaseValidatorStakeAccounts,
            DecreaseValidatorStakeWithReserveAccounts,
        },
        minimum_delegation as pool_minimum_delegation, minimum_stake_lamports,
        state::{ValidatorListMut, ValidatorStakeInfo},
    },
};

/// Accounts that all variants have.
struct Accounts {
    pool: AccountView,
    staker: AccountView,
    withdraw_authority: AccountView,
    validator_list: AccountView,
    validator_stake: AccountView,
    transient_stake: AccountView,
    clock: AccountView,
    system_program: AccountView,
    stake_program: AccountView,
}

/// Where the rent of new stake accounts comes from.
struct Funding {
    reserve_stake: AccountView,
    stake_history: AccountView,
}

/// `DecreaseValidatorStake`: the transient account's address must hold its rent already.
#[inline(never)]
pub fn without_reserve(
    program_id: &Address,
    accounts: &[AccountView],
    lamports: u64,
    transient_seed: u64,
) -> ProgramResult {
    let loaded = DecreaseValidatorStakeAccounts::load(&mut accounts.iter().copied())?;
    let epoch = clock_epoch(&loaded.clock)?;
    let rent = Rent::from_account(&loaded.rent)?;
    let accounts = Accounts {
        pool: loaded.pool,
        staker: loaded.staker,
        withdraw_authority: loaded.withdraw_authority,
        validator_list: loaded.validator_list,
        validator_stake: loaded.validator_stake,
        transient_stake: loaded.transient_stake,
        clock: loaded.clock,
        system_program: loaded.system_program,
        stake_program: loaded.stake_program,
    };
    decrease(
        program_id,
        accounts,
        epoch,
        &rent,
        Request {
            lamports,
            transient_seed,
        },
        None,
        None,
    )
}

/// `DecreaseValidatorStakeWithReserve`.
#[inline(never)]
pub fn with_reserve(
    program_id: &Address,
    accounts: &[AccountView],
    lamports: u64,
    transient_seed: u64,
) -> ProgramResult {
    let loaded = DecreaseValidatorStakeWithReserveAccounts::load(&mut accounts.iter().copied())?;
    let epoch = clock_epoch(&loaded.clock)?;
    let rent = Rent::get()?;
    let funding = Funding {
        reserve_stake: loaded.reserve_stake,
        stake_history: loaded.stake_history,
    };
    let accounts = Accounts {
        pool: loaded.pool,
        staker: loaded.staker,
        withdraw_authority: loaded.withdraw_authority,
        validator_list: loaded.validator_list,
        validator_stake: loaded.validator_stake,
        transient_stake: loaded.transient_stake,
        clock: loaded.clock,
        system_program: loaded.system_program,
        stake_program: loaded.stake_program,
    };
    decrease(
        program_id,
        accounts,
        epoch,
        &rent,
        Request {
            lamports,
            transient_seed,
        },
        Some(funding),
        None,
    )
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
    let loaded = DecreaseAdditionalValidatorStakeAccounts::load(&mut accounts.iter().copied())?;
    let epoch = clock_epoch(&loaded.clock)?;
    let rent = Rent::get()?;
    let funding = Funding {
        reserve_stake: loaded.reserve_stake,
        stake_history: loaded.stake_history,
    };
    let ephemeral = Ephemeral {
        account: loaded.ephemeral_stake,
        seed: ephemeral_seed,
    };
    let accounts = Accounts {
        pool: loaded.pool,
        staker: loaded.staker,
        withdraw_authority: loaded.withdraw_authority,
        validator_list: loaded.validator_list,
        validator_stake: loaded.validator_stake,
        transient_stake: loaded.transient_stake,
        clock: loaded.clock,
        system_program: loaded.system_program,
        stake_program: loaded.stake_program,
    };
    let request = Request {
        lamports,
        transient_seed,
    };
    decrease(
        program_id,
        accounts,
        epoch,
        &rent,
        request,
        Some(funding),
        Some(ephemeral),
    )
}

fn decrease(
    program_id: &Address,
    accounts: Accounts,
    epoch: u64,
    rent: &Rent,
    request: Request,
    funding: Option<Funding>,
    ephemeral: Option<Ephemeral>,
) -> ProgramResult {
    check_system_program(&accounts.system_program)?;
    check_stake_program(&accounts.stake_program)?;
    let pool = Pool::load(program_id, &accounts.pool)?;
    let authority = pool.check_withdraw_authority(&accounts.withdraw_authority)?;
    pool.check_staker(&accounts.staker)?;
    pool.check_fresh(epoch)?;
    pool.check_validator_list(&accounts.validator_list)?;
    check_owner(&accounts.validator_list, program_id)?;
    let mut list_account = accounts.validator_list;
    let mut list_data = list_account.try_borrow_mut()?;
    let mut list = ValidatorListMut::decode(&mut list_data)?;
    if let Some(funding) = &funding {
        pool.check_reserve(&funding.reserve_stake)?;
    }
    let stake = &accounts.validator_stake;
    let vote = StakeState::decode_delegated(&stake.try_borrow()?)?.1.voter;
    let record = list.find(&vote).ok_or(ValidatorNotFound)?;
    check_validator_stake(
        program_id,
        pool.address(),
        stake,
        &vote,
        record.validator_seed_suffix.get(),
    )?;
    check_stake_in_motion(
        &accounts.transient_stake,
        record,
        &request,
        ephemeral.is_some(),
        |delegation| delegation.deactivation_epoch.get() == epoch,
    )?;
    if !record.is_active() {
        return Err(ValidatorNotFound.into());
    }
    check_amount(stake, request.lamports, rent)?;

    let stake_rent = rent.minimum_balance(STAKE_ACCOUNT_SPACE);
    let clock = &accounts.clock;
    let source = match &ephemeral {
        None => Source {
            account: *stake,
            lamports: request.lamports,
        },
        Some(ephemeral) => {
            create_ephemeral(&pool, ephemeral)?;
            if let Some(funding) = &funding {
                top_up(&authority, funding, clock, &ephemeral.account, stake_rent)?;
            }
            authority.split(stake, &ephemeral.account, request.lamports)?;
            authority.deactivate(&ephemeral.account, clock)?;
            Source {
                account: ephemeral.account,
                lamports: ephemeral.account.lamports(),
            }
        }
    };
    let transient = &accounts.transient_stake;
    let bump = check_transient_stake(program_id, pool.address(), transient, &vote, request.transient_seed)?;
    if record.transient_stake_lamports.get() > 0 {
        // Only the additional variant comes here, which has the stake history.
        let funding = funding.as_ref().ok_or(ProgramError::NotEnoughAccountKeys)?;
        let sysvars = StakeSysvars {
            clock,
            history: &funding.stake_history,
        };
        authority.merge(&source.account, transient, sysvars)?;
    } else {
        create_transient(&pool, transient, &vote, request.transient_seed, bump)?;
        // A split of all of the ephemeral account takes its rent along.
        if let Some(funding) = &funding
            && source.account.lamports() != source.lamports
        {
            check_reserve_covers(funding, transient, stake_rent)?;
            top_up(&authority, funding, clock, transient, stake_rent)?;
        }
        authority.split(&source.account, transient, source.lamports)?;
        let is_delegated = StakeState::decode_delegated(&transient.try_borrow()?)?.1.is_delegated();
        if is_delegated {
            authority.deactivate(transient, clock)?;
        }
    }
    store(record, &request, transient.lamports())
}

/// The account to split off, and how much of it.
struct Source {
    account: AccountView,
    lamports: u64,
}

/// The part must be a delegation of its own, and so must what stays.
fn check_amount(stake: &AccountView, lamports: u64, rent: &Rent) -> ProgramResult {
    let stake_program_minimum = minimum_delegation()?;
    if lamports < pool_minimum_delegation(stake_program_minimum) {
        return Err(ProgramError::AccountNotRentExempt);
    }
    let remaining = stake
        .lamports()
        .checked_sub(lamports)
        .ok_or(ProgramError::InsufficientFunds)?;
    if remaining < minimum_stake_lamports(rent.of(stake), stake_program_minimum) {
        return Err(ProgramError::InsufficientFunds);
    }
    Ok(())
}

/// # Errors
/// [`ReserveDepleted`] where the reserve holds no more than what `account` lacks of its rent.
fn check_reserve_covers(funding: &Funding, account: &AccountView, rent: u64) -> ProgramResult {
    if rent.saturating_sub(account.lamports()) >= funding.reserve_stake.lamports() {
        return Err(ReserveDepleted.into());
    }
    Ok(())
}

/// Pays what `account` lacks of its rent from the reserve.
fn top_up(
    authority: &PoolAuthority,
    funding: &Funding,
    clock: &AccountView,
    account: &AccountView,
    rent: u64,
) -> ProgramResult {
    let missing = rent.saturating_sub(account.lamports());
    if missing == 0 {
        return Ok(());
    }
    check_reserve_covers(funding, account, rent)?;
    let sysvars = StakeSysvars {
        clock,
        history: &funding.stake_history,
    };
    authority.withdraw(&funding.reserve_stake, account, missing, sysvars)
}

/// The transient account is counted with its rent and with whatever lay at its address before.
fn store(record: &mut ValidatorStakeInfo, request: &Request, transient_lamports: u64) -> ProgramResult {
    let active = record
        .active_stake_lamports
        .get()
        .checked_sub(request.lamports)
        .ok_or(CalculationFailure)?;
    record.active_stake_lamports.set(active);
    record.transient_stake_lamports.set(transient_lamports);
    record.transient_seed_suffix.set(request.transient_seed);
    Ok(())
}
