//! Check of a transaction's other instructions.

use {
    pinocchio::{
        AccountView, Address, ProgramResult,
        error::ProgramError,
        sysvars::instructions::{Instructions, IntrospectedInstruction},
    },
    solana_address::address_eq,
    solana_program_log::{Logger, logger::log_message},
    tidepool_interface::{ExtensionError::NotAlone, instruction::tag},
};

/// Height of the call stack for a top-level instruction.
const TOP_LEVEL: u64 = 1;

/// Checks that the transaction cannot move SOL into or out of the pool around this instruction. Otherwise, SOL borrowed for one
/// transaction could direct stake.
///
/// An instruction of another program may do anything without the pool's account: deposits and withdrawals take it, also by a call. So
/// wallets can add assertions, and callers their own steps.
///
/// # Errors
/// [`NotAlone`] if a program has called this one, or if the transaction has a deposit, a withdrawal, or an instruction of another
/// program that names the pool, which a log line points out; `InvalidArgument` if `account` is not the instructions sysvar.
pub fn check_alone(program_id: &Address, pool: &Address, account: &AccountView) -> ProgramResult {
    if stack_height() != TOP_LEVEL {
        log_message(b"A program calls Rebalance: send it as an instruction of the transaction");
        return Err(NotAlone.into());
    }
    let instructions = Instructions::try_from(account).map_err(|_| ProgramError::InvalidArgument)?;
    for index in 0..instructions.num_instructions() {
        let instruction = instructions.load_instruction_at(index)?;
        let is_harmless = if instruction.get_program_id() == program_id {
            !moves_funds(instruction.get_instruction_data())
        } else {
            !names(&instruction, pool)? // guard: rebalance-beside-others
        };
        if !is_harmless {
            let mut logger = Logger::<96>::default();
            logger.append("Instruction ").append(index as u64);
            logger.append(" can move SOL around the rebalance: send it in another transaction").log();
            return Err(NotAlone.into());
        }
    }
    Ok(())
}

/// Whether the account `address` is among those of the instruction.
fn names(instruction: &IntrospectedInstruction, address: &Address) -> Result<bool, ProgramError> {
    for index in 0..instruction.num_account_metas() {
        if address_eq(&instruction.get_instruction_account_at(index)?.key, address) {
            return Ok(true);
        }
    }
    Ok(false)
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
