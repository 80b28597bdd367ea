//! Demotion: by proof alone, within the policy's bounds, and without the staker.

use {
    crate::pools::{demotion, extended, next_epoch, pass_epoch, sol},
    solana_program_error::ProgramError,
    solana_vote_interface::state::{VoteInit, VoteState1_14_11, VoteStateV3, VoteStateVersions},
    tidepool_interface::{
        ExtensionError::{
            DemotionBoundReached, EntryMoved, InvalidDemotionPolicy, NoGroundForDemotion, ValidatorDemoted,
            WeightTooHigh,
        },
        StakePoolError::{StakeListAndPoolOutOfDate, WrongManager},
        instruction::WeightEntry,
        state::{Ceiling, DemotionGround as Ground, DemotionPolicy},
    },
    tidepool_tests::{harness::Harness, instructions::unsigned},
};

pub fn ruled(change: impl FnOnce(&mut DemotionPolicy)) -> Harness {
    let mut h = extended();
    h.succeed(&h.pool.set_demotion_policy(demotion(change)));
    h
}

pub fn demote(h: &Harness, index: u32, ground: Ground, peer: Option<u32>) -> solana_instruction::Instruction {
    let vote = |index: u32| (index, h.vote(index as usize));
    h.pool.demote(vote(index), ground, peer.map(vote))
}

/// Epochs in which a validator earned credits.
fn earned(h: &mut Harness, index: usize, epochs: impl IntoIterator<Item = u64>) {
    let credits = epochs.into_iter().map(|epoch| (epoch, epoch * 100 + 50, epoch * 100)).collect();
    h.edit_vote(index, |state| state.epoch_credits = credits);
}

#[test]
fn a_commission_above_the_bound_is_a_ground() {
    for (ground, is_block) in [(Ground::InflationCommission, false), (Ground::BlockCommission, true)] {
        let mut h = ruled(|p| {
            p.inflation_commission = if is_block { Ceiling::UNSET } else { Ceiling::new(500) };
            p.block_commission = if is_block { Ceiling::new(500) } else { Ceiling::UNSET };
        });
        let set = |h: &mut Harness, bps: u16| {
            h.edit_vote(1, |state| {
                state.inflation_rewards_commission_bps = if is_block { 0 } else { bps };
                state.block_revenue_commission_bps = if is_block { bps } else { 0 };
            });
        };
        for (bps, is_above) in [(0, false), (500, false), (501, true), (10_000, true), (u16::MAX, true)] {
            set(&mut h, bps);
            let outcome = h.vm.simulate(&demote(&h, 1, ground, None));
            let expected = if is_above { None } else { Some(NoGroundForDemotion as u32) };
            assert_eq!(outcome.custom_error(), expected, "{ground:?} {bps}");
        }
        // Another ground is none.
        for other in Ground::ALL.into_iter().filter(|other| *other != ground && *other != Ground::NoCredits) {
            h.refused(&demote(&h, 1, other, None), NoGroundForDemotion as u32);
        }
        h.succeed(&demote(&h, 1, ground, None));
        assert!(h.entry(1).is_demoted() && h.entry(1).weight() == 0);
        h.refused(&demote(&h, 1, ground, None), ValidatorDemoted as u32);
    }
}

#[test]
fn a_policy_that_is_unset_demotes_no_one() {
    let mut h = extended();
    h.edit_vote(0, |state| {
        (state.inflation_rewards_commission_bps, state.block_revenue_commission_bps) = (10_000, 10_000);
    });
    for ground in Ground::ALL.into_iter().filter(|ground| !matches!(ground, Ground::Closed)) {
        h.refused(&demote(&h, 0, ground, Some(1)), NoGroundForDemotion as u32);
    }
    // Also a closed vote account: no policy allows a demotion at all.
    let vote = h.vote(0);
    h.edit_data(&vote, |data| data.fill(0));
    h.refused(&demote(&h, 0, Ground::Closed, None), DemotionBoundReached as u32);
}

