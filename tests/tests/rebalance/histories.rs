//! What must hold of every history, whoever does what.

use tidepool_tests::extended::{
    check,
    properties::{CONSERVATION, CONVERGENCE, EXITS, ORDER, RESERVE, TURNOVER},
};

#[test]
fn conservation() {
    let tally = check(&CONSERVATION, 600);
    // Histories in which nothing moves would prove little.
    assert!(tally.movements.0 > 500 && tally.movements.1 > 500, "{tally:?}");
    assert!(tally.staker_decreases.0 > 50, "{tally:?}");
}

#[test]
fn reserve_target() {
    let tally = check(&RESERVE, 400);
    assert!(tally.movements.0 > 300 && tally.movements.1 > 300, "{tally:?}");
}

#[test]
fn turnover_budget_across_calls() {
    let tally = check(&TURNOVER, 400);
    assert!(tally.movements.1 > 100 && tally.staker_decreases.0 > 0 && tally.staker_decreases.1 > 0, "{tally:?}");
}

#[test]
fn no_gain_from_order_or_choice() {
    check(&ORDER, 300);
}

#[test]
fn convergence() {
    check(&CONVERGENCE, 200);
}

#[test]
fn exits_always_possible() {
    check(&EXITS, 200);
}
