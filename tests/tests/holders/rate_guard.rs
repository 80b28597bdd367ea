//! The rate guard: after an update that moves the rate too far, nothing can be bought or sold at it for some epochs.

use {
    crate::pools::{extended, next_epoch, pass_epoch, set_limits, sol},
    tidepool_interface::ExtensionError::RateGuardHalt,
    tidepool_tests::{
        accounts::{UserStake, add_empty_stake},
        harness::Harness,
        stake,
    },
};

/// A pool whose rate may rise by 2 % and fall by 1 % in an epoch.
fn guarded(epochs: u8) -> Harness {
    let mut h = extended();
    next_epoch(&mut h, 100);
    set_limits(&mut h, |l| {
        l.rate_guard_up.set(200);
        l.rate_guard_down.set(100);
        l.guard_epochs = epochs;
    });
    h
}

fn is_halted(h: &mut Harness) -> bool {
    let mut simulated = |instruction| h.vm.simulate(&instruction).custom_error() == Some(RateGuardHalt as u32);
    let pool = h.pool.clone();
    let deposit = simulated(pool.deposit_sol(h.holder.wallet, h.to, None, sol(1), None));
    let mut simulated = |instruction| h.vm.simulate(&instruction).custom_error() == Some(RateGuardHalt as u32);
    let withdrawal = simulated(pool.withdraw_sol(h.holder, None, sol(1), None));
    assert_eq!(deposit, withdrawal);
    deposit
}

/// Takes a share of the stake, in permille.
fn slash(h: &mut Harness, permille: u64) {
    for index in 0..3 {
        let address = h.stake(index);
        h.edit(&address, |account| {
            stake::slash(account, permille, sol(2));
        });
    }
}

#[test]
fn a_rise_or_fall_beyond_its_bound_halts() {
    // Stake is three quarters of the pool.
    for (change, is_beyond) in [(20_000i64, false), (28_000, true), (-9_000, false), (-20_000, true)] {
        let mut h = guarded(2);
        pass_epoch(&mut h);
        if change > 0 {
            crate::pools::pay_rewards(&mut h, change as u64);
        } else {
            slash(&mut h, (-change / 1_000) as u64);
        }
        h.crank();
        assert_eq!(is_halted(&mut h), is_beyond, "{change}");
    }
}

#[test]
fn a_halt_expires_by_itself() {
    for epochs in 1..=5 {
        let mut h = guarded(epochs);
        next_epoch(&mut h, 50_000);
        for _ in 0..epochs {
            assert!(is_halted(&mut h));
            next_epoch(&mut h, 10);
        }
        assert!(!is_halted(&mut h));
    }
}

/// A second update in the epoch compares with the rate before the epoch: the move cannot be cut into small ones.
#[test]
fn small_steps_within_an_epoch_add_up() {
    let mut h = guarded(1);
    pass_epoch(&mut h);
    for _ in 0..3 {
        crate::pools::pay_rewards(&mut h, 10_000);
        h.succeed(&h.pool.update_list(0, false, &(0..3).map(|i| (h.stake(i), h.transient(i))).collect::<Vec<_>>()));
        h.crank();
    }
    assert!(is_halted(&mut h));
}

/// What holders need to leave with their stake, and what brings the pool in order, goes on.
#[test]
fn stake_withdrawals_updates_rebalances_and_claims_go_on() {
    let mut h = guarded(5);
    h.pool.add_escrow(&mut h.vm);
    h.succeed(&h.pool.request_exit(h.holder, (0, h.holder.wallet), sol(1), 0));
    next_epoch(&mut h, 50_000);
    assert!(is_halted(&mut h));
    let stake = add_empty_stake(&mut h.vm);
    h.succeed(&h.pool.withdraw_stake(h.holder, h.stake(0), stake, sol(5), None));
    h.succeed(&h.rebalance(&[0, 1, 2]));
    let ticket = h.ticket(0).expect("a ticket");
    h.succeed(&h.pool.claim_exit(&ticket));
    h.succeed(&h.pool.request_exit(h.holder, (1, h.holder.wallet), sol(1), 0));
    // Deposits of stake are halted, too.
    let authority = h.pool.state.head.stake_deposit_authority;
    let vote = h.vote(0);
    let deposited = UserStake { authority, vote, delegated: sol(5), idle: 0, activation_epoch: 0 }.add(&mut h.vm);
    let deposit = h.pool.deposit_stake(authority, deposited, h.stake(0), h.to, None);
    h.refused(&deposit, RateGuardHalt as u32);
    next_epoch(&mut h, 0);
    h.succeed(&h.pool.cancel_exit(h.holder, 1));
}
