//! Known limits of the rule: deviations that it does not correct. A change of the rule changes these tests.

use {
    crate::{
        model::{Pool, SOL},
        pools::pool_of_three,
    },
    tidepool_core::rebalance::{
        Reason,
        Verdict::{self, Nothing},
    },
};

fn verdicts(pool: &Pool) -> Vec<Verdict> {
    let mut rebalance = pool.survey();
    (0..pool.records.len()).map(|index| rebalance.verdict(&pool.records, index)).collect()
}

/// The first validator is 1.9 SOL below target. The reserve has 1 SOL above target, but no rent beside it. The decreases of the others
/// would be below the minimum delegation.
#[test]
fn a_deviation_below_two_movements_can_stay() {
    let pool = pool_of_three([98_100, 100_450, 100_450].map(|stake| stake * SOL / 1_000), 101 * SOL, 0);
    assert_eq!(verdicts(&pool), [Reason::ReserveSpent, Reason::Balanced, Reason::Balanced].map(Nothing));
}

/// A reserve without a single rent blocks all decreases until a deposit of that amount.
#[test]
fn an_empty_reserve_blocks_decreases() {
    let pool = pool_of_three([250 * SOL, 50 * SOL, 100 * SOL], 0, 0);
    assert_eq!(verdicts(&pool)[0], Nothing(Reason::NoRentInReserve));
}
