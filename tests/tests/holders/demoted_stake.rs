//! Stake of demoted validators: it leaves before that of others, within the turnover budget.

use {
    crate::{
        demotion::{demote, ruled},
        pools::{next_epoch, sol},
    },
    tidepool_interface::{
        ExtensionError::ValidatorDemoted,
        state::{Ceiling, DemotionGround as Ground},
    },
    tidepool_tests::{accounts::UserStake, harness::Harness},
};

/// No stake comes to a demoted validator; its own goes, down to the minimum, before any other moves; exits of stake stay open.
#[test]
fn the_stake_of_a_demoted_validator_leaves() {
    let mut h = ruled(|p| p.inflation_commission = Ceiling::new(0));
    h.edit_vote(0, |state| state.inflation_rewards_commission_bps = 1);
    h.succeed(&demote(&h, 0, Ground::InflationCommission, None));
    let authority = h.pool.state.head.stake_deposit_authority;
    let vote = h.vote(0);
    let stake = UserStake { authority, vote, delegated: sol(5), idle: 0, activation_epoch: 0 }.add(&mut h.vm);
    h.refused(&h.pool.deposit_stake(authority, stake, h.stake(0), h.to, None), ValidatorDemoted as u32);
    h.succeed(&h.rebalance(&[2, 1, 0]));
    assert!(h.records()[0].transient_stake_lamports.get() > sol(98), "{:?}", h.records()[0]);
    for _ in 0..3 {
        next_epoch(&mut h, 0);
        h.succeed(&h.rebalance(&[0, 1, 2]));
    }
    let [demoted, one, other] = h.records()[..] else { panic!("three validators") };
    assert!(demoted.active_stake_lamports.get() < sol(2) && demoted.transient_stake_lamports.get() == 0);
    for record in [one, other] {
        assert!(record.active_stake_lamports.get() > sol(190), "{record:?}");
    }
    let mut h = h;
    let to = tidepool_tests::accounts::add_empty_stake(&mut h.vm);
    h.succeed(&h.pool.withdraw_stake(h.holder, h.stake(1), to, sol(5), None));
}

/// A rebalance does not take a demotion for a weight that it clears.
#[test]
fn a_demotion_outlasts_a_stake_that_cannot_be_moved() {
    let mut h = ruled(|p| p.inflation_commission = Ceiling::new(0));
    h.edit_vote(1, |state| state.inflation_rewards_commission_bps = 1);
    h.succeed(&demote(&h, 1, Ground::InflationCommission, None));
    let stake = h.stake(1);
    h.edit_data(&stake, tidepool_tests::stake::undelegate);
    h.succeed(&h.rebalance(&[1]));
    assert!(h.entry(1).is_demoted());
    h.succeed(&h.rebalance(&[1, 0, 2]));
    assert!(h.entry(1).is_demoted());
}

/// A pool with a turnover budget in basis points, and its demotions.
fn with_demoted(turnover: u16, demoted: &[u32]) -> Harness {
    let mut h = ruled(|p| p.inflation_commission = Ceiling::new(0));
    h.edit_extension(|extension| extension.policy.turnover_budget = turnover.into());
    for &index in demoted {
        h.edit_vote(index as usize, |state| state.inflation_rewards_commission_bps = 1);
        h.succeed(&demote(&h, index, Ground::InflationCommission, None));
    }
    h
}

/// Transient stake of the validator at `index`, in lamports, without the rent of its account.
fn moving(h: &Harness, index: usize) -> u64 {
    h.records()[index].transient_stake_lamports.get().saturating_sub(h.rent())
}

/// Stake that is not active yet comes back to the reserve at once: it has earned nothing, and needs no epoch to cool down.
#[test]
fn activating_stake_of_a_demoted_validator_is_recalled() {
    let mut h = ruled(|p| p.inflation_commission = Ceiling::new(0));
    h.succeed(&h.rebalance(&[0, 1, 2]));
    let (activating, reserve) = (moving(&h, 0), h.lamports(&h.reserve()));
    assert!(activating > sol(20), "{activating} lamports are activating");
    h.edit_vote(0, |state| state.inflation_rewards_commission_bps = 1);
    h.succeed(&demote(&h, 0, Ground::InflationCommission, None));
    h.succeed(&h.rebalance(&[0]));
    assert_eq!(h.records()[0].transient_stake_lamports.get(), 0);
    assert_eq!(h.lamports(&h.reserve()), reserve + activating + h.rent());
}

/// Puts weights into the records of the validators that are not demoted in these tests.
fn weigh_others(h: &mut Harness, one: u16, other: u16) {
    for (index, weight) in [(1, one), (2, other)] {
        h.edit_record(index, |record| record.extension.set_weight(weight));
    }
}

/// A caller who serves another validator first does not spend the budget that the stake of a demoted one needs.
#[test]
fn the_budget_is_for_demoted_validators_first() {
    let mut h = with_demoted(1_000, &[0]);
    weigh_others(&mut h, 1, 10_000);
    h.succeed(&h.rebalance(&[1]));
    assert_eq!(moving(&h, 1), 0, "another validator spent the budget");
    h.succeed(&h.rebalance(&[0, 1]));
    let budget = h.total() / 10;
    assert_eq!((moving(&h, 0), moving(&h, 1)), (budget, 0));
    // The others have the rest of the budget.
    let mut h = with_demoted(10_000, &[0]);
    weigh_others(&mut h, 1, 10_000);
    h.succeed(&h.rebalance(&[1, 0]));
    assert!(moving(&h, 0) > sol(90) && moving(&h, 1) > sol(90), "{} and {}", moving(&h, 0), moving(&h, 1));
}

/// The reserve keeps no rent for a part that the budget leaves below the minimum delegation.
#[test]
fn a_part_that_cannot_move_costs_no_one() {
    let mut h = with_demoted(2_490, &[0, 1]);
    let reserve = h.lamports(&h.reserve());
    h.succeed(&h.rebalance(&[2, 0, 1]));
    assert_eq!(moving(&h, 1), 0, "less than the minimum delegation moves");
    assert!(moving(&h, 0) > sol(90), "{} lamports leave", moving(&h, 0));
    // The reserve keeps its own rent and four for later, and pays those of the two transient stake accounts.
    assert_eq!(moving(&h, 2), reserve - 7 * h.rent());
}
