//! `Initialize`: creates a pool.

use {
    crate::{
        cpi::{PoolAuthority, TokenProgram},
        hash::PdaHasher,
        validation::{Rent, check_owner, check_token_program, current_epoch},
    },
    bytemuck::Zeroable as _,
    pinocchio::{AccountView, Address, ProgramResult, error::ProgramError},
    tidepool_core::{MAX_VALIDATORS_IN_POOL, maths::Fee},
    tidepool_interface::{
        POOL_MINT_DECIMALS,
        StakePoolError::{
            AlreadyInUse, CalculationFailure, FeeTooHigh, IncorrectMintDecimals, InvalidProgramAddress,
            NonZeroPoolTokenSupply, SignatureMissing, TooManyValidatorsInPool, UnexpectedValidatorListAccountSize,
            WrongMintingAuthority, WrongStakeStake,
        },
        address::{DEPOSIT_AUTHORITY_SEED, STAKE_PROGRAM_ID, WITHDRAW_AUTHORITY_SEED},
        external::{
            stake::StakeState,
            token::{Mint, check_manager_fee_account},
        },
        instruction::InitializeAccounts,
        state::{
            AccountType, PodLockup, PoolHead, PoolTerms, StakePool, VALIDATOR_LIST_HEADER_LENGTH, ValidatorListHeader,
            max_validators_for,
        },
    },
};

/// The instruction's arguments.
pub struct Terms {
    pub fee: Fee,
    pub withdrawal_fee: Fee,
    pub deposit_fee: Fee,
    /// Percent.
    pub referral_fee: u8,
    pub max_validators: u32,
}

impl Terms {
    fn check(&self) -> ProgramResult {
        // guard: initial-referral-fee
        let too_high = self.fee.is_too_high()
            || self.withdrawal_fee.is_too_high()
            || self.deposit_fee.is_too_high()
            || self.referral_fee > 100;
        if too_high { Err(FeeTooHigh.into()) } else { Ok(()) }
    }
}

#[inline(never)]
pub fn process(program_id: &Address, accounts: &[AccountView], terms: &Terms) -> ProgramResult {
    let accounts = InitializeAccounts::of(accounts)?;
    let rent = Rent::get()?;
    // guard: initial-manager-signs
    if !accounts.manager.is_signer() {
        return Err(SignatureMissing.into());
    }
    check_new_accounts(program_id, &accounts, terms.max_validators, &rent)?;
    terms.check()?;
    check_token_program(accounts.token_program)?;
    check_owner(accounts.pool_mint, accounts.token_program.address())?;
    let withdraw_authority = accounts.withdraw_authority.address();
    let bump = PdaHasher::new(program_id, accounts.pool.address(), WITHDRAW_AUTHORITY_SEED)
        .search([], withdraw_authority)
        .ok_or(InvalidProgramAddress)?;
    check_mint(accounts.pool_mint, withdraw_authority)?;
    // guard: initial-fee-account
    check_manager_fee_account(
        accounts.manager_fee_account.owner(),
        &accounts.manager_fee_account.try_borrow()?,
        accounts.token_program.address(),
        accounts.pool_mint.address(),
    )?;
    let lamports = reserve_lamports_above_rent(accounts.reserve_stake, withdraw_authority, &rent)?;

    if lamports > 0 {
        // The reserve's lamports above its rent count as the manager's first deposit.
        let token = TokenProgram { program: accounts.token_program, mint: accounts.pool_mint };
        PoolAuthority::withdraw_authority(accounts.withdraw_authority, *accounts.pool.address(), bump).mint_to(
            token,
            accounts.manager_fee_account,
            lamports,
        )?;
    }
    let header = ValidatorListHeader {
        account_type: AccountType::ValidatorList as u8,
        max_validators: terms.max_validators.into(),
        length: 0.into(),
    };
    let (mut pool_account, mut list_account) = (*accounts.pool, *accounts.validator_list);
    list_account
        .try_borrow_mut()?
        .get_mut(..VALIDATOR_LIST_HEADER_LENGTH)
        .ok_or(ProgramError::BorshIoError)?
        .copy_from_slice(bytemuck::bytes_of(&header));
    let pool = new_pool(program_id, &accounts, terms, bump, lamports)?;
    pool.encode(&mut pool_account.try_borrow_mut()?)?;
    Ok(())
}