/// The older layouts state whole percents, and no commission on block revenue.
#[test]
fn vote_accounts_of_older_versions_are_read() {
    let init = |commission| VoteInit { commission, ..VoteInit::default() };
    let clock = solana_clock::Clock::default();
    for (percent, is_above) in [(5, false), (6, true), (100, true), (255, true)] {
        let mut state = VoteStateV3::new(&init(percent), &clock);
        state.commission = percent;
        let old = VoteState1_14_11::from(state.clone());
        for versions in [VoteStateVersions::V3(Box::new(state)), VoteStateVersions::V1_14_11(Box::new(old))] {
            let mut h = ruled(|p| {
                (p.inflation_commission, p.block_commission) = (Ceiling::new(500), Ceiling::new(0));
            });
            let (vote, bytes) = (h.vote(0), bincode::serialize(&versions).expect("a vote state"));
            h.edit_data(&vote, |data| {
                data.fill(0);
                data[..bytes.len()].copy_from_slice(&bytes);
            });
            let outcome = h.vm.simulate(&demote(&h, 0, Ground::InflationCommission, None));
            assert_eq!(outcome.is_ok(), is_above, "{percent} %: {:#?}", outcome.logs);
            h.refused(&demote(&h, 0, Ground::BlockCommission, None), NoGroundForDemotion as u32);
        }
    }
}

#[test]
fn a_missing_bls_key_is_a_ground_where_the_policy_says_so() {
    let mut h = ruled(|p| p.requires_bls_key = 1);
    h.edit_vote(0, |state| state.bls_pubkey_compressed = Some([7; 48]));
    h.refused(&demote(&h, 0, Ground::NoBlsKey, None), NoGroundForDemotion as u32);
    h.edit_vote(1, |state| state.bls_pubkey_compressed = None);
    h.succeed(&demote(&h, 1, Ground::NoBlsKey, None));
}

#[test]
fn a_closed_vote_account_is_a_ground() {
    // Emptied, truncated, of an unknown version, or another program's.
    let spoils: [fn(&mut solana_account::Account); 5] = [
        |account| account.data.fill(0),
        |account| account.data.clear(),
        |account| account.data.truncate(70),
        |account| account.data[0] = 9,
        |account| account.owner = solana_sdk_ids::system_program::ID,
    ];
    for spoil in spoils {
        let mut h = ruled(|p| (p.inflation_commission, p.requires_bls_key) = (Ceiling::new(0), 1));
        let vote = h.vote(2);
        h.refused(&demote(&h, 2, Ground::Closed, None), NoGroundForDemotion as u32);
        h.edit(&vote, spoil);
        for ground in [Ground::InflationCommission, Ground::NoBlsKey] {
            h.refused(&demote(&h, 2, ground, None), NoGroundForDemotion as u32);
        }
        h.succeed(&demote(&h, 2, Ground::Closed, None));
    }
}

#[test]
fn no_credits_are_a_ground_beside_a_peer_that_earned_some() {
    let mut h = ruled(|p| p.epochs_without_credits = 3);
    let now = h.epoch();
    let no_ground = NoGroundForDemotion as u32;
    earned(&mut h, 1, now - 10..now - 3);
    // The present epoch is not complete: its credits do not count.
    earned(&mut h, 2, now - 3..now);
    let without_peer = h.vm.simulate(&demote(&h, 1, Ground::NoCredits, None));
    assert_eq!(
        without_peer.result.raw_result.map_err(ProgramError::try_from),
        Err(Ok(ProgramError::NotEnoughAccountKeys))
    );
    h.succeed_in_trial(&demote(&h, 1, Ground::NoCredits, Some(2)));
    // A credit in one of the epochs saves it, whatever the entry's numbers.
    for epoch in now - 3..now {
        earned(&mut h, 1, [epoch]);
        h.refused(&demote(&h, 1, Ground::NoCredits, Some(2)), no_ground);
    }
    earned(&mut h, 1, [now]);
    // A peer that missed one of the epochs proves nothing: the cluster may have stood still.
    for missed in now - 3..now {
        earned(&mut h, 2, (now - 3..now).filter(|epoch| *epoch != missed));
        h.refused(&demote(&h, 1, Ground::NoCredits, Some(2)), no_ground);
    }
    earned(&mut h, 2, now - 3..now);
    // Itself, a demoted one and one that is being removed are no peers.
    h.refused(&demote(&h, 1, Ground::NoCredits, Some(1)), no_ground);
    h.edit_record(2, |record| record.extension.demote(0));
    h.refused(&demote(&h, 1, Ground::NoCredits, Some(2)), no_ground);
    h.edit_record(2, |record| {
        record.extension.set_weight(1);
        record.status = 2;
    });
    h.refused(&demote(&h, 1, Ground::NoCredits, Some(2)), no_ground);
    h.edit_record(2, |record| record.status = 0);
    h.succeed(&demote(&h, 1, Ground::NoCredits, Some(2)));
}

