//! Mints and token accounts against Token-2022's own types, and the published pool's rules for their extensions.

use {
    crate::{
        common::{address, config, noise},
        token_data,
    },
    proptest::prelude::*,
    solana_account_info::AccountInfo,
    solana_program_error::ProgramError,
    solana_program_option::COption,
    solana_program_pack::Pack as _,
    spl_stake_pool::state::{StakePool, is_extension_supported_for_mint},
    spl_token_2022_interface::{
        extension::{BaseStateWithExtensions as _, ExtensionType, StateWithExtensions},
        state::{Account, AccountState, Mint, Multisig},
    },
    tidepool_interface::{
        Address, StakePoolError,
        external::token::{self, TOKEN_ACCOUNT_LENGTH, TokenAccount, check_manager_fee_account},
    },
};

fn mints_are_read_alike(data: &[u8]) -> Result<(), TestCaseError> {
    let theirs = StateWithExtensions::<Mint>::unpack(data);
    let ours = token::Mint::decode(data);
    let (ours, theirs) = match (ours, theirs) {
        (Ok(ours), Ok(theirs)) => (ours, theirs),
        (ours, theirs) => {
            prop_assert_eq!(ours.err(), theirs.err());
            return Ok(());
        }
    };
    let option = |address: Option<&Address>| address.copied().map_or(COption::None, COption::Some);
    prop_assert_eq!(option(ours.mint_authority), theirs.base.mint_authority);
    prop_assert_eq!(option(ours.freeze_authority), theirs.base.freeze_authority);
    prop_assert_eq!((ours.supply, ours.decimals), (theirs.base.supply, theirs.base.decimals));

    let checked = theirs.get_extension_types().and_then(|types| {
        if types.iter().all(is_extension_supported_for_mint) {
            Ok(())
        } else {
            Err(StakePoolError::UnsupportedMintExtension.into())
        }
    });
    prop_assert_eq!(ours.check_extensions(), checked);
    Ok(())
}

fn accounts_are_read_alike(data: &[u8]) -> Result<(), TestCaseError> {
    let theirs = StateWithExtensions::<Account>::unpack(data);
    match (TokenAccount::decode(data), theirs) {
        (Ok(ours), Ok(theirs)) => {
            prop_assert_eq!(*ours.mint, theirs.base.mint);
            prop_assert_eq!(*ours.owner, theirs.base.owner);
            prop_assert_eq!(ours.amount, theirs.base.amount);
            prop_assert_eq!(ours.is_frozen, theirs.base.state == AccountState::Frozen);
        }
        (ours, theirs) => prop_assert_eq!(ours.err(), theirs.err()),
    }
    Ok(())
}

fn published_check(
    owner: &Address,
    data: &[u8],
    token_program_id: &Address,
    pool_mint: &Address,
) -> Result<(), ProgramError> {
    let pool = StakePool { token_program_id: *token_program_id, pool_mint: *pool_mint, ..StakePool::default() };
    let (mut lamports, mut data) = (0, data.to_vec());
    let key = Address::default();
    pool.check_manager_fee_info(&AccountInfo::new(&key, false, false, &mut lamports, &mut data, owner, false))
}

fn fee_accounts_are_judged_alike(
    owner: &Address,
    data: &[u8],
    program: &Address,
    mint: &Address,
) -> Result<Result<(), ProgramError>, TestCaseError> {
    let ours = check_manager_fee_account(owner, data, program, mint);
    prop_assert_eq!(&ours, &published_check(owner, data, program, mint));
    Ok(ours)
}

proptest! {
    #![proptest_config(config(20_000))]

    #[test]
    fn mints_decode_and_pass_as_published(data in token_data::mint()) {
        mints_are_read_alike(&data)?;
        accounts_are_read_alike(&data)?;
    }

    #[test]
    fn token_accounts_decode_and_pass_as_published(
        data in token_data::account(),
        owner in address(),
        stranger in address(),
        own_program in prop::bool::weighted(0.9),
        own_mint in prop::bool::weighted(0.9),
    ) {
        accounts_are_read_alike(&data)?;
        mints_are_read_alike(&data)?;
        let program = if own_program { owner } else { stranger };
        let mint = data.first_chunk().filter(|_| own_mint).map_or(stranger, |mint| Address::new_from_array(*mint));
        let _verdict = fee_accounts_are_judged_alike(&owner, &data, &program, &mint)?;
    }
}

proptest! {
    #![proptest_config(config(5_000))]

    #[test]
    fn random_bytes_are_read_as_published(data in noise(0..400)) {
        mints_are_read_alike(&data)?;
        accounts_are_read_alike(&data)?;
    }
}

/// An initialized account of the default mint.
fn valid_account() -> Vec<u8> {
    let mut data = vec![0; TOKEN_ACCOUNT_LENGTH];
    Account { state: AccountState::Initialized, ..Account::default() }.pack_into_slice(&mut data);
    data
}

/// A valid mint with the account type byte, without entries.
fn valid_mint() -> Vec<u8> {
    let mut data = vec![0; TOKEN_ACCOUNT_LENGTH];
    Mint { is_initialized: true, ..Mint::default() }.pack_into_slice(&mut data[..Mint::LEN]);
    data
}

#[test]
fn each_extension_type_is_judged_as_published() {
    let program = spl_token_2022_interface::ID;
    let mint = Address::default();
    for kind in 0..=u16::MAX {
        let entry = [kind.to_le_bytes(), [0, 0]].concat();
        let data = [&valid_account()[..], &[2], &entry].concat();
        let verdict = fee_accounts_are_judged_alike(&program, &data, &program, &mint).unwrap();
        let known = ExtensionType::try_from(kind).is_ok();
        assert_eq!(verdict == Err(ProgramError::InvalidAccountData), !known, "type {kind}");
        mints_are_read_alike(&[&valid_mint()[..], &[1], &entry].concat()).unwrap();
    }
}

#[test]
fn a_malformed_entry_outranks_an_unsupported_one() {
    let program = spl_token_2022_interface::ID;
    // Memo transfer is not supported; the entry after it is cut short.
    let data = [&valid_account()[..], &[2, 8, 0, 1, 0, 0], &[7, 0, 9]].concat();
    let verdict = fee_accounts_are_judged_alike(&program, &data, &program, &Address::default());
    assert_eq!(verdict.unwrap(), Err(ProgramError::InvalidAccountData));
}

#[test]
fn accounts_of_every_length_are_read_as_published() {
    let [account, mint] = [(valid_account(), 2), (valid_mint(), 1)].map(|(mut data, kind)| {
        data.push(kind);
        data.resize(Multisig::LEN + 20, 0);
        data
    });
    for length in 0..account.len() {
        for data in [&account[..length], &mint[..length]] {
            accounts_are_read_alike(data).unwrap();
            mints_are_read_alike(data).unwrap();
        }
    }
}

#[test]
fn the_state_of_a_fee_account_decides_as_published() {
    let program = spl_token_2022_interface::ID;
    let mut data = valid_account();
    let mut verdicts = (0..5).map(|state| {
        data[108] = state;
        fee_accounts_are_judged_alike(&program, &data, &program, &Address::default()).unwrap()
    });
    assert_eq!(verdicts.next(), Some(Err(ProgramError::UninitializedAccount)));
    assert_eq!(verdicts.next(), Some(Ok(())));
    assert_eq!(verdicts.next(), Some(Err(StakePoolError::InvalidFeeAccount.into())));
    assert!(verdicts.all(|verdict| verdict == Err(ProgramError::InvalidAccountData)));
}
