//! Check of a transaction's other instructions.

use {
    pinocchio::{AccountView, Address, ProgramResult, error::ProgramError, sysvars::instructions::Instructions},
    tidepool_interface::{
        ExtensionError::NotAlone,
        address::{COMPUTE_BUDGET_PROGRAM_ID, SYSTEM_PROGRAM_ID},
        instruction::tag,
    },
};

/// Height of the call stack for a top-level instruction.
const TOP_LEVEL: u64 = 1;

/// Checks that the transaction cannot move SOL into or out of the pool around this instruction. Otherwise, SOL borrowed for one
/// transaction could direct stake.
///
/// # Errors
/// [`NotAlone`] if a program has called this one, or if the transaction has a deposit, a withdrawal, or an instruction of a program
/// other than this, the system and the compute budget program; `InvalidArgument` if `account` is not the instructions sysvar.
pub fn check_alone(program_id: &Address, account: &AccountView) -> ProgramResult {
    if stack_height() != TOP_LEVEL {
        return Err(NotAlone.into());
    }
    let instructions = Instructions::try_from(account).map_err(|_| ProgramError::InvalidArgument)?;
    for index in 0..instructions.num_instructions() {
        let instruction = instructions.load_instruction_at(index)?;
        let program = instruction.get_program_id();
        let is_harmless = if program == program_id {
            !moves_funds(instruction.get_instruction_data())
        } else {
            *program == COMPUTE_BUDGET_PROGRAM_ID || *program == SYSTEM_PROGRAM_ID
        };
        if !is_harmless {
            return Err(NotAlone.into());
        }
    }
    Ok(())
}

/// Whether an instruction of this program changes the pool's total lamports.
fn moves_funds(data: &[u8]) -> bool {
    matches!(
        data.first(),
        Some(
            &(tag::DEPOSIT_STAKE
                | tag::WITHDRAW_STAKE
                | tag::DEPOSIT_SOL
                | tag::WITHDRAW_SOL
                | tag::DEPOSIT_STAKE_WITH_SLIPPAGE
                | tag::WITHDRAW_STAKE_WITH_SLIPPAGE
                | tag::DEPOSIT_SOL_WITH_SLIPPAGE
                | tag::WITHDRAW_SOL_WITH_SLIPPAGE)
        )
    )
}

#[cfg(any(target_os = "solana", target_arch = "bpf"))]
fn stack_height() -> u64 {
    // SAFETY: The syscall takes nothing and returns a number.
    unsafe { solana_define_syscall::definitions::sol_get_stack_height() }
}

#[cfg(not(any(target_os = "solana", target_arch = "bpf")))]
fn stack_height() -> u64 {
    TOP_LEVEL
}
