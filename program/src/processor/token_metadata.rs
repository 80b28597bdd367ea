//! `CreateTokenMetadata` and `UpdateTokenMetadata`: the pool token's name in wallets.

use {
    crate::{
        cpi::{TokenText, create_metadata, update_metadata},
        validation::{Pool, check_owner, check_program, check_system_program},
    },
    pinocchio::{AccountView, Address, ProgramResult},
    tidepool_interface::{
        StakePoolError::{InvalidMetadataAccount, SignatureMissing},
        address::{METADATA_PROGRAM_ID, SYSTEM_PROGRAM_ID, find_metadata},
        instruction::{CreateTokenMetadataAccounts, UpdateTokenMetadataAccounts},
    },
};

#[inline(never)]
pub fn create(program_id: &Address, accounts: &[AccountView], name: &str, symbol: &str, uri: &str) -> ProgramResult {
    let accounts = CreateTokenMetadataAccounts::load(&mut accounts.iter().copied())?;
    if !accounts.payer.is_signer() {
        return Err(SignatureMissing.into());
    }
    check_system_program(&accounts.system_program)?;
    check_owner(&accounts.payer, &SYSTEM_PROGRAM_ID)?;
    check_owner(&accounts.pool, program_id)?;
    check_program(&accounts.metadata_program, &METADATA_PROGRAM_ID)?;
    let pool = Pool::load(program_id, &accounts.pool)?;
    pool.check_manager(&accounts.manager)?;
    let authority = pool.check_withdraw_authority(&accounts.withdraw_authority)?;
    pool.check_mint(&accounts.pool_mint)?;
    check_metadata(&accounts.metadata, &pool)?;
    create_metadata(
        &authority,
        &accounts.metadata,
        &accounts.pool_mint,
        &accounts.payer,
        &accounts.system_program,
        &TokenText { name, symbol, uri },
    )
}

#[inline(never)]
pub fn update(program_id: &Address, accounts: &[AccountView], name: &str, symbol: &str, uri: &str) -> ProgramResult {
    let accounts = UpdateTokenMetadataAccounts::load(&mut accounts.iter().copied())?;
    check_owner(&accounts.pool, program_id)?;
    check_program(&accounts.metadata_program, &METADATA_PROGRAM_ID)?;
    let pool = Pool::load(program_id, &accounts.pool)?;
    pool.check_manager(&accounts.manager)?;
    let authority = pool.check_withdraw_authority(&accounts.withdraw_authority)?;
    check_metadata(&accounts.metadata, &pool)?;
    update_metadata(&authority, &accounts.metadata, &TokenText { name, symbol, uri })
}

fn check_metadata(account: &AccountView, pool: &Pool) -> ProgramResult {
    if *account.address() == find_metadata(&pool.head().pool_mint).0 {
        Ok(())
    } else {
        Err(InvalidMetadataAccount.into())
    }
}