/// A halt of the cluster, or its migration: no validator earned anything, so none is demoted.
#[test]
fn all_validators_delinquent_at_once() {
    let mut h = ruled(|p| p.epochs_without_credits = 1);
    for index in 0..3 {
        earned(&mut h, index, []);
    }
    for index in 0..3u32 {
        for peer in 0..3u32 {
            h.refused(&demote(&h, index, Ground::NoCredits, Some(peer)), NoGroundForDemotion as u32);
        }
    }
    // With one that goes on, the others can be demoted, and the last one never.
    let last = h.epoch() - 1;
    earned(&mut h, 0, [last]);
    for index in [1, 2] {
        h.succeed(&demote(&h, index, Ground::NoCredits, Some(0)));
    }
    for peer in 0..3 {
        h.refused(&demote(&h, 0, Ground::NoCredits, Some(peer)), NoGroundForDemotion as u32);
    }
}

/// The entry of all ones that separates the eras is no credit, neither for a peer nor for the validator; amounts in lamports are.
#[test]
fn alpenglow_marker_in_credits() {
    const MARKER: (u64, u64, u64) = (u64::MAX, u64::MAX, u64::MAX);
    let mut h = ruled(|p| p.epochs_without_credits = 2);
    let now = h.epoch();
    let lamports = |epoch: u64| (epoch, epoch * 5_000_000_000 + 1, epoch * 5_000_000_000);
    h.edit_vote(0, |state| state.epoch_credits = vec![MARKER]);
    h.edit_vote(1, |state| state.epoch_credits = vec![(now - 3, 10, 5), MARKER]);
    h.refused(&demote(&h, 1, Ground::NoCredits, Some(0)), NoGroundForDemotion as u32);
    h.edit_vote(0, |state| state.epoch_credits = vec![(now - 3, 10, 5), MARKER, lamports(now - 2), lamports(now - 1)]);
    h.succeed_in_trial(&demote(&h, 1, Ground::NoCredits, Some(0)));
    h.edit_vote(1, |state| state.epoch_credits = vec![(now - 3, 10, 5), MARKER, lamports(now - 1)]);
    h.refused(&demote(&h, 1, Ground::NoCredits, Some(0)), NoGroundForDemotion as u32);
}

#[test]
fn the_bounds_of_an_epoch_hold() {
    let raised = |change: fn(&mut DemotionPolicy)| {
        let mut h = ruled(|p| (p.inflation_commission = Ceiling::new(0), change(p)).1);
        for index in 0..3 {
            h.edit_vote(index, |state| state.inflation_rewards_commission_bps = 1);
        }
        h
    };
    let of = |h: &Harness, index| demote(h, index, Ground::InflationCommission, None);
    let mut h = raised(|p| p.max_validators.set(2));
    h.succeed(&of(&h, 0));
    h.succeed(&of(&h, 2));
    h.refused(&of(&h, 1), DemotionBoundReached as u32);
    next_epoch(&mut h, 0);
    h.succeed(&of(&h, 1));
    // A quarter of the pool is with each.
    let mut h = raised(|p| p.max_stake.set(4_999));
    h.succeed(&of(&h, 0));
    h.refused(&of(&h, 1), DemotionBoundReached as u32);
    next_epoch(&mut h, 0);
    h.succeed(&of(&h, 1));
    h.refused(&of(&h, 2), DemotionBoundReached as u32);
}

#[test]
fn invalid_policies_and_others_keys_are_refused() {
    let mut h = extended();
    let invalid: [fn(&mut DemotionPolicy); 7] = [
        |p| p.inflation_commission = Ceiling::new(10_001),
        |p| p.block_commission = Ceiling::new(10_001),
        |p| p.epochs_without_credits = 31,
        |p| p.requires_bls_key = 2,
        |p| p.cooldown_epochs.set(1_001),
        |p| p.max_stake.set(10_001),
        |p| p.reserved[3] = 1,
    ];
    for change in invalid {
        h.refused(&h.pool.set_demotion_policy(demotion(change)), InvalidDemotionPolicy as u32);
    }
    let policy = h.pool.set_demotion_policy(demotion(|_| {}));
    let manager = h.pool.state.head.manager;
    h.refused(&unsigned(&policy, &manager), tidepool_interface::StakePoolError::SignatureMissing as u32);
    let mut stranger = h.pool.clone();
    stranger.state.head.manager = h.attacker.wallet;
    h.refused(&stranger.set_demotion_policy(demotion(|_| {})), WrongManager as u32);
}

