//! The pool, and the checks of accounts against what it names.

use {
    super::check_owner,
    crate::{
        cpi::{PoolAuthority, TokenProgram},
        hash::Derivation,
    },
    pinocchio::{AccountView, Address, ProgramResult, error::ProgramError},
    solana_address::address_eq,
    solana_program_log::logger::log_message,
    tidepool_interface::{
        ExtensionError::NotExtended,
        StakePoolError::{
            self, CalculationFailure, InvalidFeeAccount, InvalidProgramAddress, InvalidSolDepositAuthority,
            InvalidSolWithdrawAuthority, InvalidStakeDepositAuthority, InvalidState, InvalidValidatorStakeList,
            SignatureMissing, StakeListAndPoolOutOfDate, WrongManager, WrongPoolMint, WrongStaker,
        },
        address::WITHDRAW_AUTHORITY_SEED,
        external::token::{Mint, check_manager_fee_account},
        maths::ExchangeRate,
        state::{AccountType, PoolExtension, PoolHead, PoolLayout, PoolView, PoolViewMut, RebalancePolicy},
    },
};

/// An initialized pool of this program. Its state is read and written where it lies, in the account.
pub struct Pool<'a> {
    /// The program's own id.
    pub program_id: &'a Address,
    /// The policy of a pool with the extension. A pool without it is left alone by all that the contract does not have.
    pub policy: Option<RebalancePolicy>,
    account: AccountView,
    layout: PoolLayout,
}

impl<'a> Pool<'a> {
    /// # Errors
    /// `IncorrectProgramId` where the program does not own the account; `BorshIoError` where it does not decode; [`InvalidState`] where it is no
    /// initialized pool.
    #[inline(always)]
    pub fn load(program_id: &'a Address, account: &AccountView) -> Result<Self, ProgramError> {
        let pool = Self::load_of_any_type(program_id, account)?;
        pool.check_initialized()?;
        Ok(pool)
    }

    /// Loads an account that may be no pool at all.
    ///
    /// # Errors
    /// As [`Self::load`], without `InvalidState`.
    #[inline(always)]
    pub fn load_of_any_type(program_id: &'a Address, account: &AccountView) -> Result<Self, ProgramError> {
        check_owner(account, program_id)?;
        // SAFETY: As in `data`.
        let data = unsafe { account.borrow_unchecked() };
        let layout = PoolLayout::of(data)?;
        let policy = PoolExtension::find(data).map(|extension| extension.policy);
        Ok(Self { program_id, policy, account: *account, layout })
    }

    /// # Errors
    /// [`InvalidState`] where the account is not an initialized pool.
    #[inline(always)]
    pub fn check_initialized(&self) -> ProgramResult {
        if self.head().account_type == AccountType::StakePool as u8 { Ok(()) } else { Err(InvalidState.into()) }
    }

    #[inline(always)]
    fn data(&self) -> &[u8] {
        // SAFETY: A pool's data is written through the one `Pool` of an instruction, which is borrowed here, and besides it only
        // where no reference into it is left: the extension, by the instructions that set it. No program that is called can
        // write it, because this program owns it.
        unsafe { self.account.borrow_unchecked() }
    }

