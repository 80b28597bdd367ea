//! What else a transaction does.

use {
    pinocchio::{AccountView, Address, ProgramResult, error::ProgramError, sysvars::instructions::Instructions},
    tidepool_interface::{
        ExtensionError::NotAlone,
        address::{COMPUTE_BUDGET_PROGRAM_ID, SYSTEM_PROGRAM_ID},
        instruction::tag,
    },
};

/// Height of the call stack for an instruction that a transaction names itself.
const TOP_LEVEL: u64 = 1;

/// Checks that nothing in the transaction can bring SOL into the pool, or take SOL out of it, around this instruction: what
/// is lent for the time of a transaction could otherwise decide what moves.
///
/// # Errors
/// [`NotAlone`] where a program has called this one, where another program than the system and compute budget programs runs
/// beside it, or where a deposit or a withdrawal does; `InvalidArgument` where `account` is not the instructions sysvar.
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

/// Whether an instruction of this program takes or pays what the pool is rich by.
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
