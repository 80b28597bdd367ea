//! What must hold of every history, whatever its users do.

use tidepool_tests::history::{check, properties::*};

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
fn an_honest_crank_has_the_last_word() {
    let tally = check(&ADVERSARY, 600);
    assert!(tally.recalls > 50, "{tally:?}");
}

#[test]
fn convergence() {
    check(&CONVERGENCE, 300);
}

#[test]
fn exits_always_possible() {
    check(&EXITS, 200);
}

#[test]
fn no_op_when_balanced() {
    check(&BALANCED, 200);
}

#[test]
fn a_crank_interrupted_after_any_transaction_and_repeated_ends_in_the_same_state() {
    check(&INTERRUPTION, 200);
}

#[test]
fn the_epoch_turns_between_two_transactions_of_a_crank() {
    check(&EPOCH_TURN, 200);
}

#[test]
fn a_closed_vote_account_delays_no_other_validator() {
    check(&CLOSED_VOTE, 100);
}

#[test]
fn a_delinquent_validator_delays_no_other() {
    check(&DELINQUENT, 100);
}

#[test]
fn hostile_updates_leave_no_trace() {
    check(&UNMERGED, 200);
}