    /// The pool's state, to be read.
    #[inline(always)]
    pub fn view(&self) -> PoolView<'_> {
        PoolView::new(self.data(), &self.layout)
    }

    /// The pool's state, to be written. The account must be writable, even where nothing comes to be written: the contract writes
    /// all of it each time.
    #[inline(always)]
    pub fn view_mut(&mut self) -> PoolViewMut<'_> {
        // SAFETY: As in `data`, and nobody else reads it, because the `Pool` is borrowed for writing.
        let data = unsafe { self.account.borrow_unchecked_mut() };
        if let Some(first) = data.first_mut() {
            // SAFETY: Both are one byte behind a reference. The machine refuses it where the account is read-only.
            unsafe { core::ptr::write_volatile(first, core::ptr::read_volatile(first)) };
        }
        PoolViewMut::new(data, &mut self.layout)
    }

    /// The fields of the state at fixed offsets.
    #[inline(always)]
    pub fn head(&self) -> &PoolHead {
        // SAFETY: The data holds a head, or there would be no layout of it; it is plain data of alignment 1. The rest as in
        // `data`.
        unsafe { &*self.account.data_ptr().cast() }
    }

    /// Whether the pool has the extension.
    #[inline(always)]
    pub const fn is_extended(&self) -> bool {
        self.policy.is_some()
    }

    /// # Errors
    /// [`NotExtended`] where the pool has no extension.
    pub fn extension_policy(&self) -> Result<RebalancePolicy, ProgramError> {
        self.policy.ok_or(NotExtended.into())
    }

    /// # Errors
    /// [`NotExtended`] where the pool has no extension.
    pub fn extension(&self) -> Result<&PoolExtension, ProgramError> {
        PoolExtension::find(self.data()).ok_or(NotExtended.into())
    }

    /// As [`PoolExtension::working_lamports`]; zero for a pool without the extension.
    #[inline(always)]
    pub fn working_lamports(&self, stake_rent: u64) -> u64 {
        PoolExtension::find(self.data()).map_or(0, |extension| extension.working_lamports(stake_rent))
    }

    /// The pool's address.
    #[inline(always)]
    pub fn address(&self) -> &Address {
        self.account.address()
    }

    /// The rate of deposits and withdrawals.
    #[inline(always)]
    pub fn rate(&self) -> ExchangeRate {
        self.head().exchange_rate()
    }

    /// Adds a deposit to the totals.
    ///
    /// # Errors
    /// [`CalculationFailure`] where a total exceeds 64 bits.
    #[inline(always)]
    pub fn store_deposit(&mut self, lamports: u64, pool_tokens: u64) -> ProgramResult {
        let rate = self.rate();
        self.store_totals(rate.total_lamports.checked_add(lamports), rate.pool_token_supply.checked_add(pool_tokens))
    }

    /// Takes a withdrawal from the totals.
    ///
    /// # Errors
    /// [`CalculationFailure`] where a total would be negative.
    #[inline(always)]
    pub fn store_withdrawal(&mut self, lamports: u64, pool_tokens: u64) -> ProgramResult {
        let rate = self.rate();
        self.store_totals(rate.total_lamports.checked_sub(lamports), rate.pool_token_supply.checked_sub(pool_tokens))
    }

    #[inline(always)]
    fn store_totals(&mut self, lamports: Option<u64>, pool_tokens: Option<u64>) -> ProgramResult {
        let Some(lamports) = lamports else { return Err(CalculationFailure.into()) };
        let Some(pool_tokens) = pool_tokens else { return Err(CalculationFailure.into()) };
        self.store(lamports, pool_tokens);
        Ok(())
    }

    /// Writes the totals.
    #[inline(always)]
    pub fn store(&mut self, lamports: u64, pool_tokens: u64) {
        let mut view = self.view_mut();
        let head = view.head_mut();
        head.pool_token_supply.set(pool_tokens);
        head.total_lamports.set(lamports);
    }

    /// Proves the withdraw authority by one hash: the stored bump is what the search found when the pool was made, and only this
    /// program writes it.
    ///
    /// # Errors
    /// [`InvalidProgramAddress`] where `account` is not the withdraw authority; `InvalidSeeds` where the stored bump yields no
    /// address.
    #[inline(always)]
    pub fn check_withdraw_authority<'b>(&self, account: &'b AccountView) -> Result<PoolAuthority<'b>, ProgramError> {
        let bump = self.head().stake_withdraw_bump_seed;
        let expected = Derivation::new(self.program_id, self.address(), WITHDRAW_AUTHORITY_SEED).address([], bump);
        if !address_eq(account.address(), &expected) {
            return Err(self.wrong_withdraw_authority());
        }
        Ok(PoolAuthority::withdraw_authority(account, *self.address(), bump))
    }

    /// The contract derives the address first, and fails where there is none.
    #[cold]
    #[inline(never)]
    fn wrong_withdraw_authority(&self) -> ProgramError {
        let bump = [self.head().stake_withdraw_bump_seed];
        let seeds: [&[u8]; 3] = [self.address().as_ref(), WITHDRAW_AUTHORITY_SEED, &bump];
        match Address::create_program_address(&seeds, self.program_id) {
            Ok(_) => InvalidProgramAddress.into(),
            Err(_) => ProgramError::InvalidSeeds,
        }
    }

    /// # Errors
    /// [`WrongManager`], [`SignatureMissing`].
    pub fn check_manager(&self, account: &AccountView) -> ProgramResult {
        check_signer(account, &self.head().manager, WrongManager)
    }

    /// # Errors
    /// [`WrongStaker`], [`SignatureMissing`].
    pub fn check_staker(&self, account: &AccountView) -> ProgramResult {
        check_signer(account, &self.head().staker, WrongStaker)
    }

    /// # Errors
    /// `NotEnoughAccountKeys`, [`InvalidSolDepositAuthority`], [`SignatureMissing`] where the pool has one.
    pub fn check_sol_deposit_authority(&self, account: Option<&AccountView>) -> ProgramResult {
        check_optional_signer(account, self.view().sol_deposit_authority(), InvalidSolDepositAuthority)
    }

    /// # Errors
    /// `NotEnoughAccountKeys`, [`InvalidSolWithdrawAuthority`], [`SignatureMissing`] where the pool has one.
    pub fn check_sol_withdraw_authority(&self, account: Option<&AccountView>) -> ProgramResult {
        check_optional_signer(account, self.view().sol_withdraw_authority(), InvalidSolWithdrawAuthority)
    }

    /// # Errors
    /// [`InvalidStakeDepositAuthority`].
    pub fn check_stake_deposit_authority(&self, account: &AccountView) -> ProgramResult {
        check_address(account, &self.head().stake_deposit_authority, InvalidStakeDepositAuthority)
    }

    /// # Errors
    /// [`InvalidValidatorStakeList`].
    pub fn check_validator_list(&self, account: &AccountView) -> ProgramResult {
        check_address(account, &self.head().validator_list, InvalidValidatorStakeList)
    }

    /// # Errors
    /// [`InvalidProgramAddress`].
    pub fn check_reserve(&self, account: &AccountView) -> ProgramResult {
        check_address(account, &self.head().reserve_stake, InvalidProgramAddress)
    }

    /// # Errors
    /// [`InvalidFeeAccount`] where the account is not the one that the pool names. Whether it can take fees is another
    /// question: [`Self::can_pay_manager`].
    pub fn check_manager_fee_address(&self, account: &AccountView) -> ProgramResult {
        check_address(account, &self.head().manager_fee_account, InvalidFeeAccount)
    }

    /// # Errors
    /// `IncorrectProgramId` where the account is not the mint's token program.
    pub fn check_token_program<'b>(
        &self,
        program: &'b AccountView,
        mint: &'b AccountView,
    ) -> Result<TokenProgram<'b>, ProgramError> {
        super::check_program(program, &self.head().token_program_id)?;
        Ok(TokenProgram { program, mint })
    }

    /// The mint's decimals.
    ///
    /// # Errors
    /// [`WrongPoolMint`] where the account is another one; what [`Mint::decode`] says where it is malformed.
    pub fn check_mint(&self, account: &AccountView) -> Result<u8, ProgramError> {
        check_address(account, &self.head().pool_mint, WrongPoolMint)?;
        Ok(Mint::decode(&account.try_borrow()?)?.decimals)
    }

    /// # Errors
    /// [`StakeListAndPoolOutOfDate`] where the pool was not updated in `epoch`.
    pub fn check_fresh(&self, epoch: u64) -> ProgramResult {
        if self.head().is_stale(epoch) { Err(StakeListAndPoolOutOfDate.into()) } else { Ok(()) }
    }

    /// Checks that a token account can take the manager's fees.
    ///
    /// # Errors
    /// As [`check_manager_fee_account`].
    pub fn check_manager_fee_account(&self, account: &AccountView) -> ProgramResult {
        let head = self.head();
        check_manager_fee_account(account.owner(), &account.try_borrow()?, &head.token_program_id, &head.pool_mint)
    }

    /// Whether the manager's fee account can take fees: where it cannot, holders leave without paying any.
    pub fn can_pay_manager(&self, account: &AccountView) -> bool {
        self.check_manager_fee_account(account).is_ok()
    }
}

