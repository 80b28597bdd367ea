//! The program's entrypoint: executes an instruction and logs the reason of a failure in one line.

use {
    pinocchio::{
        AccountView, Address, ProgramResult, error::ProgramError, no_allocator, nostd_panic_handler, program_entrypoint,
    },
    solana_program_log::logger::log_message,
    tidepool_interface::{ExtensionError, StakePoolError},
};

program_entrypoint!(process_instruction);
no_allocator!();
nostd_panic_handler!();

fn process_instruction(program_id: &Address, accounts: &mut [AccountView], data: &[u8]) -> ProgramResult {
    crate::processor::process(program_id, accounts, data).inspect_err(log_error)
}

#[cold]
fn log_error(error: &ProgramError) {
    let message = match error {
        ProgramError::Custom(code) => match StakePoolError::from_code(*code) {
            Some(error) => error.message(),
            None => match ExtensionError::from_code(*code) {
                Some(error) => error.message(),
                None => return,
            },
        },
        ProgramError::BorshIoError => {
            "The instruction or an account's data does not decode: check the instruction's bytes and the accounts' order."
        }
        ProgramError::NotEnoughAccountKeys => "An account is missing from the instruction's list.",
        ProgramError::IncorrectProgramId => {
            "An account's owner or a program's address is not the expected one: check the accounts' order."
        }
        ProgramError::InvalidArgument => "An account is not the sysvar that is expected in its place.",
        ProgramError::InsufficientFunds => {
            "The stake account cannot spare that much: rent and the minimum delegation have to stay. Move less."
        }
        ProgramError::AccountNotRentExempt => {
            "The lamports are below the minimum of a stake account or an account's rent."
        }
        ProgramError::AccountDataTooSmall => "The validator list has no room for that: check its size and the indices.",
        ProgramError::InvalidSeeds => "The transient stake account exists under another seed: use the record's.",
        ProgramError::InvalidInstructionData => "The instruction is retired and always refused.",
        _ => return,
    };
    log_message(message.as_bytes());
}
