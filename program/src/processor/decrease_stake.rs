//! `DecreaseValidatorStakeWithReserve`, `DecreaseAdditionalValidatorStake` and the deprecated `DecreaseValidatorStake`:
//! deactivate a part of a validator's stake.

use {
    crate::{
        cpi::{PoolAuthority, StakeSysvars, USUAL_MINIMUM_DELEGATION, minimum_delegation},
        event::Funds,
        processor::{
            transient_path::TransientPath,
            transient_stake::{
                Authorization, Ephemeral, Request, check_existing_transient, create_ephemeral, create_transient,
                shared_accounts,
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

impl Accounts {
    const fn authorization(&self) -> Authorization<'_> {
        Authorization {
            system_program: &self.system_program,
            stake_program: &self.stake_program,
            pool: &self.pool,
            withdraw_authority: &self.withdraw_authority,
            staker: &self.staker,
            validator_list: &self.validator_list,
        }
    }
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
    let vote = StakeState::decode_delegated(&borrow_stake(stake))?.1.voter;
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
    let movement = Movement { authority: &authority, clock: &accounts.clock, funding: funding.as_ref(), stake_rent };
    let transient = &accounts.transient_stake;
    let bump = check_transient_stake_under(&pool, transient, record, request.transient_seed);
    let path = TransientPath::choose(&pool, record, ephemeral, transient, bump.is_ok())?;
    if let TransientPath::Through(ephemeral) = &path {
        create_ephemeral(&pool, ephemeral)?;
        movement.split_deactivated(stake, &ephemeral.account, request.lamports)?;
    }
    let bump = bump?;
    let joins = record.transient_stake_lamports.get() > 0;
    if !joins {
        create_transient(&pool, transient, &vote, request.transient_seed, bump)?;
    }
    match &path {
        TransientPath::Direct => movement.begin(stake, transient, request.lamports)?,
        TransientPath::Shortened => movement.split_deactivated(stake, transient, request.lamports)?,
        TransientPath::Through(ephemeral) if joins => movement.join(&ephemeral.account, transient)?,
        TransientPath::Through(ephemeral) => {
            movement.begin(&ephemeral.account, transient, ephemeral.account.lamports())?
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

/// Common parameters of the steps of a decrease.
struct Movement<'a> {
    authority: &'a PoolAuthority<'a>,
    clock: &'a AccountView,
    /// `None` for the deprecated variant, whose caller funds the transient account.
    funding: Option<&'a Funding>,
    /// Rent-exempt lamports of a new stake account.
    stake_rent: u64,
}

impl Movement<'_> {
    /// Splits stake into a new account, with rent from the reserve, and deactivates it.
    fn split_deactivated(&self, stake: &AccountView, to: &AccountView, lamports: u64) -> ProgramResult {
        if let Some(funding) = self.funding {
            self.top_up(funding, to)?;
        }
        self.authority.split(stake, to, lamports)?;
        self.authority.deactivate(to, self.clock)
    }

    /// Merges the ephemeral account into the transient stake account.
    fn join(&self, ephemeral: &AccountView, transient: &AccountView) -> ProgramResult {
        // Only the additional variant reaches this, and it has funding.
        let funding = self.funding.ok_or(ProgramError::NotEnoughAccountKeys)?;
        self.authority.merge(ephemeral, transient, self.sysvars(funding))
    }

    /// Splits `lamports` of an account into the new transient account, deactivated.
    fn begin(&self, source: &AccountView, transient: &AccountView, lamports: u64) -> ProgramResult {
        // A split of the whole ephemeral account includes its rent.
        if let Some(funding) = self.funding
            && source.lamports() != lamports
        {
            self.check_reserve_covers(funding, transient)?;
            self.top_up(funding, transient)?;
        }
        self.authority.split(source, transient, lamports)?;
        let is_delegated = StakeState::decode_delegated(&borrow_stake(transient))?.1.is_delegated();
        if is_delegated { self.authority.deactivate(transient, self.clock) } else { Ok(()) }
    }

    /// # Errors
    /// [`ReserveDepleted`] if the reserve does not hold more than the missing rent of `account`.
    fn check_reserve_covers(&self, funding: &Funding, account: &AccountView) -> ProgramResult {
        // guard: decrease-leaves-reserve
        if self.stake_rent.saturating_sub(account.lamports()) >= funding.reserve_stake.lamports() {
            return Err(ReserveDepleted.into());
        }
        Ok(())
    }

    /// Pays the missing rent of `account` from the reserve.
    fn top_up(&self, funding: &Funding, account: &AccountView) -> ProgramResult {
        let missing = self.stake_rent.saturating_sub(account.lamports());
        if missing == 0 {
            return Ok(());
        }
        self.check_reserve_covers(funding, account)?;
        self.authority.withdraw(&funding.reserve_stake, account, missing, self.sysvars(funding))
    }

    fn sysvars<'b>(&'b self, funding: &'b Funding) -> StakeSysvars<'b> {
        StakeSysvars { clock: self.clock, history: &funding.stake_history }
    }
}

/// Writes the record. Without the extension, `transient_lamports` includes earlier lamports at the address: SPL behaviour.
fn store(record: &mut ValidatorStakeInfo, request: &Request, transient_lamports: u64) -> ProgramResult {
    let active = record.active_stake_lamports.get().checked_sub(request.lamports).ok_or(CalculationFailure)?;
    record.active_stake_lamports.set(active);
    record.transient_stake_lamports.set(transient_lamports);
    record.transient_seed_suffix.set(request.transient_seed);
    Ok(())
}
