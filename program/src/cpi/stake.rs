//! The stake program's instructions.
//!
//! Since version 5 the stake program needs no sysvar accounts (SIMD-0490). They cost 200 to 560 compute units a call, so calls omit
//! them if the accounts passed in their positions are the sysvars. Otherwise calls include the passed accounts: the runtime or the
//! stake program then rejects the call with the same error as for the SPL stake pool.

use {
    super::{PoolAuthority, call::call},
    pinocchio::{
        AccountView, Address, ProgramResult,
        cpi::get_return_data,
        error::ProgramError,
        instruction::{InstructionAccount, InstructionView},
    },
    solana_address::address_eq,
    tidepool_interface::address::{CLOCK_ID, STAKE_CONFIG_ID, STAKE_HISTORY_ID, STAKE_PROGRAM_ID},
};

/// Instruction tags of the stake program, encoded as `u32`.
mod tag {
    pub const AUTHORIZE: u32 = 1;
    pub const DELEGATE: u32 = 2;
    pub const SPLIT: u32 = 3;
    pub const WITHDRAW: u32 = 4;
    pub const DEACTIVATE: u32 = 5;
    pub const MERGE: u32 = 7;
    pub const GET_MINIMUM_DELEGATION: u32 = 13;
    pub const MOVE_STAKE: u32 = 16;
}

const AUTHORIZE_STAKER: u32 = 0;
const AUTHORIZE_WITHDRAWER: u32 = 1;

/// The accounts passed in the positions of the sysvars.
#[derive(Clone, Copy)]
pub struct StakeSysvars<'a> {
    pub clock: &'a AccountView,
    pub history: &'a AccountView,
}

impl<'a> StakeSysvars<'a> {
    fn named(self) -> [Sysvar<'a>; 2] {
        [Sysvar::clock(self.clock), Sysvar { address: &STAKE_HISTORY_ID, account: self.history }]
    }
}

/// A sysvar, and the account passed in its position.
#[derive(Clone, Copy)]
struct Sysvar<'a> {
    address: &'static Address,
    account: &'a AccountView,
}

impl<'a> Sysvar<'a> {
    fn clock(account: &'a AccountView) -> Self {
        Self { address: &CLOCK_ID, account }
    }
}

/// Signs calls of the stake program.
trait Signature {
    fn account(&self) -> &AccountView;

    fn invoke<const N: usize>(&self, instruction: &InstructionView, accounts: [&AccountView; N]) -> ProgramResult;
}

impl Signature for PoolAuthority<'_> {
    #[inline(always)]
    fn account(&self) -> &AccountView {
        self.account
    }

    #[inline(always)]
    fn invoke<const N: usize>(&self, instruction: &InstructionView, accounts: [&AccountView; N]) -> ProgramResult {
        Self::invoke(self, instruction, accounts)
    }
}

/// An account that signed the transaction.
struct Signer<'a>(&'a AccountView);

impl Signature for Signer<'_> {
    #[inline(always)]
    fn account(&self) -> &AccountView {
        self.0
    }

    #[inline(always)]
    fn invoke<const N: usize>(&self, instruction: &InstructionView, accounts: [&AccountView; N]) -> ProgramResult {
        call(instruction, accounts, &[])
    }
}

/// Calls the stake program. The last account is the signer.
#[inline(always)]
fn call_stake<const N: usize, const S: usize>(
    signature: &impl Signature,
    data: &[u8],
    metas: [InstructionAccount; N],
    accounts: [&AccountView; N],
    sysvars: [Sysvar; S],
) -> ProgramResult {
    if !sysvars.iter().all(|sysvar| address_eq(sysvar.account.address(), sysvar.address)) {
        return call_naming_sysvars(signature, data, &metas, &accounts, &sysvars);
    }
    let instruction = InstructionView { program_id: &STAKE_PROGRAM_ID, data, accounts: &metas };
    signature.invoke(&instruction, accounts)
}

/// Maximum accounts of the instructions here: `DelegateStake` with its sysvars.
const MAX_ACCOUNTS: usize = 6;

