//! Extended pools, and what happens to them.

use {
    tidepool_interface::state::{DemotionPolicy, Limits},
    tidepool_tests::{
        SOL,
        extension::PoolKind,
        harness::{Harness, usual},
        pool::PoolSpec,
        stake,
    },
};

/// Seconds of an epoch, as these tests have it.
pub const EPOCH_SECONDS: i64 = 172_800;

/// Three validators of 100 SOL with weights, 100 SOL in the reserve, and a token for each lamport.
pub fn extended() -> Harness {
    extended_with(|_| {})
}

pub fn extended_with(change: impl FnOnce(&mut PoolSpec)) -> Harness {
    let mut spec = usual(PoolKind::EXTENDED);
    change(&mut spec);
    let mut h = Harness::with(spec);
    h.set_weights(&vec![1; h.records().len()]);
    h.edit_extension(|extension| extension.had_weights = 1);
    // The first entry of the ledger.
    h.succeed(&h.pool.update_pool());
    h
}

/// Limits, all but some unset.
pub fn limits(change: impl FnOnce(&mut Limits)) -> Limits {
    let mut limits = Limits::NONE;
    change(&mut limits);
    limits
}

/// The manager sets limits.
#[track_caller]
pub fn set_limits(h: &mut Harness, change: impl FnOnce(&mut Limits)) {
    let mut limits = h.extension().limits;
    change(&mut limits);
    h.succeed(&h.pool.set_limits(h.pool.state.head.manager, limits));
}

/// A policy that demotes without bounds.
pub fn demotion(change: impl FnOnce(&mut DemotionPolicy)) -> DemotionPolicy {
    let mut policy =
        DemotionPolicy { max_validators: u16::MAX.into(), max_stake: 10_000.into(), ..DemotionPolicy::NONE };
    change(&mut policy);
    policy
}

/// Each validator's stake earns some millionths.
pub fn pay_rewards(h: &mut Harness, millionths: u64) {
    for index in 0..h.records().len() {
        let (address, lamports) = (h.stake(index), h.records()[index].active_stake_lamports.get());
        h.edit(&address, |account| stake::pay(account, lamports / 1_000_000 * millionths));
    }
}

/// An epoch passes with rewards, and the pool is brought up to date.
#[track_caller]
pub fn next_epoch(h: &mut Harness, millionths: u64) {
    pass_epoch(h);
    pay_rewards(h, millionths);
    h.crank();
}

/// An epoch passes.
pub fn pass_epoch(h: &mut Harness) {
    h.vm.mollusk.sysvars.clock.unix_timestamp += EPOCH_SECONDS;
    h.turn_epoch();
}

/// A lamport for each token, as a number of SOL.
pub const fn sol(amount: u64) -> u64 {
    amount * SOL
}
