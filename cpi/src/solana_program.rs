//! Calls from programs with solana-program.
//!
//! `program_id` is the pool's program. Its account must be among those of the transaction, and need not be passed here. `seeds` are
//! those of program-derived addresses that sign: empty if all signers signed the transaction.

use {
    ::solana_program::{
        account_info::AccountInfo, entrypoint::ProgramResult, instruction::Instruction, program::invoke_signed,
        program_error::ProgramError,
    },
    std::vec::Vec,
    tidepool_interface::{
        Address,
        instruction::{
            self, DepositSolAccounts, DepositStakeAccounts, ExtensionInstruction, RequestExitAccounts,
            WithdrawSolAccounts, WithdrawStakeAccounts,
        },
    },
};

/// Deposits `lamports` of `lamports_from`, for `minimum` pool tokens at least.
///
/// # Errors
/// `IncorrectProgramId` if the pool is not of the program `program_id`. An error of the pool's program ends the transaction.
pub fn deposit_sol(
    program_id: &Address,
    accounts: &DepositSolAccounts<&AccountInfo>,
    lamports: u64,
    minimum: u64,
    seeds: &[&[&[u8]]],
) -> ProgramResult {
    let instruction =
        instruction::deposit_sol(program_id, &accounts.map(|account| *account.key), lamports, Some(minimum));
    let mut infos = Vec::new();
    accounts.visit(|account, _, _| infos.push(account.clone()));
    invoke(accounts.pool, &instruction, &infos, seeds)
}

/// Withdraws SOL from the reserve for `pool_tokens`, `minimum` lamports at least.
///
/// # Errors
/// As [`deposit_sol`].
pub fn withdraw_sol(
    program_id: &Address,
    accounts: &WithdrawSolAccounts<&AccountInfo>,
    pool_tokens: u64,
    minimum: u64,
    seeds: &[&[&[u8]]],
) -> ProgramResult {
    let addresses = accounts.map(|account| *account.key);
    let instruction = instruction::withdraw_sol(program_id, &addresses, pool_tokens, Some(minimum));
    let mut infos = Vec::new();
    accounts.visit(|account, _, _| infos.push(account.clone()));
    invoke(accounts.pool, &instruction, &infos, seeds)
}

/// Deposits a stake account, for `minimum` pool tokens at least. The stake deposit authority is already its staker and withdrawer, and signs
/// if `authority_signs`: if it is not the pool's default one.
///
/// # Errors
/// As [`deposit_sol`].
pub fn deposit_stake(
    program_id: &Address,
    accounts: &DepositStakeAccounts<&AccountInfo>,
    authority_signs: bool,
    minimum: u64,
    seeds: &[&[&[u8]]],
) -> ProgramResult {
    let addresses = accounts.map(|account| *account.key);
    let instruction = instruction::deposit_stake(program_id, &addresses, authority_signs, Some(minimum));
    let mut infos = Vec::new();
    accounts.visit(|account, _, _| infos.push(account.clone()));
    invoke(accounts.pool, &instruction, &infos, seeds)
}

/// Withdraws a stake account for `pool_tokens`, with `minimum` lamports at least.
///
/// # Errors
/// As [`deposit_sol`].
pub fn withdraw_stake(
    program_id: &Address,
    accounts: &WithdrawStakeAccounts<&AccountInfo>,
    pool_tokens: u64,
    minimum: u64,
    seeds: &[&[&[u8]]],
) -> ProgramResult {
    let addresses = accounts.map(|account| *account.key);
    let instruction = instruction::withdraw_stake(program_id, &addresses, pool_tokens, Some(minimum));
    let mut infos = Vec::new();
    accounts.visit(|account, _, _| infos.push(account.clone()));
    invoke(accounts.pool, &instruction, &infos, seeds)
}

/// Requests an exit ticket for `pool_tokens`, of `minimum` lamports at least. Only extended pools give tickets.
///
/// # Errors
/// As [`deposit_sol`].
pub fn request_exit(
    program_id: &Address,
    accounts: &RequestExitAccounts<&AccountInfo>,
    pool_tokens: u64,
    minimum: u64,
    seeds: &[&[&[u8]]],
) -> ProgramResult {
    let metas = accounts.map(|account| *account.key).metas();
    let request = ExtensionInstruction::RequestExit { pool_tokens, minimum_lamports: minimum };
    let mut infos = Vec::new();
    accounts.visit(|account, _, _| infos.push(account.clone()));
    invoke(accounts.pool, &request.with_accounts(program_id, metas), &infos, seeds)
}

fn invoke(pool: &AccountInfo, instruction: &Instruction, infos: &[AccountInfo], seeds: &[&[&[u8]]]) -> ProgramResult {
    if *pool.owner != instruction.program_id {
        return Err(ProgramError::IncorrectProgramId);
    }
    invoke_signed(instruction, infos, seeds)
}