/// As [`call_stake`], with the sysvars before the last account.
///
/// # Errors
/// `NotEnoughAccountKeys` for more than [`MAX_ACCOUNTS`] accounts.
#[cold]
#[inline(never)]
fn call_naming_sysvars(
    signature: &impl Signature,
    data: &[u8],
    metas: &[InstructionAccount],
    accounts: &[&AccountView],
    sysvars: &[Sysvar],
) -> ProgramResult {
    let (Some((last_meta, metas)), Some((last, accounts))) = (metas.split_last(), accounts.split_last()) else {
        return Err(ProgramError::NotEnoughAccountKeys);
    };
    let named = metas.iter().cloned().zip(accounts.iter().copied());
    let sysvars = sysvars.iter().map(|sysvar| (InstructionAccount::readonly(sysvar.address), sysvar.account));
    // The runtime accepts unused accounts.
    let mut all_metas = [const { InstructionAccount::readonly(&CLOCK_ID) }; MAX_ACCOUNTS];
    let mut all_accounts = [signature.account(); MAX_ACCOUNTS];
    let mut count = 0_usize;
    for (meta, account) in named.chain(sysvars).chain([(last_meta.clone(), *last)]) {
        let place = all_metas.get_mut(count).zip(all_accounts.get_mut(count));
        let (meta_place, account_place) = place.ok_or(ProgramError::NotEnoughAccountKeys)?;
        (*meta_place, *account_place) = (meta, account);
        count = count.saturating_add(1);
    }
    let accounts = all_metas.get(..count).unwrap_or_default();
    signature.invoke(&InstructionView { program_id: &STAKE_PROGRAM_ID, data, accounts }, all_accounts)
}

fn with_lamports(tag: u32, lamports: u64) -> [u8; 12] {
    let mut data = [0; 12];
    data[..4].copy_from_slice(&tag.to_le_bytes());
    data[4..].copy_from_slice(&lamports.to_le_bytes());
    data
}

impl PoolAuthority<'_> {
    /// Splits `lamports` off `from` into the uninitialized stake account `to`, with authorities and delegation.
    pub fn split(&self, from: &AccountView, to: &AccountView, lamports: u64) -> ProgramResult {
        let metas = [
            InstructionAccount::writable(from.address()),
            InstructionAccount::writable(to.address()),
            InstructionAccount::readonly_signer(self.account.address()),
        ];
        call_stake(self, &with_lamports(tag::SPLIT, lamports), metas, [from, to, self.account], [])
    }

    /// Splits `lamports` off `from` into the uninitialized stake account `to` and delegates them to the vote account `vote`.
    pub fn split_delegated(
        &self,
        from: &AccountView,
        to: &AccountView,
        lamports: u64,
        vote: &AccountView,
        sysvars: StakeSysvars,
        config: &AccountView,
    ) -> ProgramResult {
        self.split(from, to, lamports)?;
        self.delegate(to, vote, sysvars, config)
    }

    /// Splits `lamports` off `from` into the uninitialized stake account `to` and deactivates them.
    pub fn split_deactivated(
        &self,
        from: &AccountView,
        to: &AccountView,
        lamports: u64,
        clock: &AccountView,
    ) -> ProgramResult {
        self.split(from, to, lamports)?;
        self.deactivate(to, clock)
    }

    /// Moves `lamports` of delegated stake from `from` to `to` (SIMD-0148). Both must be fully active with the same delegation.
    pub fn move_stake(&self, from: &AccountView, to: &AccountView, lamports: u64) -> ProgramResult {
        let metas = [
            InstructionAccount::writable(from.address()),
            InstructionAccount::writable(to.address()),
            InstructionAccount::readonly_signer(self.account.address()),
        ];
        call_stake(self, &with_lamports(tag::MOVE_STAKE, lamports), metas, [from, to, self.account], [])
    }

    /// Merges all of `from` into `to`.
    pub fn merge(&self, from: &AccountView, to: &AccountView, sysvars: StakeSysvars) -> ProgramResult {
        let metas = [
            InstructionAccount::writable(to.address()),
            InstructionAccount::writable(from.address()),
            InstructionAccount::readonly_signer(self.account.address()),
        ];
        call_stake(self, &tag::MERGE.to_le_bytes(), metas, [to, from, self.account], sysvars.named())
    }

    /// Delegates `stake` to the vote account `vote`.
    pub fn delegate(
        &self,
        stake: &AccountView,
        vote: &AccountView,
        sysvars: StakeSysvars,
        config: &AccountView,
    ) -> ProgramResult {
        let metas = [
            InstructionAccount::writable(stake.address()),
            InstructionAccount::readonly(vote.address()),
            InstructionAccount::readonly_signer(self.account.address()),
        ];
        let [clock, history] = sysvars.named();
        let sysvars = [clock, history, Sysvar { address: &STAKE_CONFIG_ID, account: config }];
        call_stake(self, &tag::DELEGATE.to_le_bytes(), metas, [stake, vote, self.account], sysvars)
    }

    pub fn deactivate(&self, stake: &AccountView, clock: &AccountView) -> ProgramResult {
        let metas = [
            InstructionAccount::writable(stake.address()),
            InstructionAccount::readonly_signer(self.account.address()),
        ];
        call_stake(self, &tag::DEACTIVATE.to_le_bytes(), metas, [stake, self.account], [Sysvar::clock(clock)])
    }

    /// Withdraws `lamports` of undelegated lamports from `stake` to `to`.
    pub fn withdraw(
        &self,
        stake: &AccountView,
        to: &AccountView,
        lamports: u64,
        sysvars: StakeSysvars,
    ) -> ProgramResult {
        let metas = [
            InstructionAccount::writable(stake.address()),
            InstructionAccount::writable(to.address()),
            InstructionAccount::readonly_signer(self.account.address()),
        ];
        let data = with_lamports(tag::WITHDRAW, lamports);
        call_stake(self, &data, metas, [stake, to, self.account], sysvars.named())
    }

    /// Pays the missing lamports of a new stake account's `rent` from the reserve.
    pub fn pay_rent(
        &self,
        reserve: &AccountView,
        account: &AccountView,
        rent: u64,
        sysvars: StakeSysvars,
    ) -> ProgramResult {
        match rent.saturating_sub(account.lamports()) {
            0 => Ok(()),
            missing => self.withdraw(reserve, account, missing, sysvars),
        }
    }

    /// Makes `new_authority` the staker and withdrawer of `stake`.
    pub fn authorize(&self, stake: &AccountView, new_authority: &Address, clock: &AccountView) -> ProgramResult {
        authorize_both(self, stake, new_authority, clock)
    }
}

