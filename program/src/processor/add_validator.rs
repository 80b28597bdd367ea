//! `AddValidatorToPool`: creates a validator stake account with the minimum delegation from the reserve.

use {
    crate::{
        cpi::{StakeSysvars, create_stake_account, minimum_delegation},
        event::Funds,
        validation::{
            Pool, Rent, SysvarAt, check_left_in_reserve, check_new_validator_stake, check_owner, check_stake_program,
            check_system_program, clock_epoch, missing_account,
        },
    },
    pinocchio::{AccountView, Address, ProgramResult, cpi::Seed, error::ProgramError},
    tidepool_core::{MAX_VALIDATORS_IN_POOL, minimum_stake_lamports},
    tidepool_interface::{
        STAKE_ACCOUNT_SPACE,
        StakePoolError::{TooManyValidatorsInPool, ValidatorAlreadyAdded},
        address::ValidatorStakeSeeds,
        instruction::{AddValidatorToPoolAccounts, tag},
        state::{EntryExtension, StakeStatus, ValidatorListMut, ValidatorStakeInfo},
    },
};

#[inline(never)]
pub fn process(program_id: &Address, accounts: &[AccountView], seed: u32) -> ProgramResult {
    let mut accounts = AddValidatorToPoolAccounts::of(accounts)
        .map_err(|error| missing_account(error, accounts, &[SysvarAt::Rent(7), SysvarAt::Clock(8)]))?
        .copied();
    let rent = Rent::from_account(&accounts.rent)?;
    let epoch = clock_epoch(&accounts.clock)?;
    check_system_program(&accounts.system_program)?;
    check_stake_program(&accounts.stake_program)?;
    let pool = Pool::load(program_id, &accounts.pool)?;
    let authority = pool.check_withdraw_authority(&accounts.withdraw_authority)?;
    pool.check_staker(&accounts.staker)?;
    pool.check_reserve(&accounts.reserve_stake)?;
    pool.check_validator_list(&accounts.validator_list)?;
    pool.check_fresh(epoch)?;
    check_owner(&accounts.validator_list, program_id)?;
    let vote = *accounts.vote.address();
    let mut list_data = accounts.validator_list.try_borrow_mut()?;
    let mut list = ValidatorListMut::decode(&mut list_data)?;
    check_room(&mut list, &vote)?;
    let (stake, reserve) = (&accounts.validator_stake, &accounts.reserve_stake);
    let bump = check_new_validator_stake(&pool, stake, &vote, seed)?;

    // guard: add-validator-rent
    let lamports = minimum_stake_lamports(rent.minimum_balance(STAKE_ACCOUNT_SPACE), minimum_delegation()?);
    let reserve_rent = rent.of(reserve);
    let working_lamports = pool.working_lamports(reserve_rent); // guard: add-validator-leaves-rents
    // guard: add-validator-leaves-reserve
    check_left_in_reserve(reserve, lamports, reserve_rent, working_lamports, ProgramError::InsufficientFunds)?;
    let mut funds = Funds::before(&pool, epoch, tag::ADD_VALIDATOR_TO_POOL).reserve_before(reserve);
    let mut extension = EntryExtension::default();
    if pool.is_extended() {
        extension.set_validator_bump(bump);
    }
    let seeds = ValidatorStakeSeeds::new(seed);
    let bump = [bump];
    let seeds =
        [Seed::from(vote.as_ref()), Seed::from(pool.address().as_ref()), Seed::from(seeds.suffix()), Seed::from(&bump)];
    create_stake_account(stake, &seeds)?;
    authority.split(reserve, stake, lamports)?;
    let sysvars = StakeSysvars { clock: &accounts.clock, history: &accounts.stake_history };
    authority.delegate(stake, &accounts.vote, sysvars, &accounts.stake_config)?;

    let record = ValidatorStakeInfo {
        // The next update moves earlier lamports at the address to the reserve.
        active_stake_lamports: lamports.into(),
        transient_stake_lamports: 0.into(),
        last_update_epoch: epoch.into(),
        transient_seed_suffix: 0.into(),
        extension,
        validator_seed_suffix: seed.into(),
        status: StakeStatus::Active as u8,
        vote_account_address: vote,
    };
    funds.reserve_after(reserve);
    funds.validator_after(&record);
    funds.emit(&pool);
    list.push(record)
}

fn check_room(list: &mut ValidatorListMut, vote: &Address) -> ProgramResult {
    let (length, max) = (list.header().length.get(), list.header().max_validators.get());
    if length == max {
        return Err(ProgramError::AccountDataTooSmall);
    }
    // guard: list-maximum
    if length >= MAX_VALIDATORS_IN_POOL {
        return Err(TooManyValidatorsInPool.into());
    }
    if list.find(vote).is_some() {
        return Err(ValidatorAlreadyAdded.into());
    }
    Ok(())
}
