//! The system program's instructions.

use {
    super::call::call,
    pinocchio::{
        AccountView, ProgramResult,
        cpi::{Seed, Signer},
        instruction::{InstructionAccount, InstructionView},
    },
    tidepool_interface::{
        STAKE_ACCOUNT_SPACE,
        address::{STAKE_PROGRAM_ID, SYSTEM_PROGRAM_ID},
    },
};

/// Instruction tags of the system program, encoded as `u32`.
mod tag {
    pub const ASSIGN: u32 = 1;
    pub const TRANSFER: u32 = 2;
    pub const ALLOCATE: u32 = 8;
}

/// Pays `lamports` from a wallet that signed.
pub fn transfer(from: &AccountView, to: &AccountView, lamports: u64) -> ProgramResult {
    let mut data = [0; 12];
    data[..4].copy_from_slice(&tag::TRANSFER.to_le_bytes());
    data[4..].copy_from_slice(&lamports.to_le_bytes());
    let instruction = InstructionView {
        program_id: &SYSTEM_PROGRAM_ID,
        data: &data,
        accounts: &[InstructionAccount::writable_signer(from.address()), InstructionAccount::writable(to.address())],
    };
    call(&instruction, [from, to], &[])
}

/// Makes an empty stake account at a derived address, without moving lamports: who sends lamports to the address
/// beforehand cannot prevent it.
pub fn create_stake_account(account: &AccountView, seeds: &[Seed]) -> ProgramResult {
    let signers = [Signer::from(seeds)];
    let accounts = [InstructionAccount::writable_signer(account.address())];

    let mut data = [0; 12];
    data[..4].copy_from_slice(&tag::ALLOCATE.to_le_bytes());
    data[4..].copy_from_slice(&(STAKE_ACCOUNT_SPACE as u64).to_le_bytes());
    let allocate = InstructionView { program_id: &SYSTEM_PROGRAM_ID, data: &data, accounts: &accounts };
    call(&allocate, [account], &signers)?;

    let mut data = [0; 36];
    data[..4].copy_from_slice(&tag::ASSIGN.to_le_bytes());
    data[4..].copy_from_slice(STAKE_PROGRAM_ID.as_ref());
    let assign = InstructionView { program_id: &SYSTEM_PROGRAM_ID, data: &data, accounts: &accounts };
    call(&assign, [account], &signers)
}
