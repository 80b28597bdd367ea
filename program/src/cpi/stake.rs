//! The stake program's instructions. The sysvars' addresses are named, not taken from the accounts passed, so that a wrong
//! account fails.

use {
    super::{PoolAuthority, call::call},
    pinocchio::{
        AccountView, Address, ProgramResult,
        cpi::get_return_data,
        error::ProgramError,
        instruction::{InstructionAccount, InstructionView},
    },
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
}

const AUTHORIZE_STAKER: u32 = 0;
const AUTHORIZE_WITHDRAWER: u32 = 1;

/// The sysvars that delegation and merging want beside the stake accounts.
#[derive(Clone, Copy)]
pub struct StakeSysvars<'a> {
    /// The clock.
    pub clock: &'a AccountView,
    /// The stake history.
    pub history: &'a AccountView,
}

fn with_lamports(tag: u32, lamports: u64) -> [u8; 12] {
    let mut data = [0; 12];
    data[..4].copy_from_slice(&tag.to_le_bytes());
    data[4..].copy_from_slice(&lamports.to_le_bytes());
    data
}

impl PoolAuthority<'_> {
    /// Moves `lamports` of `from` to the uninitialized stake account `to`, with authorities and delegation.
    pub fn split(&self, from: &AccountView, to: &AccountView, lamports: u64) -> ProgramResult {
        let instruction = InstructionView {
            program_id: &STAKE_PROGRAM_ID,
            data: &with_lamports(tag::SPLIT, lamports),
            accounts: &[
                InstructionAccount::writable(from.address()),
                InstructionAccount::writable(to.address()),
                InstructionAccount::readonly_signer(self.account.address()),
            ],
        };
        self.invoke(&instruction, [from, to, self.account])
    }

    /// Merges all of `from` into `to`.
    pub fn merge(&self, from: &AccountView, to: &AccountView, sysvars: StakeSysvars) -> ProgramResult {
        let instruction = InstructionView {
            program_id: &STAKE_PROGRAM_ID,
            data: &tag::MERGE.to_le_bytes(),
            accounts: &[
                InstructionAccount::writable(to.address()),
                InstructionAccount::writable(from.address()),
                InstructionAccount::readonly(&CLOCK_ID),
                InstructionAccount::readonly(&STAKE_HISTORY_ID),
                InstructionAccount::readonly_signer(self.account.address()),
            ],
        };
        self.invoke(&instruction, [to, from, sysvars.clock, sysvars.history, self.account])
    }

    /// Delegates `stake` to the vote account `vote`.
    pub fn delegate(
        &self,
        stake: &AccountView,
        vote: &AccountView,
        sysvars: StakeSysvars,
        config: &AccountView,
    ) -> ProgramResult {
        let instruction = InstructionView {
            program_id: &STAKE_PROGRAM_ID,
            data: &tag::DELEGATE.to_le_bytes(),
            accounts: &[
                InstructionAccount::writable(stake.address()),
                InstructionAccount::readonly(vote.address()),
                InstructionAccount::readonly(&CLOCK_ID),
                InstructionAccount::readonly(&STAKE_HISTORY_ID),
                InstructionAccount::readonly(&STAKE_CONFIG_ID),
                InstructionAccount::readonly_signer(self.account.address()),
            ],
        };
        self.invoke(&instruction, [stake, vote, sysvars.clock, sysvars.history, config, self.account])
    }

    /// Deactivates `stake`.
    pub fn deactivate(&self, stake: &AccountView, clock: &AccountView) -> ProgramResult {
        let instruction = InstructionView {
            program_id: &STAKE_PROGRAM_ID,
            data: &tag::DEACTIVATE.to_le_bytes(),
            accounts: &[
                InstructionAccount::writable(stake.address()),
                InstructionAccount::readonly(&CLOCK_ID),
                InstructionAccount::readonly_signer(self.account.address()),
            ],
        };
        self.invoke(&instruction, [stake, clock, self.account])
    }

    /// Pays `lamports` that are not delegated from `stake` to `to`.
    pub fn withdraw(
        &self,
        stake: &AccountView,
        to: &AccountView,
        lamports: u64,
        sysvars: StakeSysvars,
    ) -> ProgramResult {
        let instruction = InstructionView {
            program_id: &STAKE_PROGRAM_ID,
            data: &with_lamports(tag::WITHDRAW, lamports),
            accounts: &[
                InstructionAccount::writable(stake.address()),
                InstructionAccount::writable(to.address()),
                InstructionAccount::readonly(&CLOCK_ID),
                InstructionAccount::readonly(&STAKE_HISTORY_ID),
                InstructionAccount::readonly_signer(self.account.address()),
            ],
        };
        self.invoke(&instruction, [stake, to, sysvars.clock, sysvars.history, self.account])
    }

    /// Hands `stake` over to `new_authority`, as staker and as withdrawer.
    pub fn authorize(&self, stake: &AccountView, new_authority: &Address, clock: &AccountView) -> ProgramResult {
        for role in [AUTHORIZE_STAKER, AUTHORIZE_WITHDRAWER] {
            let data = authorize_data(new_authority, role);
            let accounts = authorize_accounts(stake, self.account);
            let instruction = InstructionView { program_id: &STAKE_PROGRAM_ID, data: &data, accounts: &accounts };
            self.invoke(&instruction, [stake, clock, self.account])?;
        }
        Ok(())
    }
}

/// As [`PoolAuthority::authorize`], for an authority that signed the transaction itself.
pub fn authorize(
    stake: &AccountView,
    authority: &AccountView,
    new_authority: &Address,
    clock: &AccountView,
) -> ProgramResult {
    for role in [AUTHORIZE_STAKER, AUTHORIZE_WITHDRAWER] {
        let data = authorize_data(new_authority, role);
        let accounts = authorize_accounts(stake, authority);
        let instruction = InstructionView { program_id: &STAKE_PROGRAM_ID, data: &data, accounts: &accounts };
        call(&instruction, [stake, clock, authority], &[])?;
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

fn authorize_accounts<'a>(stake: &'a AccountView, authority: &'a AccountView) -> [InstructionAccount<'a>; 3] {
    [
        InstructionAccount::writable(stake.address()),
        InstructionAccount::readonly(&CLOCK_ID),
        InstructionAccount::readonly_signer(authority.address()),
    ]
}

/// The stake program's minimum delegation on today's clusters, in lamports.
pub const USUAL_MINIMUM_DELEGATION: u64 = 1_000_000_000;

/// Lamports that the stake program demands of a delegation: asked of the program itself, as it may change.
///
/// # Errors
/// `InvalidInstructionData` or `IncorrectProgramId` where the answer is not the stake program's.
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
