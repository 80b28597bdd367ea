//! Mints and token accounts with their extensions, against Token-2022's own types and the published rules for them.

#![no_main]

use {
    libfuzzer_sys::fuzz_target,
    solana_account_info::AccountInfo,
    solana_address::Address,
    solana_program_error::ProgramError,
    solana_program_option::COption,
    spl_stake_pool::state::{StakePool, is_extension_supported_for_mint},
    spl_token_2022_interface::{
        extension::{BaseStateWithExtensions as _, StateWithExtensions},
        state::{Account, AccountState, Mint},
    },
    tidepool_fuzz::agree,
    tidepool_interface::{
        StakePoolError,
        external::token::{self, TokenAccount, check_manager_fee_account},
    },
};

// A byte that says whose the fee account and its mint are, and data that may be a mint's or an account's.
fuzz_target!(|data: &[u8]| {
    let Some((whose, data)) = data.split_first() else { return };
    check_mint(data);
    check_account(data);
    let [owner, stranger] = [spl_token_2022_interface::ID, Address::default()];
    let program = if whose & 1 == 0 { owner } else { stranger };
    let mint = data.first_chunk().filter(|_| whose & 2 == 0).map_or(stranger, |mint| Address::new_from_array(*mint));
    let ours = check_manager_fee_account(&owner, data, &program, &mint);
    assert_eq!(ours, published_check(&owner, data, &program, &mint));
});

fn check_mint(data: &[u8]) {
    let Some((ours, theirs)) = agree(token::Mint::decode(data), StateWithExtensions::<Mint>::unpack(data)) else {
        return;
    };
    let option = |address: Option<&Address>| address.copied().map_or(COption::None, COption::Some);
    assert_eq!(option(ours.mint_authority), theirs.base.mint_authority);
    assert_eq!(option(ours.freeze_authority), theirs.base.freeze_authority);
    assert_eq!((ours.supply, ours.decimals), (theirs.base.supply, theirs.base.decimals));
    let supported = theirs.get_extension_types().and_then(|types| {
        if types.iter().all(is_extension_supported_for_mint) {
            Ok(())
        } else {
            Err(StakePoolError::UnsupportedMintExtension.into())
        }
    });
    assert_eq!(ours.check_extensions(), supported);
}

fn check_account(data: &[u8]) {
    if let Some((ours, theirs)) = agree(TokenAccount::decode(data), StateWithExtensions::<Account>::unpack(data)) {
        assert_eq!((*ours.mint, *ours.owner), (theirs.base.mint, theirs.base.owner));
        assert_eq!(ours.amount, theirs.base.amount);
        assert_eq!(ours.has_delegate, theirs.base.delegate.is_some());
        assert_eq!(ours.is_frozen, theirs.base.state == AccountState::Frozen);
    }
}

fn published_check(owner: &Address, data: &[u8], program: &Address, mint: &Address) -> Result<(), ProgramError> {
    let pool = StakePool { token_program_id: *program, pool_mint: *mint, ..StakePool::default() };
    let (mut lamports, mut data) = (0, data.to_vec());
    let key = Address::default();
    pool.check_manager_fee_info(&AccountInfo::new(&key, false, false, &mut lamports, &mut data, owner, false))
}
