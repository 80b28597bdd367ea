//! Stake accounts, against the stake program's own type.

#![no_main]

use {
    libfuzzer_sys::fuzz_target,
    solana_borsh::v1::try_from_slice_unchecked,
    solana_program_error::ProgramError,
    solana_stake_interface::state::StakeStateV2,
    tidepool_fuzz::agree,
    tidepool_interface::{STAKE_ACCOUNT_SPACE, external::stake::StakeState},
};

// Data of any length, and the same with room for whatever a stake account may be.
fuzz_target!(|data: &[u8]| {
    check(data);
    let mut whole = data.to_vec();
    whole.resize(STAKE_ACCOUNT_SPACE, 0);
    check(&whole);
});

fn check(data: &[u8]) {
    let theirs = try_from_slice_unchecked::<StakeStateV2>(data).map_err(ProgramError::from);
    let Some((ours, theirs)) = agree(StakeState::decode(data), theirs) else { return };
    // The bytes of both are those of the data, so both say the same.
    let written = match ours {
        StakeState::Uninitialized | StakeState::RewardsPool => data[..4].to_vec(),
        StakeState::Initialized(meta) => [&data[..4], bytemuck::bytes_of(meta)].concat(),
        StakeState::Stake(meta, delegation) => {
            let flags = data[4 + size_of_val(meta) + size_of_val(delegation)];
            [&data[..4], bytemuck::bytes_of(meta), bytemuck::bytes_of(delegation), &[flags]].concat()
        }
    };
    assert_eq!(written, data[..written.len()]);
    assert_eq!(borsh::to_vec(&theirs).expect("memory"), written);
    // What the stake program itself reads with.
    if data.len() >= STAKE_ACCOUNT_SPACE {
        assert_eq!(bincode::deserialize::<StakeStateV2>(data).ok(), Some(theirs));
    }
    check_delegation(data, &ours, &theirs);
}

fn check_delegation(data: &[u8], ours: &StakeState, theirs: &StakeStateV2) {
    assert_eq!(StakeState::decode_delegated(data).is_ok(), theirs.delegation().is_some());
    let (StakeState::Stake(meta, delegation), Some(published)) = (ours, theirs.delegation()) else { return };
    assert_eq!(delegation.voter, published.voter_pubkey);
    assert_eq!(delegation.stake.get(), published.stake);
    assert_eq!(delegation.activation_epoch.get(), published.activation_epoch);
    assert_eq!(delegation.deactivation_epoch.get(), published.deactivation_epoch);
    let authorized = theirs.authorized().expect("it is delegated");
    assert_eq!((meta.staker, meta.withdrawer), (authorized.staker, authorized.withdrawer));
    let usable = authorized.staker == authorized.withdrawer;
    assert_eq!(meta.is_usable_by_pool(&meta.staker, &meta.lockup), usable);
    for epoch in [0, published.activation_epoch, published.deactivation_epoch, u64::MAX] {
        if delegation.is_inactive(epoch) {
            assert!(epoch >= published.deactivation_epoch);
        }
    }
}
