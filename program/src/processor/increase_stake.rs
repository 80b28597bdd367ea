//! `IncreaseValidatorStake` and `IncreaseAdditionalValidatorStake`: delegate lamports of the reserve to a validator.

use {
    crate::{
        cpi::{StakeSysvars, USUAL_MINIMUM_DELEGATION, minimum_delegation},
        event::Funds,
        processor::{
            transient_path::TransientPath,
            transient_stake::{
                Ephemeral, Request, check_existing_transient, create_ephemeral, create_transient, shared_accounts,
            },
        },
        validation::{
            Pool, Rent, SysvarAt, borrow_stake, check_left_in_reserve, check_owner, check_transient_stake_under,
            check_validator_stake, clock_epoch, missing_account,
        },
    },
    pinocchio::{AccountView, Address, ProgramResult, error::ProgramError},
    tidepool_core::minimum_delegation as pool_minimum_delegation,
    tidepool_interface::{
        STAKE_ACCOUNT_SPACE,
        StakePoolError::{CalculationFailure, ValidatorNotFound, WrongStakeStake},
        address::STAKE_PROGRAM_ID,
        external::stake::StakeState,
        instruction::{IncreaseAdditionalValidatorStakeAccounts, IncreaseValidatorStakeAccounts, tag},
        state::{ValidatorListMut, ValidatorStakeInfo},
    },
};

/// `StakeError::InsufficientDelegation` of the stake program: the SPL program's error for an increase below the minimum.
const INSUFFICIENT_DELEGATION: ProgramError = ProgramError::Custom(12);

shared_accounts! {
    /// Accounts of both variants.
    Accounts from IncreaseValidatorStakeAccounts, IncreaseAdditionalValidatorStakeAccounts {
        pool,
        staker,
        withdraw_authority,
        validator_list,
        reserve_stake,
        transient_stake,
        validator_stake,
        vote,
        clock,
        stake_history,
        stake_config,
        system_program,
        stake_program,
    }
}

/// `IncreaseValidatorStake`.
#[inline(never)]
pub fn first(program_id: &Address, accounts: &[AccountView], lamports: u64, transient_seed: u64) -> ProgramResult {
    let loaded = IncreaseValidatorStakeAccounts::of(accounts)
        .map_err(|error| missing_account(error, accounts, &[SysvarAt::Clock(8), SysvarAt::Rent(9)]))?
        .copied();
    let epoch = clock_epoch(&loaded.clock)?;
    let rent = Rent::from_account(&loaded.rent)?;
    let accounts = Accounts::from(&loaded);
    let request = Request { tag: tag::INCREASE_VALIDATOR_STAKE, lamports, transient_seed };
    increase(program_id, accounts, epoch, &rent, request, None)
}

/// `IncreaseAdditionalValidatorStake`.
#[inline(never)]
pub fn additional(
    program_id: &Address,
    accounts: &[AccountView],
    lamports: u64,
    transient_seed: u64,
    ephemeral_seed: u64,
) -> ProgramResult {
    let loaded = IncreaseAdditionalValidatorStakeAccounts::of(accounts)
        .map_err(|error| missing_account(error, accounts, &[SysvarAt::Clock(9)]))?
        .copied();
    let epoch = clock_epoch(&loaded.clock)?;
    let rent = Rent::get()?;
    let ephemeral = Ephemeral { account: loaded.ephemeral_stake, seed: ephemeral_seed };
    let accounts = Accounts::from(&loaded);
    let request = Request { tag: tag::INCREASE_ADDITIONAL_VALIDATOR_STAKE, lamports, transient_seed };
    increase(program_id, accounts, epoch, &rent, request, Some(ephemeral))
}

impl Accounts {
    fn sysvars(&self) -> StakeSysvars<'_> {
        StakeSysvars { clock: &self.clock, history: &self.stake_history }
    }
}