/// As [`PoolAuthority::authorize`], for an authority that signed the transaction itself.
pub fn authorize(
    stake: &AccountView,
    authority: &AccountView,
    new_authority: &Address,
    clock: &AccountView,
) -> ProgramResult {
    authorize_both(&Signer(authority), stake, new_authority, clock)
}

#[inline(always)]
fn authorize_both(
    signature: &impl Signature,
    stake: &AccountView,
    new_authority: &Address,
    clock: &AccountView,
) -> ProgramResult {
    let authority = signature.account();
    for role in [AUTHORIZE_STAKER, AUTHORIZE_WITHDRAWER] {
        let metas =
            [InstructionAccount::writable(stake.address()), InstructionAccount::readonly_signer(authority.address())];
        let data = authorize_data(new_authority, role);
        call_stake(signature, &data, metas, [stake, authority], [Sysvar::clock(clock)])?;
    }
    Ok(())
}

fn authorize_data(new_authority: &Address, role: u32) -> [u8; 40] {
    let mut data = [0; 40];
    data[..4].copy_from_slice(&tag::AUTHORIZE.to_le_bytes());
    data[4..36].copy_from_slice(new_authority.as_ref());
    data[36..].copy_from_slice(&role.to_le_bytes());
    data
}

/// The stake program's minimum delegation on today's clusters, in lamports.
pub const USUAL_MINIMUM_DELEGATION: u64 = 1_000_000_000;

/// The stake program's minimum delegation in lamports, from a call of the program, because it may change.
///
/// # Errors
/// `InvalidInstructionData` or `IncorrectProgramId` if the return data is not the stake program's.
#[inline(never)]
pub fn minimum_delegation() -> Result<u64, ProgramError> {
    let instruction = InstructionView {
        program_id: &STAKE_PROGRAM_ID,
        data: &tag::GET_MINIMUM_DELEGATION.to_le_bytes(),
        accounts: &[],
    };
    call(&instruction, [], &[])?;
    let answer = get_return_data().ok_or(ProgramError::InvalidInstructionData)?;
    if answer.program_id() != &STAKE_PROGRAM_ID {
        return Err(ProgramError::IncorrectProgramId);
    }
    let lamports = answer.as_slice().try_into().map_err(|_| ProgramError::InvalidInstructionData)?;
    Ok(u64::from_le_bytes(lamports))
}
