//! Derived addresses and constants are those of the published stake pool.

mod common;

use {
    common::{address, config, number},
    proptest::prelude::*,
    solana_borsh::v1::get_packed_len,
    solana_program_pack::Pack as _,
    solana_sdk_ids::{system_program, sysvar},
    solana_stake_interface::{self as stake, state::StakeStateV2},
    spl_stake_pool::{self as reference, inline_mpl_token_metadata, state as reference_state},
    spl_token_2022_interface::state::{Account, Mint},
    std::num::NonZeroU32,
    tidepool_interface::{self as tidepool, address, external::token, state},
};

proptest! {
    // Address searches are slow without optimization: fewer cases than elsewhere.
    #![proptest_config(config(64))]

    #[test]
    fn derived_addresses_and_bumps_are_the_published_ones(
        program in address(),
        pool in address(),
        vote in address(),
        seed in number(),
        short_seed in number().prop_map(|seed| seed as u32),
    ) {
        prop_assert_eq!(
            address::find_withdraw_authority(&program, &pool),
            reference::find_withdraw_authority_program_address(&program, &pool)
        );
        prop_assert_eq!(
            address::find_deposit_authority(&program, &pool),
            reference::find_deposit_authority_program_address(&program, &pool)
        );
        prop_assert_eq!(
            address::find_validator_stake(&program, &vote, &pool, short_seed),
            reference::find_stake_program_address(&program, &vote, &pool, NonZeroU32::new(short_seed))
        );
        prop_assert_eq!(
            address::find_transient_stake(&program, &vote, &pool, seed),
            reference::find_transient_stake_program_address(&program, &vote, &pool, seed)
        );
        prop_assert_eq!(
            address::find_ephemeral_stake(&program, &pool, seed),
            reference::find_ephemeral_stake_program_address(&program, &pool, seed)
        );
        prop_assert_eq!(
            address::find_metadata(&pool),
            inline_mpl_token_metadata::pda::find_metadata_account(&pool)
        );
    }
}

#[test]
fn a_seed_of_zero_adds_nothing_to_a_validator_stake_address() {
    assert_eq!(address::ValidatorStakeSeeds::new(0).suffix(), &[] as &[u8]);
    assert_eq!(address::ValidatorStakeSeeds::new(1).suffix(), &[1, 0, 0, 0]);
    assert_eq!(address::ValidatorStakeSeeds::new(u32::MAX).suffix(), &[0xff; 4]);
}

#[test]
fn well_known_addresses_are_the_published_ones() {
    #[allow(deprecated)] // The SPL account lists still contain it.
    let stake_config = stake::config::ID;
    for (ours, theirs) in [
        (address::SYSTEM_PROGRAM_ID, system_program::ID),
        (address::STAKE_PROGRAM_ID, stake::program::ID),
        (address::STAKE_CONFIG_ID, stake_config),
        (address::TOKEN_PROGRAM_ID, spl_token_interface::ID),
        (address::TOKEN_2022_PROGRAM_ID, spl_token_2022_interface::ID),
        (address::METADATA_PROGRAM_ID, inline_mpl_token_metadata::ID),
        (address::CLOCK_ID, sysvar::clock::ID),
        (address::RENT_ID, sysvar::rent::ID),
        (address::STAKE_HISTORY_ID, sysvar::stake_history::ID),
        (address::EPOCH_REWARDS_ID, sysvar::epoch_rewards::ID),
        (address::SPL_STAKE_POOL_PROGRAM_ID, reference::ID),
    ] {
        assert_eq!(ours, theirs);
    }
}

#[test]
fn constants_are_the_published_ones() {
    assert_eq!(tidepool::STAKE_ACCOUNT_SPACE, StakeStateV2::size_of());
    assert_eq!(token::MINT_LENGTH, Mint::LEN);
    assert_eq!(token::TOKEN_ACCOUNT_LENGTH, Account::LEN);
    assert_eq!(state::POOL_MAX_LENGTH, get_packed_len::<reference_state::StakePool>());
    assert_eq!(state::VALIDATOR_STAKE_INFO_LENGTH, reference_state::ValidatorStakeInfo::LEN);
}
