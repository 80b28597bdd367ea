//! Stake accounts against the stake program's own types, read as the published pool reads them.

use {
    crate::{
        common::{address, config, noise, number},
        damage::damage,
    },
    proptest::{collection::vec, prelude::*},
    solana_borsh::v1::try_from_slice_unchecked,
    solana_program_error::ProgramError,
    solana_stake_interface::{
        stake_flags::StakeFlags,
        state::{Authorized, Delegation, Lockup, Meta, Stake, StakeStateV2},
    },
    tidepool_interface::{
        STAKE_ACCOUNT_SPACE, StakePoolError,
        external::stake::{Delegation as OurDelegation, StakeMeta, StakeState},
        state::PodLockup,
    },
};

fn meta() -> impl Strategy<Value = Meta> {
    (number(), [address(), address(), address()], number(), number()).prop_map(
        |(reserve, [staker, withdrawer, custodian], timestamp, epoch)| {
            #[allow(deprecated)] // Still a field of every account.
            Meta {
                rent_exempt_reserve: reserve,
                authorized: Authorized { staker, withdrawer },
                lockup: Lockup { unix_timestamp: timestamp as i64, epoch, custodian },
            }
        },
    )
}

fn stake() -> impl Strategy<Value = Stake> {
    (address(), vec(number(), 4), any::<[u8; 8]>()).prop_map(|(voter_pubkey, numbers, reserved)| Stake {
        delegation: Delegation {
            voter_pubkey,
            stake: numbers[0],
            activation_epoch: numbers[1],
            deactivation_epoch: numbers[2],
            _reserved: reserved,
        },
        credits_observed: numbers[3],
    })
}

fn state() -> impl Strategy<Value = StakeStateV2> {
    prop_oneof![
        1 => Just(StakeStateV2::Uninitialized),
        1 => Just(StakeStateV2::RewardsPool),
        3 => meta().prop_map(StakeStateV2::Initialized),
        3 => (meta(), stake()).prop_map(|(meta, stake)| StakeStateV2::Stake(meta, stake, StakeFlags::empty())),
    ]
}

fn account() -> impl Strategy<Value = Vec<u8>> {
    (state(), noise(STAKE_ACCOUNT_SPACE)).prop_map(|(state, mut data)| {
        borsh::to_writer(&mut data[..], &state).unwrap();
        data
    })
}

fn our_lockup(lockup: &Lockup) -> PodLockup {
    PodLockup {
        unix_timestamp: (lockup.unix_timestamp as u64).into(),
        epoch: lockup.epoch.into(),
        custodian: lockup.custodian,
    }
}

fn our_meta(meta: &Meta) -> StakeMeta {
    StakeMeta {
        #[allow(deprecated)]
        rent_exempt_reserve: meta.rent_exempt_reserve.into(),
        staker: meta.authorized.staker,
        withdrawer: meta.authorized.withdrawer,
        lockup: our_lockup(&meta.lockup),
    }
}

fn our_delegation(stake: &Stake) -> OurDelegation {
    OurDelegation {
        voter: stake.delegation.voter_pubkey,
        stake: stake.delegation.stake.into(),
        activation_epoch: stake.delegation.activation_epoch.into(),
        deactivation_epoch: stake.delegation.deactivation_epoch.into(),
        reserved: stake.delegation._reserved,
        credits_observed: stake.credits_observed.into(),
    }
}

fn decodes_alike(data: &[u8]) -> Result<(), TestCaseError> {
    let theirs = try_from_slice_unchecked::<StakeStateV2>(data).map_err(ProgramError::from);
    let (meta, delegation);
    let expected = match &theirs {
        Err(error) => Err(error.clone()),
        Ok(StakeStateV2::Uninitialized) => Ok(StakeState::Uninitialized),
        Ok(StakeStateV2::RewardsPool) => Ok(StakeState::RewardsPool),
        Ok(StakeStateV2::Initialized(theirs)) => {
            meta = our_meta(theirs);
            Ok(StakeState::Initialized(&meta))
        }
        Ok(StakeStateV2::Stake(theirs, stake, _)) => {
            meta = our_meta(theirs);
            delegation = our_delegation(stake);
            Ok(StakeState::Stake(&meta, &delegation))
        }
    };
    prop_assert_eq!(StakeState::decode(data), expected.clone());
    let delegated = match expected {
        Err(error) => Err(error),
        Ok(StakeState::Stake(meta, delegation)) => Ok((meta, delegation)),
        Ok(_) => Err(StakePoolError::WrongStakeStake.into()),
    };
    prop_assert_eq!(StakeState::decode_delegated(data), delegated);
    Ok(())
}

proptest! {
    #![proptest_config(config(10_000))]

    #[test]
    fn stake_accounts_decode_as_published(data in account()) {
        decodes_alike(&data)?;
    }

    #[test]
    fn damaged_stake_accounts_decode_as_published(data in account(), damages in vec(damage(), 1..3)) {
        let mut data = data;
        for damage in damages {
            damage.apply(&mut data);
        }
        decodes_alike(&data)?;
    }

    #[test]
    fn random_bytes_decode_as_published_stake_accounts(tag in 0u32..6, body in noise(0..220)) {
        decodes_alike(&body)?;
        decodes_alike(&[&tag.to_le_bytes()[..], &body].concat())?;
    }

    #[test]
    fn the_pool_commands_stake_with_its_authority_and_lockup_only(
        meta in meta(),
        authority in address(),
        keep in any::<[bool; 5]>(),
    ) {
        let mut meta = meta;
        meta.authorized = Authorized::auto(&authority);
        let pool_lockup = our_lockup(&meta.lockup);
        // Each of these changes alone makes the account unusable by the pool.
        let other = authority.to_bytes().map(|byte| !byte).into();
        if !keep[0] { meta.authorized.staker = other }
        if !keep[1] { meta.authorized.withdrawer = other }
        if !keep[2] { meta.lockup.unix_timestamp ^= 1 }
        if !keep[3] { meta.lockup.epoch ^= 1 }
        if !keep[4] { meta.lockup.custodian = meta.lockup.custodian.to_bytes().map(|byte| !byte).into() }
        prop_assert_eq!(our_meta(&meta).is_usable_by_pool(&authority, &pool_lockup), keep == [true; 5]);
    }

    #[test]
    fn stake_is_inactive_once_its_deactivation_epoch_has_passed(
        stake in stake(),
        epoch in number(),
        near in any::<bool>(),
    ) {
        let mut delegation = our_delegation(&stake);
        if near {
            delegation.deactivation_epoch = epoch.into();
            delegation.activation_epoch = (epoch ^ (epoch & 1)).into();
        }
        let (activated, deactivated) = (delegation.activation_epoch.get(), delegation.deactivation_epoch.get());
        prop_assert_eq!(
            delegation.is_inactive(epoch),
            deactivated < epoch || (activated == epoch && deactivated == epoch)
        );
        prop_assert_eq!(delegation.is_delegated(), deactivated == u64::MAX);
    }
}

#[test]
fn stake_accounts_cut_anywhere_decode_as_published() {
    let initialized = StakeStateV2::Initialized(Meta::default());
    let stake = StakeStateV2::Stake(Meta::default(), Stake::default(), StakeFlags::empty());
    for state in [StakeStateV2::Uninitialized, initialized, stake, StakeStateV2::RewardsPool] {
        let mut data = [0xff; STAKE_ACCOUNT_SPACE];
        borsh::to_writer(&mut data[..], &state).unwrap();
        for length in 0..=data.len() {
            decodes_alike(&data[..length]).unwrap();
        }
    }
}
