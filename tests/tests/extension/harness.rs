//! The pools that the tests work on.

use {
    tidepool_interface::state::PoolTerms,
    tidepool_tests::{
        SOL,
        extension::PoolKind,
        harness::Harness,
        pool::{PoolSpec, ValidatorSpec},
        scenario::EPOCH,
        vm::Vm,
    },
};

/// Stake that validators have, and that moves to them, in SOL.
pub type Stakes<'a> = &'a [(u64, u64)];

/// Two validators with too much and two with too little, where weights are equal, and a reserve that helps only a little.
pub const UNBALANCED: Stakes = &[(400, 0), (50, 0), (50, 0), (400, 0)];

/// One validator at rest between two with transient stake.
pub const MOVING: Stakes = &[(300, 10), (300, 0), (280, 10)];

fn spec(kind: PoolKind, stakes: Stakes, last_update_epoch: u64) -> PoolSpec {
    let in_stake: u64 = stakes.iter().map(|(delegated, transient)| delegated + transient).sum();
    PoolSpec {
        total_lamports: 1_000 * SOL,
        supply: 1_000 * SOL,
        reserve: (1_000 - in_stake) * SOL,
        terms: PoolTerms { last_epoch_total_lamports: 1_000 * SOL, ..PoolTerms::default() },
        validators: stakes
            .iter()
            .map(|(delegated, transient)| ValidatorSpec::active(delegated * SOL, transient * SOL))
            .collect(),
        last_update_epoch,
        kind,
        ..PoolSpec::default()
    }
}

/// An up-to-date pool with the extension, whose validators have equal weights.
pub fn fresh(vm: Vm, stakes: Stakes) -> Harness {
    let mut h = install(vm, PoolKind::EXTENDED, stakes, EPOCH);
    h.set_weights(&vec![1; stakes.len()]);
    h
}

/// A pool with the extension that was updated in the epoch before.
pub fn stale(vm: Vm, stakes: Stakes) -> Harness {
    install(vm, PoolKind::EXTENDED, stakes, EPOCH - 1)
}

/// A pool of 1,000 SOL, with a holder of half its tokens.
pub fn install(vm: Vm, kind: PoolKind, stakes: Stakes, last_update_epoch: u64) -> Harness {
    Harness::install(vm, &spec(kind, stakes, last_update_epoch), EPOCH, 500 * SOL)
}
