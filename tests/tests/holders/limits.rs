//! Limits can be tightened, never loosened, and hold.

use {
    crate::pools::{extended, extended_with, limits, next_epoch, set_limits, sol},
    solana_address::Address,
    tidepool_core::maths::Fee,
    tidepool_interface::{
        ExtensionError::{FeeAboveCeiling, InvalidLimit, LimitLoosened, NotExtended, SupplyBelowFloor, WrongGuardian},
        StakePoolError::{SignatureMissing, WrongManager},
        instruction::{FeeType, WeightEntry},
        state::{Ceiling, Limits, SUPPLY_FLOOR_MAX},
    },
    tidepool_tests::{
        accounts::add_wallet,
        harness::Harness,
        instructions::unsigned,
        pool::{PoolSpec, ValidatorSpec},
    },
};

/// A change of limits.
type Change = fn(&mut Limits);

/// For each limit: set, tighter, looser.
const LADDER: [[Change; 3]; 12] = [
    [
        |l| l.ceilings.epoch = Ceiling::new(900),
        |l| l.ceilings.epoch = Ceiling::new(0),
        |l| l.ceilings.epoch = Ceiling::new(901),
    ],
    [
        |l| l.ceilings.sol_deposit = Ceiling::new(50),
        |l| l.ceilings.sol_deposit = Ceiling::new(49),
        |l| l.ceilings.sol_deposit = Ceiling::UNSET,
    ],
    [
        |l| l.ceilings.stake_deposit = Ceiling::new(10_000),
        |l| l.ceilings.stake_deposit = Ceiling::new(9_999),
        |l| l.ceilings.stake_deposit = Ceiling::UNSET,
    ],
    [
        |l| l.ceilings.sol_withdrawal = Ceiling::new(10),
        |l| l.ceilings.sol_withdrawal = Ceiling::new(9),
        |l| l.ceilings.sol_withdrawal = Ceiling::new(11),
    ],
    [
        |l| l.ceilings.stake_withdrawal = Ceiling::new(0),
        |l| l.ceilings.stake_withdrawal = Ceiling::new(0),
        |l| l.ceilings.stake_withdrawal = Ceiling::new(1),
    ],
    [|l| l.supply_floor.set(5), |l| l.supply_floor.set(SUPPLY_FLOOR_MAX), |l| l.supply_floor.set(4)],
    [|l| l.notice_epochs.set(2), |l| l.notice_epochs.set(60), |l| l.notice_epochs.set(1)],
    [|l| l.notice_seconds.set(86_400), |l| l.notice_seconds.set(86_401), |l| l.notice_seconds.set(0)],
    [|l| l.growth_charge.set(100), |l| l.growth_charge.set(1_000), |l| l.growth_charge.set(99)],
    [
        |l| (l.rate_guard_up.set(500), l.guard_epochs = 1).1,
        |l| (l.rate_guard_up.set(100), l.guard_epochs = 1).1,
        |l| (l.rate_guard_up.set(501), l.guard_epochs = 1).1,
    ],
    [
        |l| (l.rate_guard_down.set(500), l.guard_epochs = 1).1,
        |l| (l.rate_guard_down.set(499), l.guard_epochs = 2).1,
        |l| (l.rate_guard_down.set(0), l.guard_epochs = 0).1,
    ],
    [
        |l| (l.closing_needs_no_notice = 1, l.notice_epochs.set(1)).1,
        |l| (l.closing_needs_no_notice = 0, l.notice_epochs.set(1)).1,
        |l| l.notice_epochs.set(0),
    ],
];

#[test]
fn each_limit_can_only_be_tightened() {
    for [set, tighter, looser] in LADDER {
        let mut h = extended();
        let manager = h.pool.state.head.manager;
        set_limits(&mut h, set);
        h.refused(&h.pool.set_limits(manager, limits(looser)), LimitLoosened as u32);
        h.refused(&h.pool.set_limits(manager, Limits::NONE), LimitLoosened as u32);
        h.succeed(&h.pool.set_limits(manager, limits(tighter)));
        assert_eq!(h.extension().limits, limits(tighter));
        if limits(set) != limits(tighter) {
            let was = limits(set);
            h.refused(&h.pool.set_limits(manager, was), LimitLoosened as u32);
        }
    }
}

