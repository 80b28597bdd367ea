//! Adversarial callers, who choose the validators and the time of calls.

use {
    crate::{
        callers::{Script, serve_all},
        convergence::{FAMILY, can_converge, distances, epochs_to_rest, is_at_rest, is_near_targets},
        model::{Pool, SOL, STAKE_RENT},
        oracle::Plan,
        pools::{pool, record},
        runner::check,
    },
    proptest::prelude::*,
    tidepool_core::{
        MINIMUM_ACTIVE_STAKE,
        rebalance::{Inputs, Policy},
    },
};

/// Random calls at the start of every epoch do not prevent convergence.
#[test]
fn convergence_beside_other_callers() {
    check(200, (pool(FAMILY), Script::strategy(3, 30)), |(mut pool, script)| {
        pool.next_epoch(0);
        if !can_converge(&pool) {
            return Ok(());
        }
        for _ in 0..epochs_to_rest(&pool) {
            script.run(&mut pool)?;
            serve_all(&mut pool)?;
            pool.next_epoch(0);
        }
        is_near_targets(&pool)?;
        is_at_rest(&pool)
    });
}

/// Stake does not oscillate between epochs: random calls alone decrease validators, in total, by at most their initial deviations
/// above target and a minimum delegation per validator.
#[test]
fn churn_ends() {
    let scripts = prop::collection::vec(Script::strategy(3, 30), 1..20);
    check(200, (pool(FAMILY), scripts), |(mut pool, scripts)| {
        pool.next_epoch(0);
        let minimum = u128::from(pool.inputs.minimum_delegation);
        let most = distances(&pool).over + minimum * pool.records.len() as u128;
        let mut taken = 0;
        for script in scripts.iter().cycle().take(60) {
            script.run(&mut pool)?;
            taken += pool.leaving_stake();
            pool.next_epoch(0);
        }
        prop_assert!(taken <= most, "{taken} deactivated, at most {most} expected");
        Ok(())
    });
}

/// A minimal increase at the start of every epoch does not keep a validator from its part of later deposits.
#[test]
fn minimal_first_increases_do_not_delay_targets() {
    let mut pool = two_equal_validators();
    let deposit = 100 * SOL;
    for epoch in 0..20 {
        pool.inputs.reserve_lamports += STAKE_RENT + pool.inputs.minimum_delegation;
        assert!(pool.call(&[0]).is_ok());
        pool.inputs.reserve_lamports += deposit;
        assert!(serve_all(&mut pool).is_ok());
        pool.next_epoch(0);
        let below = Plan::of(&pool).below(&pool, 0);
        assert!(below <= u128::from(pool.required()), "{below} below target after {epoch} epochs");
    }
}

fn two_equal_validators() -> Pool {
    let inputs = Inputs {
        reserve_lamports: 0,
        last_epoch_total_lamports: 0,
        stake_rent: STAKE_RENT,
        minimum_delegation: MINIMUM_ACTIVE_STAKE,
        policy: Policy::DEFAULT,
        ticket_lamports: 0,
        is_paused: false,
    };
    Pool { records: vec![record(1, 1_000 * SOL); 2], inputs }
}
