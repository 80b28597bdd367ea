//! The pool, and checks of accounts against its fields.

use {
    super::check_owner,
    crate::{
        cpi::{PoolAuthority, TokenProgram},
        hash::PdaHasher,
    },
    pinocchio::{AccountView, Address, ProgramResult, error::ProgramError},
    solana_address::address_eq,
    solana_program_log::logger::log_message,
    tidepool_core::maths::{ExchangeRate, Lamports, PoolTokens},
    tidepool_interface::{
        ExtensionError::NotExtended,
        StakePoolError::{
            self, CalculationFailure, InvalidFeeAccount, InvalidProgramAddress, InvalidSolDepositAuthority,
            InvalidSolWithdrawAuthority, InvalidStakeDepositAuthority, InvalidState, InvalidValidatorStakeList,
            SignatureMissing, StakeListAndPoolOutOfDate, WrongManager, WrongPoolMint, WrongStaker,
        },
        address::WITHDRAW_AUTHORITY_SEED,
        external::token::{Mint, check_manager_fee_account},
        state::{AccountType, PoolExtension, PoolHead, PoolLayout, PoolView, PoolViewMut, RebalancePolicy},
    },
};

/// An initialized pool of this program, with views of its account data.
pub struct Pool<'a> {
    /// The program's own id.
    pub program_id: &'a Address,
    /// The policy of an extended pool; `None` for a pool without the extension, which has SPL behaviour only.
    pub policy: Option<RebalancePolicy>,
    account: AccountView,
    layout: PoolLayout,
}

impl<'a> Pool<'a> {
    /// Loads an initialized pool.
    ///
    /// # Errors
    /// `IncorrectProgramId` if the program does not own the account; `BorshIoError` if it does not decode; [`InvalidState`] if it is not
    /// an initialized pool.
    #[inline(always)]
    pub fn load(program_id: &'a Address, account: &AccountView) -> Result<Self, ProgramError> {
        let pool = Self::load_of_any_type(program_id, account)?;
        pool.check_initialized()?;
        Ok(pool)
    }

    /// Loads an account of any account type.
    ///
    /// # Errors
    /// As [`Self::load`], without `InvalidState`.
    #[inline(always)]
    pub fn load_of_any_type(program_id: &'a Address, account: &AccountView) -> Result<Self, ProgramError> {
        check_owner(account, program_id)?; // guard: pool-owner
        // SAFETY: As in `data`.
        let data = unsafe { account.borrow_unchecked() };
        let layout = PoolLayout::of(data)?;
        let policy = PoolExtension::find(data).map(|extension| extension.policy);
        Ok(Self { program_id, policy, account: *account, layout })
    }

    /// # Errors
    /// [`InvalidState`] if the account is not an initialized pool.
    #[inline(always)]
    pub fn check_initialized(&self) -> ProgramResult {
        // guard: pool-type
        if self.head().account_type == AccountType::StakePool as u8 { Ok(()) } else { Err(InvalidState.into()) }
    }

    #[inline(always)]
    fn data(&self) -> &[u8] {
        // SAFETY: A pool's data is written only through the single `Pool` of an instruction, which is borrowed here. The instructions
        // that set the extension write it directly, without any other reference into the data. Called programs cannot write it,
        // because this program owns it.
        unsafe { self.account.borrow_unchecked() }
    }

