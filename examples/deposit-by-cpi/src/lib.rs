//! A program that deposits SOL into a stake pool on behalf of its user: the stake button of another protocol.
//!
//! The user signs this program's instruction, which is enough for the deposit: a signature extends to the programs that are
//! called. The pool tokens go to the user. The protocol names its own token account as referrer, and gets the referrer's share
//! of the deposit fee.

use {
    borsh::{BorshDeserialize, BorshSerialize},
    solana_program::{
        account_info::AccountInfo, entrypoint::ProgramResult, program::set_return_data, program_error::ProgramError,
        pubkey, pubkey::Pubkey,
    },
    tidepool_cpi::{PoolReader, solana_program::deposit_sol},
    tidepool_interface::{
        StakePoolError, address::SPL_STAKE_POOL_PROGRAM_ID, external::token::TokenAccount,
        instruction::DepositSolAccounts,
    },
};

#[cfg(not(feature = "no-entrypoint"))]
solana_program::entrypoint!(process_instruction);

/// The program whose pools are accepted. A deposit is as safe as the program that takes it: never call one that the
/// transaction chooses.
pub const POOL_PROGRAM_ID: Pubkey = SPL_STAKE_POOL_PROGRAM_ID;

/// The owner of the token accounts that get the referrer's share of the fee.
pub const TREASURY: Pubkey = pubkey!("TreasuryTreasuryTreasuryTreasuryTreasury111");

/// The instruction's data, in Borsh's encoding.
///
/// The accounts are the pool's program, and then those of `DepositSol` in its order
/// ([`DepositSolAccounts`](tidepool_interface::instruction::DepositSolAccounts)). The return data is the number of pool tokens
/// that the user got, a little-endian `u64`.
#[derive(BorshDeserialize, BorshSerialize, Clone, Copy, Debug, Eq, PartialEq)]
pub struct Deposit {
    /// Lamports to deposit.
    pub lamports: u64,
    /// Fewest pool tokens that the user accepts, in the token's smallest unit. The deposit fails where it yields less.
    pub minimum_pool_tokens: u64,
}

/// Runs the instruction.
///
/// # Errors
/// `IncorrectProgramId` for a pool of another program, [`StakePoolError::InvalidFeeAccount`] for a referrer that is not the
/// treasury's; the stake pool's errors otherwise.
pub fn process_instruction(_program_id: &Pubkey, accounts: &[AccountInfo], data: &[u8]) -> ProgramResult {
    let Deposit { lamports, minimum_pool_tokens } = Deposit::try_from_slice(data)?;
    let [pool_program, pool_accounts @ ..] = accounts else { return Err(ProgramError::NotEnoughAccountKeys) };
    let deposit = DepositSolAccounts::of(pool_accounts)?;
    check(pool_program, &deposit)?;

    let before = token_amount(deposit.pool_tokens_to)?;
    deposit_sol(&POOL_PROGRAM_ID, &deposit, lamports, minimum_pool_tokens, &[])?;

    // What the pool's program checks, and this program does not: that the user signed, that the pool is up to date, that the
    // accounts are the pool's.
    let received = token_amount(deposit.pool_tokens_to)?.saturating_sub(before);
    set_return_data(&received.to_le_bytes());
    Ok(())
}

fn check(pool_program: &AccountInfo, deposit: &DepositSolAccounts<&AccountInfo>) -> ProgramResult {
    if *pool_program.key != POOL_PROGRAM_ID {
        return Err(ProgramError::IncorrectProgramId);
    }
    let data = deposit.pool.try_borrow_data()?;
    let pool = PoolReader::of(&POOL_PROGRAM_ID, deposit.pool.owner, &data)?;
    let referrer = deposit.referrer_fee_account.try_borrow_data()?;
    let is_token_account = *deposit.referrer_fee_account.owner == pool.head().token_program_id;
    if !is_token_account || *TokenAccount::decode(&referrer)?.owner != TREASURY {
        return Err(StakePoolError::InvalidFeeAccount.into());
    }
    Ok(())
}

fn token_amount(account: &AccountInfo) -> Result<u64, ProgramError> {
    Ok(TokenAccount::decode(&account.try_borrow_data()?)?.amount)
}
