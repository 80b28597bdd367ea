//! The pool, and the checks of accounts against what it names.

use {
    super::check_owner,
    crate::cpi::{PoolAuthority, TokenProgram},
    core::mem::offset_of,
    pinocchio::{AccountView, Address, ProgramResult, account::RefMut, error::ProgramError},
    tidepool_interface::{
        ExtensionError::NotExtended,
        StakePoolError::{
            self, CalculationFailure, InvalidFeeAccount, InvalidProgramAddress, InvalidSolDepositAuthority,
            InvalidSolWithdrawAuthority, InvalidStakeDepositAuthority, InvalidValidatorStakeList, SignatureMissing,
            StakeListAndPoolOutOfDate, WrongManager, WrongPoolMint, WrongStaker,
        },
        address::WITHDRAW_AUTHORITY_SEED,
        external::token::{Mint, check_manager_fee_account},
        maths::ExchangeRate,
        state::{PoolExtension, PoolHead, RebalancePolicy, StakePool},
    },
};

/// An initialized pool of this program.
pub struct Pool<'a> {
    /// The program's own id.
    pub program_id: &'a Address,
    /// Its decoded state. Changes reach the account with [`Self::store`] and [`Self::store_totals`].
    pub state: StakePool,
    /// The policy of a pool with the extension. A pool without it is left alone by all that the contract does not have.
    pub policy: Option<RebalancePolicy>,
    account: AccountView,
}

