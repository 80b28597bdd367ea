//! Genesis: mainnet's parameters and programs, and validators.

use {
    crate::validators::{self, Validator},
    solana_account::Account,
    solana_accounts_db::accounts_db::ACCOUNTS_DB_CONFIG_FOR_TESTING,
    solana_address::Address,
    solana_clock::Slot,
    solana_epoch_schedule::EpochSchedule,
    solana_fee_calculator::FeeRateGovernor,
    solana_genesis_config::GenesisConfig,
    solana_native_token::LAMPORTS_PER_SOL,
    solana_rent::Rent,
    solana_runtime::{bank::Bank, genesis_utils},
    spl_generic_token::token::{self, native_mint},
    std::{ops::Range, sync::Arc, time::Duration},
};

/// Position of the deployment slot in a program's data account, after the discriminant.
const DEPLOYMENT_SLOT: Range<usize> = 4..12;

/// Base fee per signature in lamports, as on mainnet.
const LAMPORTS_PER_SIGNATURE: u64 = 5_000;

/// Features of this Agave release that would make a bank differ from mainnet: another consensus, vote accounts that pay for their
/// admission (without it, their stake earns nothing), shorter slots (with smaller rewards per epoch), lower rent.
pub const UNLIKE_MAINNET: [Address; 12] = [
    agave_feature_set::alpenglow::ID,
    agave_feature_set::alpenglow_fast_leader_handover::ID,
    agave_feature_set::validator_admission_ticket::ID,
    agave_feature_set::reduce_slot_time_to_350ms::ID,
    agave_feature_set::reduce_slot_time_to_300ms::ID,
    agave_feature_set::reduce_slot_time_to_250ms::ID,
    agave_feature_set::reduce_slot_time_to_200ms::ID,
    agave_feature_set::set_lamports_per_byte_to_6333::ID,
    agave_feature_set::set_lamports_per_byte_to_5080::ID,
    agave_feature_set::set_lamports_per_byte_to_2575::ID,
    agave_feature_set::set_lamports_per_byte_to_1322::ID,
    agave_feature_set::set_lamports_per_byte_to_696::ID,
];

pub(crate) fn config(
    slots_per_epoch: u64,
    slot_time: Duration,
    creation_time: i64,
    validators: &[Validator],
    without_features: &[Address],
    is_alpenglow: bool,
) -> GenesisConfig {
    let rent = Rent::default();
    let mut config = GenesisConfig {
        creation_time,
        accounts: validators.iter().flat_map(|validator| validator.genesis_accounts(&rent)).collect(),
        fee_rate_governor: FeeRateGovernor {
            lamports_per_signature: LAMPORTS_PER_SIGNATURE,
            ..FeeRateGovernor::default()
        },
        // No warm-up: the first epochs of a new cluster would otherwise have 32, 64, … slots and very small rewards.
        epoch_schedule: EpochSchedule::custom(slots_per_epoch, slots_per_epoch, false),
        rent,
        ..GenesisConfig::default()
    };
    config.poh_config.target_tick_duration = slot_time / config.ticks_per_slot as u32;
    config.accounts.insert(native_mint::ID, native_mint_account());
    genesis_utils::add_genesis_stake_config_account(&mut config);
    genesis_utils::add_genesis_epoch_rewards_account(&mut config);
    for feature in agave_feature_set::FeatureSet::all_enabled().active().keys() {
        if !UNLIKE_MAINNET.contains(feature) && !without_features.contains(feature) {
            genesis_utils::activate_feature(&mut config, *feature);
        }
    }
    if is_alpenglow {
        genesis_utils::activate_feature(&mut config, agave_feature_set::validator_admission_ticket::ID);
        genesis_utils::activate_alpenglow_at_genesis(&mut config);
        for validator in validators {
            let account = config.accounts.get_mut(&validator.vote).expect("the validator's vote account");
            validators::admit(account, &validator.vote);
        }
    }
    config
}

/// The bank of slot 0, with the usual programs (token programs, stake program, …).
pub(crate) fn bank(config: &GenesisConfig) -> Bank {
    let bank = Bank::new_from_genesis(
        config,
        Arc::default(),
        vec![],
        None,
        ACCOUNTS_DB_CONFIG_FOR_TESTING,
        None,
        None,
        Arc::default(),
        None,
        None,
    );
    let spl = solana_program_binaries::spl_programs(&config.rent);
    let core =
        solana_program_binaries::core_bpf_programs(&config.rent, |feature| config.accounts.contains_key(feature));
    for (address, account) in spl.iter().chain(&core) {
        bank.store_account(address, account);
    }
    bank
}

/// The accounts of a program without an upgrade authority, deployed in `slot`.
pub(crate) fn program_accounts(program_id: &Address, elf: &[u8], slot: Slot) -> [(Address, Account); 2] {
    let rent = Rent::default();
    let [program, mut data] = solana_program_binaries::bpf_loader_upgradeable_program_accounts(program_id, elf, &rent);
    data.1.data[DEPLOYMENT_SLOT].copy_from_slice(&slot.to_le_bytes());
    [program, data]
}

fn native_mint_account() -> Account {
    Account {
        lamports: LAMPORTS_PER_SOL,
        data: native_mint::ACCOUNT_DATA.to_vec(),
        owner: token::ID,
        ..Account::default()
    }
}
