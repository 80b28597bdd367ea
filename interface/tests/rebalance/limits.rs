//! What the rule leaves undone: known, and written down so that nobody is surprised. Whoever changes the rule changes these.

use {
    crate::{
        model::{Pool, SOL},
        pools::pool_of_three,
    },
    tidepool_interface::rebalance::{
        Reason,
        Verdict::{self, Nothing},
    },
};

fn verdicts(pool: &Pool) -> Vec<Verdict> {
    let mut rebalance = pool.survey();
    (0..pool.records.len()).map(|index| rebalance.verdict(&pool.records, index)).collect()
}

/// The first lacks 1.9 SOL, of which the reserve has one, but not the rent beside it, and the others would have to give less
/// than can be moved.
#[test]
fn less_than_two_movements_can_be_lacking() {
    let pool = pool_of_three([98_100, 100_450, 100_450].map(|stake| stake * SOL / 1_000), 101 * SOL, 0);
    assert_eq!(verdicts(&pool), [Reason::ReserveSpent, Reason::Balanced, Reason::Balanced].map(Nothing));
}

/// A reserve that cannot lend a single rent holds everything up until somebody sends it that much.
#[test]
fn an_empty_reserve_waits_for_a_rent() {
    let pool = pool_of_three([250 * SOL, 50 * SOL, 100 * SOL], 0, 0);
    assert_eq!(verdicts(&pool)[0], Nothing(Reason::NoRentInReserve));
}