#[test]
fn limits_outside_their_ranges_are_refused() {
    let invalid: [Change; 13] = [
        |l| l.ceilings.epoch = Ceiling::new(10_001),
        |l| l.ceilings.stake_withdrawal = Ceiling::new(u16::MAX - 1),
        |l| l.supply_floor.set(SUPPLY_FLOOR_MAX + 1),
        |l| l.notice_epochs.set(61),
        |l| l.notice_seconds.set(90 * 86_400 + 1),
        |l| l.growth_charge.set(1_001),
        |l| (l.rate_guard_up.set(99), l.guard_epochs = 1).1,
        |l| (l.rate_guard_down.set(10_001), l.guard_epochs = 1).1,
        |l| l.rate_guard_up.set(100),
        |l| l.guard_epochs = 1,
        |l| (l.rate_guard_up.set(100), l.guard_epochs = 6).1,
        |l| l.closing_needs_no_notice = 2,
        |l| l.supply_floor.set(u64::MAX),
    ];
    for change in invalid {
        let mut h = extended();
        h.refused(&h.pool.set_limits(h.pool.state.head.manager, limits(change)), InvalidLimit as u32);
    }
}

#[test]
fn a_plain_pool_has_no_limits() {
    let mut h = Harness::usual();
    h.refused(&h.pool.set_limits(h.pool.state.head.manager, Limits::NONE), NotExtended as u32);
}

/// The five fees, at a number of basis points.
fn fees(basis_points: u64) -> [FeeType; 5] {
    let fee = Fee::new(basis_points, 10_000);
    [
        FeeType::Epoch(fee),
        FeeType::SolDeposit(fee),
        FeeType::StakeDeposit(fee),
        FeeType::SolWithdrawal(fee),
        FeeType::StakeWithdrawal(fee),
    ]
}

fn ceilings(l: &mut Limits) -> [&mut Ceiling; 5] {
    let c = &mut l.ceilings;
    [&mut c.epoch, &mut c.sol_deposit, &mut c.stake_deposit, &mut c.sol_withdrawal, &mut c.stake_withdrawal]
}

#[test]
fn no_fee_passes_its_ceiling() {
    for which in 0..5 {
        let mut h = extended();
        set_limits(&mut h, |l| *ceilings(l)[which] = Ceiling::new(10));
        h.succeed(&h.pool.set_fee(fees(10)[which]));
        h.refused(&h.pool.set_fee(fees(11)[which]), FeeAboveCeiling as u32);
        // The others are free.
        h.succeed(&h.pool.set_fee(fees(11)[(which + 1) % 5]));
        // Neither rounding nor a denominator of another size opens a way.
        let fee = |numerator, denominator| match which {
            0 => FeeType::Epoch(Fee::new(numerator, denominator)),
            1 => FeeType::SolDeposit(Fee::new(numerator, denominator)),
            2 => FeeType::StakeDeposit(Fee::new(numerator, denominator)),
            3 => FeeType::SolWithdrawal(Fee::new(numerator, denominator)),
            _ => FeeType::StakeWithdrawal(Fee::new(numerator, denominator)),
        };
        h.refused(&h.pool.set_fee(fee(u64::MAX / 1_000 + 1, u64::MAX)), FeeAboveCeiling as u32);
        h.succeed(&h.pool.set_fee(fee(0, 0)));
    }
}