// Inlined: saves a copy of all accounts.
#[inline(always)]
fn increase(
    program_id: &Address,
    accounts: Accounts,
    epoch: u64,
    rent: &Rent,
    request: Request,
    ephemeral: Option<Ephemeral>,
) -> ProgramResult {
    let (pool, authority) = accounts.authorization().check(program_id, epoch)?;
    pool.check_reserve(&accounts.reserve_stake)?;
    check_owner(&accounts.validator_list, program_id)?;
    let mut list_account = accounts.validator_list;
    let mut list_data = list_account.try_borrow_mut()?;
    let mut list = ValidatorListMut::decode(&mut list_data)?;
    let record = list.find(accounts.vote.address()).ok_or(ValidatorNotFound)?;
    pool.check_not_demoted(record)?;
    check_existing_transient(&accounts.transient_stake, record, &request, ephemeral.is_some(), |delegation| {
        delegation.is_delegated() && delegation.activation_epoch.get() == epoch
    })?;
    check_validator(&pool, &accounts, record)?;

    let transient = &accounts.transient_stake;
    let delegated = ephemeral.as_ref().map_or(transient, |ephemeral| &ephemeral.account);
    check_minimum(delegated, request.lamports)?;
    // The rent of the account returns to the reserve after the merge.
    let stake_rent = rent.minimum_balance(STAKE_ACCOUNT_SPACE); // guard: increase-rent
    let lamports = request.lamports.saturating_add(stake_rent); // guard: increase-total
    let reserved_lamports = pool.reserved_lamports(stake_rent); // guard: increase-leaves-rents
    let insufficient = ProgramError::InsufficientFunds;
    // guard: increase-leaves-reserve
    check_left_in_reserve(&accounts.reserve_stake, lamports, stake_rent, reserved_lamports, insufficient)?;
    let mut funds = Funds::before(&pool, epoch, request.tag).reserve_before(&accounts.reserve_stake);
    funds.validator_before(record);
    let bump = check_transient_stake_under(&pool, transient, record, request.transient_seed);
    let path = TransientPath::choose(&pool, record, ephemeral, transient, bump.is_ok())?;
    let split_delegated = |to: &AccountView| {
        authority.split_delegated(
            &accounts.reserve_stake,
            to,
            lamports,
            &accounts.vote,
            accounts.sysvars(),
            &accounts.stake_config,
        )
    };
    if let TransientPath::Through(ephemeral) = &path {
        create_ephemeral(&pool, ephemeral)?;
        split_delegated(&ephemeral.account)?;
    }
    let bump = bump?;
    let joins = record.transient_stake_lamports.get() > 0;
    if !joins {
        create_transient(&pool, transient, accounts.vote.address(), request.transient_seed, bump)?;
    }
    match &path {
        TransientPath::Direct | TransientPath::Shortened => split_delegated(transient)?,
        TransientPath::Through(ephemeral) if joins => {
            authority.merge(&ephemeral.account, transient, accounts.sysvars())?;
        }
        TransientPath::Through(ephemeral) => authority.split(&ephemeral.account, transient, lamports)?,
    }
    // The next update counts earlier lamports at the address.
    let total = record.transient_stake_lamports.get().checked_add(lamports).ok_or(CalculationFailure)?;
    record.transient_stake_lamports.set(total);
    record.transient_seed_suffix.set(request.transient_seed);
    // guard: increase-bump-if-extended
    if pool.is_extended() {
        record.extension.set_transient_bump(bump, false);
    }
    funds.reserve_after(&accounts.reserve_stake);
    funds.validator_after(record);
    funds.emit(&pool);
    Ok(())
}

/// Checks that `lamports` can be delegated.
///
/// The check needs no call for the minimum if the account to be delegated is empty: the stake program itself checks the minimum on
/// delegation. Below the usual minimum, the call decides, so that the error is that of the SPL program.
///
/// # Errors
/// [`INSUFFICIENT_DELEGATION`].
fn check_minimum(delegated: &AccountView, lamports: u64) -> ProgramResult {
    if lamports >= USUAL_MINIMUM_DELEGATION && delegated.lamports() == 0 {
        return Ok(());
    }
    let minimum = pool_minimum_delegation(minimum_delegation()?);
    if lamports < minimum { Err(INSUFFICIENT_DELEGATION) } else { Ok(()) }
}

/// Checks that the validator's stake is the pool's and delegated to the validator. A cluster restart may have changed that.
fn check_validator(pool: &Pool, accounts: &Accounts, record: &mut ValidatorStakeInfo) -> ProgramResult {
    let (stake, vote) = (&accounts.validator_stake, accounts.vote.address());
    check_owner(stake, &STAKE_PROGRAM_ID)?;
    check_validator_stake(pool, stake, record)?;
    let data = borrow_stake(stake);
    let (meta, delegation) = StakeState::decode_delegated(&data)?;
    // guard: increase-own-validator-stake
    if !meta.is_usable_by_pool(accounts.withdraw_authority.address(), &pool.head().lockup) || delegation.voter != *vote
    {
        return Err(WrongStakeStake.into());
    }
    if !record.is_active() {
        return Err(ValidatorNotFound.into());
    }
    Ok(())
}