    /// A read-only view of the pool.
    #[inline(always)]
    pub fn view(&self) -> PoolView<'_> {
        PoolView::new(self.data(), &self.layout)
    }

    /// A mutable view of the pool. Fails for a read-only account even if the caller writes nothing: the SPL program always writes
    /// the whole pool.
    #[inline(always)]
    pub fn view_mut(&mut self) -> PoolViewMut<'_> {
        // SAFETY: As in `data`, and there are no other reads, because the `Pool` is mutably borrowed.
        let data = unsafe { self.account.borrow_unchecked_mut() };
        if let Some(first) = data.first_mut() {
            // SAFETY: Reads and writes one byte behind a reference. The VM rejects the write for a read-only account.
            unsafe { core::ptr::write_volatile(first, core::ptr::read_volatile(first)) };
        }
        PoolViewMut::new(data, &mut self.layout)
    }

    /// The fields at fixed offsets.
    #[inline(always)]
    pub fn head(&self) -> &PoolHead {
        // SAFETY: A layout exists only for data with a head, which is plain data of alignment 1. Otherwise as in `data`.
        unsafe { &*self.account.data_ptr().cast() }
    }

    /// Whether the pool has the extension.
    #[inline(always)]
    pub const fn is_extended(&self) -> bool {
        self.policy.is_some()
    }

    /// # Errors
    /// [`NotExtended`] if the pool has no extension.
    pub fn extension_policy(&self) -> Result<RebalancePolicy, ProgramError> {
        self.policy.ok_or(NotExtended.into())
    }

    /// The extension, if the pool has one.
    #[inline(always)]
    pub fn extension_if_any(&self) -> Option<&PoolExtension> {
        if self.is_extended() { PoolExtension::find(self.data()) } else { None }
    }

    /// The extension, mutable, if the pool has one.
    #[inline(always)]
    pub fn extension_mut(&mut self) -> Option<&mut PoolExtension> {
        if !self.is_extended() {
            return None;
        }
        // SAFETY: As in `data`, and there are no other references, because the `Pool` is mutably borrowed.
        PoolExtension::find_mut(unsafe { self.account.borrow_unchecked_mut() })
    }

    /// # Errors
    /// [`NotExtended`] if the pool has no extension.
    pub fn extension(&self) -> Result<&PoolExtension, ProgramError> {
        PoolExtension::find(self.data()).ok_or(NotExtended.into())
    }

    /// Lamports that stay in the reserve above its own rent: the rents of decreases ([`PoolExtension::working_lamports`]), and the
    /// lamports of open tickets. Zero for a pool without the extension.
    #[inline(always)]
    pub fn reserved_lamports(&self, stake_rent: u64) -> u64 {
        PoolExtension::find(self.data()).map_or(0, |extension| {
            extension.working_lamports(stake_rent).saturating_add(extension.tickets.lamports.get())
        })
    }

    /// Lamports of open tickets; zero for a pool without the extension.
    #[inline(always)]
    pub fn ticket_lamports(&self) -> u64 {
        PoolExtension::find(self.data()).map_or(0, |extension| extension.tickets.lamports.get())
    }

    #[inline(always)]
    pub fn address(&self) -> &Address {
        self.account.address()
    }

    /// The exchange rate of deposits and withdrawals.
    #[inline(always)]
    pub fn rate(&self) -> ExchangeRate {
        self.head().exchange_rate()
    }

    /// Adds a deposit to the totals.
    ///
    /// # Errors
    /// [`CalculationFailure`] if a total exceeds 64 bits.
    #[inline(always)]
    pub fn store_deposit(&mut self, lamports: Lamports, pool_tokens: PoolTokens) -> ProgramResult {
        let rate = self.rate();
        // guard: deposit-total-fits
        self.store_totals(rate.total_lamports.checked_add(lamports), rate.pool_token_supply.checked_add(pool_tokens))
    }

    /// Subtracts a withdrawal from the totals.
    ///
    /// # Errors
    /// [`CalculationFailure`] if a total would be negative.
    #[inline(always)]
    pub fn store_withdrawal(&mut self, lamports: Lamports, pool_tokens: PoolTokens) -> ProgramResult {
        let rate = self.rate();
        self.store_totals(rate.total_lamports.checked_sub(lamports), rate.pool_token_supply.checked_sub(pool_tokens))
    }

    #[inline(always)]
    fn store_totals(&mut self, lamports: Option<Lamports>, pool_tokens: Option<PoolTokens>) -> ProgramResult {
        let Some(lamports) = lamports else { return Err(CalculationFailure.into()) };
        let Some(pool_tokens) = pool_tokens else { return Err(CalculationFailure.into()) };
        self.store(lamports, pool_tokens);
        Ok(())
    }

    /// Writes the totals.
    #[inline(always)]
    pub fn store(&mut self, lamports: Lamports, pool_tokens: PoolTokens) {
        let mut view = self.view_mut();
        let head = view.head_mut();
        head.pool_token_supply.set(pool_tokens.get());
        head.total_lamports.set(lamports.get());
    }

    /// Verifies the withdraw authority by one hash: only this program writes the stored bump, which the search found at the pool's
    /// creation.
    ///
    /// # Errors
    /// [`InvalidProgramAddress`] if `account` is not the withdraw authority; `InvalidSeeds` if the stored bump yields no address.
    #[inline(always)]
    pub fn check_withdraw_authority<'b>(&self, account: &'b AccountView) -> Result<PoolAuthority<'b>, ProgramError> {
        let bump = self.head().stake_withdraw_bump_seed;
        let expected = PdaHasher::new(self.program_id, self.address(), WITHDRAW_AUTHORITY_SEED).address([], bump);
        if !address_eq(account.address(), &expected) {
            return Err(self.wrong_withdraw_authority());
        }
        Ok(PoolAuthority::withdraw_authority(account, *self.address(), bump))
    }

    /// The SPL program derives the address first, and fails with another error if the bump yields no address.
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
    /// `NotEnoughAccountKeys`, [`InvalidSolDepositAuthority`], [`SignatureMissing`], if the pool has such an authority.
    pub fn check_sol_deposit_authority(&self, account: Option<&AccountView>) -> ProgramResult {
        check_optional_signer(account, self.view().sol_deposit_authority(), InvalidSolDepositAuthority)
    }

    /// # Errors
    /// `NotEnoughAccountKeys`, [`InvalidSolWithdrawAuthority`], [`SignatureMissing`], if the pool has such an authority.
    pub fn check_sol_withdraw_authority(&self, account: Option<&AccountView>) -> ProgramResult {
        check_optional_signer(account, self.view().sol_withdraw_authority(), InvalidSolWithdrawAuthority)
    }

    /// # Errors
    /// [`InvalidStakeDepositAuthority`].
    pub fn check_stake_deposit_authority(&self, account: &AccountView) -> ProgramResult {
        // guard: pool-deposit-authority
        check_address(account, &self.head().stake_deposit_authority, InvalidStakeDepositAuthority)
    }

    /// # Errors
    /// [`InvalidValidatorStakeList`].
    pub fn check_validator_list(&self, account: &AccountView) -> ProgramResult {
        // guard: pool-list
        check_address(account, &self.head().validator_list, InvalidValidatorStakeList)
    }

    /// # Errors
    /// [`InvalidProgramAddress`].
    pub fn check_reserve(&self, account: &AccountView) -> ProgramResult {
        // guard: pool-reserve
        check_address(account, &self.head().reserve_stake, InvalidProgramAddress)
    }

    /// # Errors
    /// [`InvalidFeeAccount`] if the account is not the pool's manager fee account. [`Self::can_pay_manager`] checks whether it can
    /// receive fees.
    pub fn check_manager_fee_address(&self, account: &AccountView) -> ProgramResult {
        // guard: pool-fee-account
        check_address(account, &self.head().manager_fee_account, InvalidFeeAccount)
    }

    /// # Errors
    /// `IncorrectProgramId` if the account is not the mint's token program.
    pub fn check_token_program<'b>(
        &self,
        program: &'b AccountView,
        mint: &'b AccountView,
    ) -> Result<TokenProgram<'b>, ProgramError> {
        super::check_program(program, &self.head().token_program_id)?; // guard: pool-token-program
        Ok(TokenProgram { program, mint })
    }

    /// The mint's decimals.
    ///
    /// # Errors
    /// [`WrongPoolMint`] if the account is not the pool's mint; as [`Mint::decode`] if it is malformed.
    pub fn check_mint(&self, account: &AccountView) -> Result<u8, ProgramError> {
        check_address(account, &self.head().pool_mint, WrongPoolMint)?; // guard: pool-mint
        Ok(Mint::decode(&account.try_borrow()?)?.decimals)
    }

    /// # Errors
    /// [`StakeListAndPoolOutOfDate`] if the pool was not updated in `epoch`.
    pub fn check_fresh(&self, epoch: u64) -> ProgramResult {
        if self.head().is_stale(epoch) { Err(StakeListAndPoolOutOfDate.into()) } else { Ok(()) }
    }

    /// Checks that a token account can receive the manager's fees.
    ///
    /// # Errors
    /// As [`check_manager_fee_account`].
    pub fn check_manager_fee_account(&self, account: &AccountView) -> ProgramResult {
        let head = self.head();
        check_manager_fee_account(account.owner(), &account.try_borrow()?, &head.token_program_id, &head.pool_mint)
    }

    /// Whether the manager fee account can receive fees. If it cannot, withdrawals are free of fees.
    pub fn can_pay_manager(&self, account: &AccountView) -> bool {
        self.check_manager_fee_account(account).is_ok()
    }
}

/// Checks that the reserve, after a withdrawal of `taken` lamports, keeps its own rent and the working lamports
/// ([`Pool::reserved_lamports`]).
///
/// # Errors
/// `error` if it does not.
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
    check_address(account, expected, error)?; // guard: signer-address
    // guard: signature
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