impl<'a> Pool<'a> {
    /// # Errors
    /// `IncorrectProgramId` where the program does not own the account; as [`StakePool::decode_initialized`].
    #[inline]
    pub fn load(program_id: &'a Address, account: &AccountView) -> Result<Self, ProgramError> {
        check_owner(account, program_id)?;
        let data = account.try_borrow()?;
        let state = StakePool::decode_initialized(&data)?;
        let policy = PoolExtension::find(&data).map(|extension| extension.policy);
        Ok(Self { program_id, state, policy, account: *account })
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

    /// The pool's address.
    #[inline(always)]
    pub fn address(&self) -> &Address {
        self.account.address()
    }

    /// The rate of deposits and withdrawals.
    #[inline(always)]
    pub fn rate(&self) -> ExchangeRate {
        self.state.head.exchange_rate()
    }

    /// Writes the whole state.
    ///
    /// # Errors
    /// `BorshIoError` where the account is too small for what was set.
    pub fn store(&mut self) -> ProgramResult {
        self.state.encode(&mut self.account.try_borrow_mut()?)?;
        Ok(())
    }

    /// Adds a deposit to the totals and writes them.
    ///
    /// # Errors
    /// [`CalculationFailure`] where a total exceeds 64 bits.
    pub fn store_deposit(&mut self, lamports: u64, pool_tokens: u64) -> ProgramResult {
        let rate = self.rate();
        self.store_totals(rate.total_lamports.checked_add(lamports), rate.pool_token_supply.checked_add(pool_tokens))
    }

    /// Takes a withdrawal from the totals and writes them.
    ///
    /// # Errors
    /// [`CalculationFailure`] where a total would be negative.
    pub fn store_withdrawal(&mut self, lamports: u64, pool_tokens: u64) -> ProgramResult {
        let rate = self.rate();
        self.store_totals(rate.total_lamports.checked_sub(lamports), rate.pool_token_supply.checked_sub(pool_tokens))
    }

    /// The two totals lie side by side at a fixed offset, so nothing else has to be written.
    fn store_totals(&mut self, lamports: Option<u64>, pool_tokens: Option<u64>) -> ProgramResult {
        const START: usize = offset_of!(PoolHead, total_lamports);
        const END: usize = offset_of!(PoolHead, last_update_epoch);
        let head = &mut self.state.head;
        head.pool_token_supply.set(pool_tokens.ok_or(CalculationFailure)?);
        head.total_lamports.set(lamports.ok_or(CalculationFailure)?);
        let totals = [head.total_lamports, head.pool_token_supply];
        let mut data: RefMut<[u8]> = self.account.try_borrow_mut()?;
        data.get_mut(START..END).ok_or(ProgramError::AccountDataTooSmall)?.copy_from_slice(bytemuck::bytes_of(&totals));
        Ok(())
    }

    /// # Errors
    /// [`InvalidProgramAddress`] where `account` is not the withdraw authority; `InvalidSeeds` where the stored bump yields
    /// no address.
    pub fn check_withdraw_authority<'b>(&self, account: &'b AccountView) -> Result<PoolAuthority<'b>, ProgramError> {
        let bump = self.state.head.stake_withdraw_bump_seed;
        let expected = Address::create_program_address(
            &[self.address().as_ref(), WITHDRAW_AUTHORITY_SEED, &[bump]],
            self.program_id,
        )
        .map_err(|_| ProgramError::InvalidSeeds)?;
        if *account.address() != expected {
            return Err(InvalidProgramAddress.into());
        }
        Ok(PoolAuthority::withdraw_authority(account, *self.address(), bump))
    }

    /// # Errors
    /// [`WrongManager`], [`SignatureMissing`].
    pub fn check_manager(&self, account: &AccountView) -> ProgramResult {
        check_signer(account, &self.state.head.manager, WrongManager)
    }

    /// # Errors
    /// [`WrongStaker`], [`SignatureMissing`].
    pub fn check_staker(&self, account: &AccountView) -> ProgramResult {
        check_signer(account, &self.state.head.staker, WrongStaker)
    }

    /// # Errors
    /// `NotEnoughAccountKeys`, [`InvalidSolDepositAuthority`], [`SignatureMissing`] where the pool has one.
    pub fn check_sol_deposit_authority(&self, account: Option<&AccountView>) -> ProgramResult {
        check_optional_signer(account, self.state.terms.sol_deposit_authority.as_ref(), InvalidSolDepositAuthority)
    }

    /// # Errors
    /// `NotEnoughAccountKeys`, [`InvalidSolWithdrawAuthority`], [`SignatureMissing`] where the pool has one.
    pub fn check_sol_withdraw_authority(&self, account: Option<&AccountView>) -> ProgramResult {
        check_optional_signer(account, self.state.terms.sol_withdraw_authority.as_ref(), InvalidSolWithdrawAuthority)
    }

    /// # Errors
    /// [`InvalidStakeDepositAuthority`].
    pub fn check_stake_deposit_authority(&self, account: &AccountView) -> ProgramResult {
        check_address(account, &self.state.head.stake_deposit_authority, InvalidStakeDepositAuthority)
    }

    /// # Errors
    /// [`InvalidValidatorStakeList`].
    pub fn check_validator_list(&self, account: &AccountView) -> ProgramResult {
        check_address(account, &self.state.head.validator_list, InvalidValidatorStakeList)
    }

    /// # Errors
    /// [`InvalidProgramAddress`].
    pub fn check_reserve(&self, account: &AccountView) -> ProgramResult {
        check_address(account, &self.state.head.reserve_stake, InvalidProgramAddress)
    }

    /// # Errors
    /// [`InvalidFeeAccount`] where the account is not the one that the pool names. Whether it can take fees is another
    /// question: [`Self::can_pay_manager`].
    pub fn check_manager_fee_address(&self, account: &AccountView) -> ProgramResult {
        check_address(account, &self.state.head.manager_fee_account, InvalidFeeAccount)
    }

    /// # Errors
    /// `IncorrectProgramId` where the account is not the mint's token program.
    pub fn check_token_program<'b>(
        &self,
        program: &'b AccountView,
        mint: &'b AccountView,
    ) -> Result<TokenProgram<'b>, ProgramError> {
        super::check_program(program, &self.state.head.token_program_id)?;
        Ok(TokenProgram { program, mint })
    }

    /// The mint's decimals.
    ///
    /// # Errors
    /// [`WrongPoolMint`] where the account is another one; what [`Mint::decode`] says where it is malformed.
    pub fn check_mint(&self, account: &AccountView) -> Result<u8, ProgramError> {
        check_address(account, &self.state.head.pool_mint, WrongPoolMint)?;
        Ok(Mint::decode(&account.try_borrow()?)?.decimals)
    }

    /// # Errors
    /// [`StakeListAndPoolOutOfDate`] where the pool was not updated in `epoch`.
    pub fn check_fresh(&self, epoch: u64) -> ProgramResult {
        if self.state.head.is_stale(epoch) { Err(StakeListAndPoolOutOfDate.into()) } else { Ok(()) }
    }

    /// Checks that a token account can take the manager's fees.
    ///
    /// # Errors
    /// As [`check_manager_fee_account`].
    pub fn check_manager_fee_account(&self, account: &AccountView) -> ProgramResult {
        let head = &self.state.head;
        check_manager_fee_account(account.owner(), &account.try_borrow()?, &head.token_program_id, &head.pool_mint)
    }

    /// Whether the manager's fee account can take fees: where it cannot, holders leave without paying any.
    pub fn can_pay_manager(&self, account: &AccountView) -> bool {
        self.check_manager_fee_account(account).is_ok()
    }
}

#[inline(always)]
fn check_address(account: &AccountView, expected: &Address, error: StakePoolError) -> ProgramResult {
    if account.address() == expected { Ok(()) } else { Err(error.into()) }
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
