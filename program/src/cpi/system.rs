//! The system program's instructions.

use {
    super::call::call,
    pinocchio::{
        AccountView, Address, ProgramResult,
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
    pub const TRANSFER: u32 = 2;
    pub const CREATE_ACCOUNT_ALLOW_PREFUND: u32 = 13;
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

/// Creates an empty stake account at a derived address. As [`create_account`].
pub fn create_stake_account(account: &AccountView, seeds: &[Seed]) -> ProgramResult {
    create_account(account, STAKE_ACCOUNT_SPACE, &STAKE_PROGRAM_ID, seeds)
}

/// Creates an account of `space` zero bytes at a derived address without moving lamports. It succeeds even if the address already holds
/// lamports: SIMD-0312, which is active on all public clusters since May 2026.
#[inline(always)]
pub fn create_account(account: &AccountView, space: usize, owner: &Address, seeds: &[Seed]) -> ProgramResult {
    let signers = [Signer::from(seeds)];
    let accounts = [InstructionAccount::writable_signer(account.address())];

    // Tag, lamports, space and owner. With 0 lamports, the instruction needs no payer.
    let mut data = [0; 52];
    data[..4].copy_from_slice(&tag::CREATE_ACCOUNT_ALLOW_PREFUND.to_le_bytes());
    data[12..20].copy_from_slice(&(space as u64).to_le_bytes());
    data[20..].copy_from_slice(owner.as_ref());
    let create = InstructionView { program_id: &SYSTEM_PROGRAM_ID, data: &data, accounts: &accounts };
    call(&create, [account], &signers)
}