/// Checks the new pool and list: two zeroed, rent-exempt accounts of the program with valid lengths.
fn check_new_accounts(
    program_id: &Address,
    accounts: &InitializeAccounts<&AccountView>,
    max_validators: u32,
    rent: &Rent,
) -> ProgramResult {
    let (pool, list) = (accounts.pool, accounts.validator_list);
    // guard: list-apart-from-pool
    if pool.address() == list.address() {
        return Err(AlreadyInUse.into());
    }
    check_owner(pool, program_id)?;
    if StakePool::decode(&pool.try_borrow()?)?.head.account_type != AccountType::Uninitialized as u8 {
        return Err(AlreadyInUse.into());
    }
    check_owner(list, program_id)?;
    check_list_unused(list)?;
    // guard: initial-list-size
    if max_validators_for(list.data_len()) != max_validators as usize || max_validators == 0 {
        return Err(UnexpectedValidatorListAccountSize.into());
    }
    // guard: initial-list-maximum
    if max_validators > MAX_VALIDATORS_IN_POOL {
        return Err(TooManyValidatorsInPool.into());
    }
    if !rent.is_exempt(pool) || !rent.is_exempt(list) {
        return Err(ProgramError::AccountNotRentExempt);
    }
    Ok(())
}

fn check_list_unused(list: &AccountView) -> ProgramResult {
    let data = list.try_borrow()?;
    let header: &ValidatorListHeader =
        bytemuck::from_bytes(data.get(..VALIDATOR_LIST_HEADER_LENGTH).ok_or(ProgramError::BorshIoError)?);
    // The SPL program also decodes the records, so a list with missing records fails first.
    if header.account_type > AccountType::ValidatorList as u8
        || header.length.get() as usize > max_validators_for(data.len())
    {
        return Err(ProgramError::BorshIoError);
    }
    if header.account_type != AccountType::Uninitialized as u8 {
        return Err(AlreadyInUse.into());
    }
    Ok(())
}

fn check_mint(account: &AccountView, withdraw_authority: &Address) -> ProgramResult {
    let data = account.try_borrow()?;
    let mint = Mint::decode(&data)?;
    // guard: initial-mint-supply
    if mint.supply != 0 {
        return Err(NonZeroPoolTokenSupply.into());
    }
    if mint.decimals != POOL_MINT_DECIMALS {
        return Err(IncorrectMintDecimals.into());
    }
    // guard: initial-mint-authority
    if mint.mint_authority != Some(withdraw_authority) {
        return Err(WrongMintingAuthority.into());
    }
    // guard: initial-mint-extensions
    mint.check_extensions()
}

fn reserve_lamports_above_rent(
    reserve: &AccountView,
    withdraw_authority: &Address,
    rent: &Rent,
) -> Result<u64, ProgramError> {
    check_owner(reserve, &STAKE_PROGRAM_ID)?;
    match StakeState::decode(&reserve.try_borrow()?)? {
        // guard: initial-reserve-meta
        StakeState::Initialized(meta) if meta.is_usable_by_pool(withdraw_authority, &PodLockup::default()) => {}
        _ => return Err(WrongStakeStake.into()),
    }
    reserve.lamports().checked_sub(rent.of(reserve)).ok_or(CalculationFailure.into())
}

#[inline(never)]
fn new_pool(
    program_id: &Address,
    accounts: &InitializeAccounts<&AccountView>,
    terms: &Terms,
    bump: u8,
    lamports: u64,
) -> Result<StakePool, ProgramError> {
    let sol_deposit_authority = accounts.deposit_authority.map(|account| *account.address());
    let stake_deposit_authority = match sol_deposit_authority {
        Some(authority) => authority,
        None => PdaHasher::new(program_id, accounts.pool.address(), DEPOSIT_AUTHORITY_SEED).find()?,
    };
    let head = PoolHead {
        account_type: AccountType::StakePool as u8,
        manager: *accounts.manager.address(),
        staker: *accounts.staker.address(),
        stake_deposit_authority,
        stake_withdraw_bump_seed: bump,
        validator_list: *accounts.validator_list.address(),
        reserve_stake: *accounts.reserve_stake.address(),
        pool_mint: *accounts.pool_mint.address(),
        manager_fee_account: *accounts.manager_fee_account.address(),
        token_program_id: *accounts.token_program.address(),
        total_lamports: lamports.into(),
        pool_token_supply: lamports.into(),
        last_update_epoch: current_epoch()?.into(),
        lockup: PodLockup::zeroed(),
        epoch_fee: terms.fee.into(),
    };
    let terms = PoolTerms {
        stake_deposit_fee: terms.deposit_fee,
        stake_withdrawal_fee: terms.withdrawal_fee,
        stake_referral_fee: terms.referral_fee,
        sol_deposit_authority,
        sol_deposit_fee: terms.deposit_fee,
        sol_referral_fee: terms.referral_fee,
        sol_withdrawal_fee: terms.withdrawal_fee,
        ..PoolTerms::default()
    };
    Ok(StakePool { head, terms })
}
