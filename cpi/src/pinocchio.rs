//! Calls from programs with pinocchio.
//!
//! `program_id` is the pool's program. Its account must be among those of the transaction, and need not be passed here. `signers` are
//! the seeds of program-derived addresses that sign: empty if all signers signed the transaction.

use {
    crate::data::Data,
    pinocchio::{
        AccountView, Address, ProgramResult,
        cpi::{Signer, invoke_signed_with_bounds},
        error::ProgramError,
        instruction::{InstructionAccount, InstructionView},
        sysvars::get_sysvar,
    },
    tidepool_interface::{
        address::CLOCK_ID,
        instruction::{
            DepositSolAccounts, DepositStakeAccounts, RequestExitAccounts, WithdrawSolAccounts, WithdrawStakeAccounts,
            tag,
        },
    },
};

/// Most accounts of a call.
const ACCOUNTS_MAX: usize = 15;

/// Offset of the epoch in the clock.
const EPOCH_OFFSET: usize = 16;

/// The current epoch, for [`PoolReader::check_fresh`](crate::PoolReader::check_fresh). It reads eight bytes of the clock, without its
/// account.
///
/// # Errors
/// `UnsupportedSysvar` if the runtime has no clock.
#[inline]
pub fn current_epoch() -> Result<u64, ProgramError> {
    let mut epoch = [0; 8];
    get_sysvar(&mut epoch, &CLOCK_ID, EPOCH_OFFSET)?;
    Ok(u64::from_le_bytes(epoch))
}

/// Deposits `lamports` of `lamports_from`, for `minimum` pool tokens at least.
///
/// # Errors
/// `IncorrectProgramId` if the pool is not of the program `program_id`. An error of the pool's program ends the transaction.
#[inline(always)]
pub fn deposit_sol(
    program_id: &Address,
    accounts: &DepositSolAccounts<&AccountView>,
    lamports: u64,
    minimum: u64,
    signers: &[Signer],
) -> ProgramResult {
    let mut call = Call::of(program_id, accounts.pool)?;
    accounts.visit(|account, is_writable, is_signer| call.add(account, is_writable, is_signer));
    call.invoke(&Data::new(tag::DEPOSIT_SOL_WITH_SLIPPAGE, [lamports, minimum]), signers)
}

/// Withdraws SOL from the reserve for `pool_tokens`, `minimum` lamports at least.
///
/// # Errors
/// As [`deposit_sol`].
#[inline(always)]
pub fn withdraw_sol(
    program_id: &Address,
    accounts: &WithdrawSolAccounts<&AccountView>,
    pool_tokens: u64,
    minimum: u64,
    signers: &[Signer],
) -> ProgramResult {
    let mut call = Call::of(program_id, accounts.pool)?;
    accounts.visit(|account, is_writable, is_signer| call.add(account, is_writable, is_signer));
    call.invoke(&Data::new(tag::WITHDRAW_SOL_WITH_SLIPPAGE, [pool_tokens, minimum]), signers)
}

/// Deposits a stake account, for `minimum` pool tokens at least. The stake deposit authority is already its staker and withdrawer, and signs
/// if `authority_signs`: if it is not the pool's default one.
///
/// # Errors
/// As [`deposit_sol`].
#[inline(always)]
pub fn deposit_stake(
    program_id: &Address,
    accounts: &DepositStakeAccounts<&AccountView>,
    authority_signs: bool,
    minimum: u64,
    signers: &[Signer],
) -> ProgramResult {
    let mut call = Call::of(program_id, accounts.pool)?;
    let authority: *const AccountView = accounts.stake_deposit_authority;
    accounts.visit(|account, is_writable, is_signer| {
        call.add(account, is_writable, is_signer || (authority_signs && core::ptr::eq(account, authority)));
    });
    call.invoke(&Data::new(tag::DEPOSIT_STAKE_WITH_SLIPPAGE, [minimum]), signers)
}

/// Withdraws a stake account for `pool_tokens`, with `minimum` lamports at least.
///
/// # Errors
/// As [`deposit_sol`].
#[inline(always)]
pub fn withdraw_stake(
    program_id: &Address,
    accounts: &WithdrawStakeAccounts<&AccountView>,
    pool_tokens: u64,
    minimum: u64,
    signers: &[Signer],
) -> ProgramResult {
    let mut call = Call::of(program_id, accounts.pool)?;
    accounts.visit(|account, is_writable, is_signer| call.add(account, is_writable, is_signer));
    call.invoke(&Data::new(tag::WITHDRAW_STAKE_WITH_SLIPPAGE, [pool_tokens, minimum]), signers)
}

/// Requests an exit ticket for `pool_tokens`, of `minimum` lamports at least. Only extended pools give tickets.
///
/// # Errors
/// As [`deposit_sol`].
#[inline(always)]
pub fn request_exit(
    program_id: &Address,
    accounts: &RequestExitAccounts<&AccountView>,
    pool_tokens: u64,
    minimum: u64,
    signers: &[Signer],
) -> ProgramResult {
    let mut call = Call::of(program_id, accounts.pool)?;
    accounts.visit(|account, is_writable, is_signer| call.add(account, is_writable, is_signer));
    call.invoke(&Data::new(tag::REQUEST_EXIT, [pool_tokens, minimum]), signers)
}

/// A call whose accounts are being collected.
struct Call<'a> {
    program_id: &'a Address,
    accounts: [&'a AccountView; ACCOUNTS_MAX],
    metas: [InstructionAccount<'a>; ACCOUNTS_MAX],
    count: usize,
}

impl<'a> Call<'a> {
    #[inline(always)]
    fn of(program_id: &'a Address, pool: &'a AccountView) -> Result<Self, ProgramError> {
        if !pool.owned_by(program_id) {
            return Err(ProgramError::IncorrectProgramId);
        }
        let metas = core::array::from_fn(|_| InstructionAccount::readonly(pool.address()));
        Ok(Self { program_id, accounts: [pool; ACCOUNTS_MAX], metas, count: 0 })
    }

    #[inline(always)]
    fn add(&mut self, account: &'a AccountView, is_writable: bool, is_signer: bool) {
        self.accounts[self.count] = account;
        self.metas[self.count] = InstructionAccount::new(account.address(), is_writable, is_signer);
        self.count = self.count.wrapping_add(1);
    }

    #[inline(always)]
    fn invoke(&self, data: &Data, signers: &[Signer]) -> ProgramResult {
        let (accounts, metas) = (&self.accounts[..self.count], &self.metas[..self.count]);
        let instruction = InstructionView { program_id: self.program_id, data: data.bytes(), accounts: metas };
        invoke_signed_with_bounds::<ACCOUNTS_MAX, _>(&instruction, accounts, signers)
    }
}