#[test]
fn a_ceiling_below_a_fee_in_force_or_pending_is_refused() {
    for which in 0..5 {
        let mut h = extended();
        let manager = h.pool.state.head.manager;
        h.succeed(&h.pool.set_fee(fees(12)[which]));
        let ceiling = |basis_points| limits(|l| *ceilings(l)[which] = Ceiling::new(basis_points));
        // Pending or, for fees on deposits, in force.
        h.refused(&h.pool.set_limits(manager, ceiling(11)), FeeAboveCeiling as u32);
        next_epoch(&mut h, 0);
        h.refused(&h.pool.set_limits(manager, ceiling(11)), FeeAboveCeiling as u32);
        next_epoch(&mut h, 0);
        h.refused(&h.pool.set_limits(manager, ceiling(11)), FeeAboveCeiling as u32);
        h.succeed(&h.pool.set_limits(manager, ceiling(12)));
    }
}

#[test]
fn a_deposit_leaves_the_supply_floor() {
    let empty = |spec: &mut PoolSpec| {
        spec.validators = vec![ValidatorSpec::active(sol(100), 0)];
        spec.reserve = 0;
    };
    let mut h = extended_with(empty);
    let supply = h.state().head.pool_token_supply.get();
    set_limits(&mut h, |l| l.supply_floor.set(supply + sol(10)));
    let deposit = |h: &Harness, lamports| h.pool.deposit_sol(h.holder.wallet, h.to, None, lamports, None);
    h.refused(&deposit(&h, sol(10) - 1), SupplyBelowFloor as u32);
    h.succeed(&deposit(&h, sol(10)));
    h.succeed(&deposit(&h, 1));
}

#[test]
fn only_the_manager_sets_limits() {
    let mut h = extended();
    let head = h.pool.state.head;
    let wanted = limits(|l| l.notice_epochs.set(1));
    for key in [h.attacker.wallet, head.staker, h.pool.withdraw_authority] {
        h.refused(&h.pool.set_limits(key, wanted), WrongManager as u32);
    }
    let instruction = h.pool.set_limits(head.manager, wanted);
    h.refused(&unsigned(&instruction, &head.manager), SignatureMissing as u32);
    h.succeed(&instruction);
}

/// The guardian's only other power is to hand over itself.
#[test]
fn a_guardian_hands_over_itself_and_nothing_else() {
    let mut h = extended();
    let manager = h.pool.state.head.manager;
    let [guardian, next] = [0; 2].map(|_| add_wallet(sol(1), &mut h.vm));
    let with = |guardian: Address| limits(|l| l.guardian = guardian);
    h.refused(&h.pool.set_limits(guardian, with(guardian)), WrongManager as u32);
    h.succeed(&h.pool.set_limits(manager, with(guardian)));
    for other in [next, Address::default(), manager] {
        h.refused(&h.pool.set_limits(manager, with(other)), WrongGuardian as u32);
    }
    h.refused(&unsigned(&h.pool.set_limits(guardian, with(next)), &guardian), SignatureMissing as u32);
    h.refused(
        &h.pool.set_limits(guardian, limits(|l| (l.guardian = next, l.notice_epochs.set(1)).1)),
        LimitLoosened as u32,
    );
    h.succeed(&h.pool.set_limits(guardian, with(next)));
    h.refused(&h.pool.set_limits(guardian, with(guardian)), WrongManager as u32);
    // The manager's tightening keeps it.
    h.succeed(&h.pool.set_limits(manager, limits(|l| (l.guardian = next, l.notice_epochs.set(1)).1)));
    // Neither policy, fee, authority nor weight is the guardian's.
    let mut as_guardian = h.pool.clone();
    (as_guardian.state.head.manager, as_guardian.state.head.staker) = (next, next);
    h.refused(&as_guardian.set_fee(FeeType::SolReferral(0)), WrongManager as u32);
    h.refused(&as_guardian.set_policy(tidepool_interface::state::RebalancePolicy::DEFAULT), WrongManager as u32);
    h.refused(&as_guardian.set_demotion_policy(tidepool_interface::state::DemotionPolicy::NONE), WrongManager as u32);
    h.refused(
        &as_guardian.set_weights(&[WeightEntry::new(0, &h.vote(0), 1)]),
        tidepool_interface::StakePoolError::WrongStaker as u32,
    );
    h.refused(&as_guardian.set_staker(next, next), SignatureMissing as u32);
}