/// Checks that the reserve keeps its own rent and the working lamports ([`Pool::working_lamports`]) without `taken` lamports.
///
/// # Errors
/// `error` where it does not.
#[inline(always)]
pub fn check_left_in_reserve(
    reserve: &AccountView,
    taken: u64,
    rent: u64,
    working_lamports: u64,
    error: impl Into<ProgramError>,
) -> ProgramResult {
    let left = reserve.lamports().saturating_sub(taken);
    if left >= rent.saturating_add(working_lamports) {
        return Ok(());
    }
    if left >= rent {
        log_message(b"Take less: the rents of decreases stay in the reserve");
    }
    Err(error.into())
}

#[inline(always)]
fn check_address(account: &AccountView, expected: &Address, error: StakePoolError) -> ProgramResult {
    if address_eq(account.address(), expected) { Ok(()) } else { Err(error.into()) }
}

#[inline(always)]
fn check_signer(account: &AccountView, expected: &Address, error: StakePoolError) -> ProgramResult {
    check_address(account, expected, error)?;
    if account.is_signer() { Ok(()) } else { Err(SignatureMissing.into()) }
}

fn check_optional_signer(
    account: Option<&AccountView>,
    expected: Option<&Address>,
    error: StakePoolError,
) -> ProgramResult {
    match expected {
        None => Ok(()),
        Some(expected) => check_signer(account.ok_or(ProgramError::NotEnoughAccountKeys)?, expected, error),
    }
}
