//! The types of `tidepool_interface` are those of the crates that an integrator has.

use {
    borsh::BorshDeserialize as _,
    solana_program::{
        entrypoint::ProgramResult,
        instruction::{AccountMeta, Instruction},
        program_error::ProgramError,
    },
    solana_sdk::{pubkey::Pubkey, signature::Keypair, signer::Signer as _},
    tidepool_interface::{
        Address, ExtensionError, StakePoolError, address,
        instruction::{OwnedInstruction, StakePoolInstruction},
        state::{StakePool, ValidatorList},
    },
};

/// An integrator's handler, with `?` on both errors of the pool.
fn handler(pool: Result<(), StakePoolError>, extension: Result<(), ExtensionError>) -> ProgramResult {
    pool?;
    extension?;
    Ok(())
}

#[test]
fn question_mark_converts_errors_into_program_error() {
    let error = handler(Err(StakePoolError::ExceededSlippage), Ok(()));
    assert_eq!(error, Err(ProgramError::Custom(39)));
    assert_eq!(handler(Ok(()), Err(ExtensionError::NotExtended)), Err(ProgramError::Custom(1001)));
    assert_eq!(handler(Ok(()), Ok(())), Ok(()));
}

/// The interface's own results are results of `solana_program`, too.
#[test]
fn question_mark_passes_program_errors_on() {
    fn total_lamports(data: &[u8]) -> Result<u64, ProgramError> {
        Ok(StakePool::decode_initialized(data)?.head.total_lamports.get())
    }
    assert_eq!(total_lamports(&[]), Err(ProgramError::BorshIoError));
    assert_eq!(total_lamports(&[0; 611]), Err(StakePoolError::InvalidState.into()));
}

/// Each line compiles only where both names stand for one type.
#[test]
fn addresses_and_instructions_are_the_published_types() {
    fn same<T: PartialEq>(a: T, b: T) -> bool {
        a == b
    }
    let key = Keypair::new();
    let address: Address = key.pubkey();
    let pubkey: Pubkey = address;
    assert!(same(address, pubkey));
    assert!(same(address::TOKEN_PROGRAM_ID, spl_token::ID));
    assert!(same(address::SYSTEM_PROGRAM_ID, Pubkey::default()));
    let wallet_tokens: Address = spl_associated_token_account::get_associated_token_address(&pubkey, &address);
    let transfer: Instruction =
        spl_token::instruction::transfer(&spl_token::ID, &wallet_tokens, &address, &pubkey, &[], 1).unwrap();
    let ours: Instruction = StakePoolInstruction::SetStaker
        .with_accounts(&pubkey, vec![AccountMeta::new(address, false), transfer.accounts[0].clone()]);
    assert_eq!(ours.accounts[1].pubkey, wallet_tokens);
}

#[test]
fn borsh_decodes_with_the_published_traits() {
    let instruction = StakePoolInstruction::DepositSol { lamports: 7 };
    let data = borsh::to_vec(&instruction).unwrap();
    assert_eq!(OwnedInstruction::try_from_slice(&data).unwrap().get(), instruction);
    assert!(StakePool::try_from_slice(&[1; 10]).is_err());
    assert!(ValidatorList::try_from_slice(&[2, 1, 0, 0, 0, 0, 0, 0, 0]).unwrap().validators.is_empty());
}