#[test]
fn accounts_that_were_not_meant_are_refused() {
    let mut h = ruled(|p| p.inflation_commission = Ceiling::new(0));
    h.edit_vote(1, |state| state.inflation_rewards_commission_bps = 1);
    let votes = [0, 1, 2].map(|index| h.vote(index));
    // Another validator's vote account does not speak for this one.
    for (index, vote) in [(0, votes[1]), (2, votes[1]), (1, votes[0]), (3, votes[1]), (u32::MAX, votes[1])] {
        let instruction = h.pool.demote((index, vote), Ground::InflationCommission, None);
        h.refused(&instruction, EntryMoved as u32);
    }
    h.edit_record(1, |record| record.status = 2);
    h.refused(&demote(&h, 1, Ground::InflationCommission, None), NoGroundForDemotion as u32);
    h.edit_record(1, |record| record.status = 0);
    pass_epoch(&mut h);
    h.refused(&demote(&h, 1, Ground::InflationCommission, None), StakeListAndPoolOutOfDate as u32);
    h.crank();
    h.succeed(&demote(&h, 1, Ground::InflationCommission, None));
}

fn weight(h: &Harness, index: usize, weight: u16) -> solana_instruction::Instruction {
    h.pool.set_weights(&[WeightEntry::new(index as u32, &h.vote(index), weight)])
}

/// The staker can neither go first nor undo it: not before the cooldown is over.
#[test]
fn demotion_race_with_staker() {
    let mut h = ruled(|p| {
        p.inflation_commission = Ceiling::new(0);
        p.cooldown_epochs.set(3);
    });
    h.edit_vote(1, |state| state.inflation_rewards_commission_bps = 1);
    h.succeed(&weight(&h, 1, 30_000));
    h.succeed(&demote(&h, 1, Ground::InflationCommission, None));
    for _ in 0..3 {
        for wanted in [0, 1, 32_767] {
            h.refused(&weight(&h, 1, wanted), ValidatorDemoted as u32);
        }
        let (vote, stake) = (h.vote(1), h.stake(1));
        h.refused(&h.pool.increase(vote, stake, sol(2), 77), ValidatorDemoted as u32);
        let increase = h.pool.increase_additional(vote, stake, sol(2), 0, 78);
        h.refused(&increase, ValidatorDemoted as u32);
        next_epoch(&mut h, 0);
    }
    h.refused(&weight(&h, 1, 32_768), WeightTooHigh as u32);
    h.succeed(&weight(&h, 1, 5));
    assert!(!h.entry(1).is_demoted() && h.entry(1).weight() == 5);
    // As long as the ground is there, any fee payer demotes it again.
    h.succeed(&demote(&h, 1, Ground::InflationCommission, None));
}

/// An operator raises its commission for a while and takes it back: a fee payer who sees it may demote, and afterwards no one can.
#[test]
fn commission_rise_and_back_within_an_epoch() {
    let mut h = ruled(|p| p.inflation_commission = Ceiling::new(500));
    let set = |h: &mut Harness, bps| h.edit_vote(1, |state| state.inflation_rewards_commission_bps = bps);
    set(&mut h, 10_000);
    h.succeed_in_trial(&demote(&h, 1, Ground::InflationCommission, None));
    set(&mut h, 500);
    h.refused(&demote(&h, 1, Ground::InflationCommission, None), NoGroundForDemotion as u32);
    assert!(!h.entry(1).is_demoted());
    set(&mut h, 10_000);
    h.succeed(&demote(&h, 1, Ground::InflationCommission, None));
    set(&mut h, 0);
    // A demotion stays until the staker reinstates the validator.
    next_epoch(&mut h, 0);
    assert!(h.entry(1).is_demoted());
    h.succeed(&weight(&h, 1, 1));
}

/// Credits in an account that is no vote account of its own program prove nothing, neither for a peer nor against a validator.
#[test]
fn credits_count_only_in_vote_accounts() {
    let mut h = ruled(|p| p.epochs_without_credits = 1);
    let last = h.epoch() - 1;
    earned(&mut h, 1, []);
    earned(&mut h, 2, [last]);
    h.succeed_in_trial(&demote(&h, 1, Ground::NoCredits, Some(2)));
    for index in [1, 2] {
        let vote = h.vote(index);
        let mut owner = solana_sdk_ids::system_program::ID;
        h.edit(&vote, |account| std::mem::swap(&mut account.owner, &mut owner));
        h.refused(&demote(&h, 1, Ground::NoCredits, Some(2)), NoGroundForDemotion as u32);
        h.edit(&vote, |account| account.owner = owner);
    }
    h.succeed(&demote(&h, 1, Ground::NoCredits, Some(2)));
}
