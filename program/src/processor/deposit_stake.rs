//! `DepositStake` and `DepositStakeWithSlippage`.

use {
    crate::{
        cpi::{PoolAuthority, StakeSysvars, authorize},
        event::Funds,
        hash::PdaHasher,
        validation::{
            Pool, SysvarAt, borrow_stake, check_owner, check_stake_program, check_validator_stake, clock_epoch,
            missing_account,
        },
    },
    pinocchio::{AccountView, Address, ProgramResult, error::ProgramError},
    tidepool_core::{
        maths::{Lamports, PoolTokens},
        quote::{self, StakeDepositFees},
    },
    tidepool_interface::{
        StakePoolError::{self, CalculationFailure, IncorrectDepositVoteAddress, ValidatorNotFound},
        address::DEPOSIT_AUTHORITY_SEED,
        external::stake::StakeState,
        instruction::{DepositStakeAccounts, tag},
        state::ValidatorListMut,
    },
};

#[inline(never)]
pub fn process(program_id: &Address, accounts: &[AccountView], minimum: Option<PoolTokens>) -> ProgramResult {
    let accounts =
        DepositStakeAccounts::of(accounts).map_err(|error| missing_account(error, accounts, &[SysvarAt::Clock(11)]))?;
    let epoch = clock_epoch(accounts.clock)?;
    check_stake_program(accounts.stake_program)?;
    let mut pool = Pool::load(program_id, accounts.pool)?;
    let authority = pool.check_withdraw_authority(accounts.withdraw_authority)?;
    pool.check_stake_deposit_authority(accounts.stake_deposit_authority)?;
    pool.check_mint(accounts.pool_mint)?;
    pool.check_validator_list(accounts.validator_list)?;
    pool.check_reserve(accounts.reserve_stake)?;
    let token = pool.check_token_program(accounts.token_program, accounts.pool_mint)?;
    pool.check_manager_fee_address(accounts.manager_fee_account)?;
    pool.check_fresh(epoch)?; // guard: deposit-stake-fresh
    pool.check_not_halted(epoch)?;
    check_owner(accounts.validator_list, program_id)?;
    let mut list_account = *accounts.validator_list;
    let mut list_data = list_account.try_borrow_mut()?;
    let mut list = ValidatorListMut::decode(&mut list_data)?;

    let validator_stake = accounts.validator_stake;
    let (vote, before) = read_balance(validator_stake)?;
    if pool.view().preferred_deposit().is_some_and(|preferred| *preferred != vote) {
        return Err(IncorrectDepositVoteAddress.into());
    }
    let record = list.find(&vote).ok_or(ValidatorNotFound)?;
    check_validator_stake(&pool, validator_stake, record)?;
    if !record.is_active() {
        return Err(ValidatorNotFound.into());
    }
    pool.check_not_demoted(record)?;

    let mut funds = Funds::before(&pool, epoch, tag::DEPOSIT_STAKE).reserve_before(accounts.reserve_stake);
    funds.validator_before(record);
    take_over(program_id, pool.address(), &accounts)?;
    let sysvars = StakeSysvars { clock: accounts.clock, history: accounts.stake_history };
    authority.merge(accounts.deposit_stake, validator_stake, sysvars)?;
    let (_, after) = read_balance(validator_stake)?;
    let lamports = after.lamports.checked_sub(before.lamports).ok_or(CalculationFailure)?;
    let delegated = after.delegated.checked_sub(before.delegated).ok_or(CalculationFailure)?;
    let not_delegated = lamports.checked_sub(delegated).ok_or(CalculationFailure)?;

    let fees = StakeDepositFees {
        stake: pool.view().stake_deposit_fee(),
        sol: pool.view().sol_deposit_fee(),
        referral_percent: pool.view().stake_referral_fee(),
    };
    // guard: deposit-stake-quote
    let quote = quote::stake_deposit(&pool.rate(), &fees, Lamports::new(lamports), Lamports::new(delegated))
        .and_then(|quote| quote.check_minimum(minimum))
        .map_err(StakePoolError::from)?;
    pool.check_supply_floor(quote.minted)?;
    let receivers = [accounts.pool_tokens_to, accounts.manager_fee_account, accounts.referrer_fee_account];
    authority.mint_deposit(token, &quote, receivers)?;
    // guard: deposit-moves-idle-lamports
    if not_delegated > 0 {
        // The merge includes undelegated lamports (rent and others), which would earn no rewards in the validator's account.
        authority.withdraw(validator_stake, accounts.reserve_stake, not_delegated, sysvars)?;
    }
    let mut active = validator_stake.lamports();
    if pool.is_extended() {
        // Undelegated lamports cannot be split off. If they were counted, they could block other withdrawal sources.
        // guard: deposit-records-delegation
        active = record.active_stake_lamports.get().checked_add(delegated).ok_or(CalculationFailure)?.min(active);
    }
    record.active_stake_lamports.set(active);
    pool.store_deposit(Lamports::new(lamports), quote.minted)?;
    funds.reserve_after(accounts.reserve_stake);
    funds.validator_after(record);
    funds.emit(&pool);
    Ok(())
}

/// Lamports of a stake account.
struct Balance {
    lamports: u64,
    delegated: u64,
}

/// The validator that an account is delegated to, and its lamports.
fn read_balance(stake: &AccountView) -> Result<(Address, Balance), ProgramError> {
    let data = borrow_stake(stake);
    let (_, delegation) = StakeState::decode_delegated(&data)?;
    Ok((delegation.voter, Balance { lamports: stake.lamports(), delegated: delegation.stake.get() }))
}

/// Transfers the authorities of the deposited stake account from the stake deposit authority to the withdraw authority.
#[inline(never)]
fn take_over(program_id: &Address, pool: &Address, accounts: &DepositStakeAccounts<&AccountView>) -> ProgramResult {
    let deposit_authority = accounts.stake_deposit_authority;
    let new_authority = accounts.withdraw_authority.address();
    // The program's own authority cannot have signed the instruction.
    let bump = if deposit_authority.is_signer() {
        None
    } else {
        PdaHasher::new(program_id, pool, DEPOSIT_AUTHORITY_SEED).search([], deposit_authority.address())
    };
    if let Some(bump) = bump {
        PoolAuthority::deposit_authority(deposit_authority, *pool, bump).authorize(
            accounts.deposit_stake,
            new_authority,
            accounts.clock,
        )
    } else {
        authorize(accounts.deposit_stake, deposit_authority, new_authority, accounts.clock)
    }
}
