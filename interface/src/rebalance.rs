//! How a pool spreads its stake by weights: what `Rebalance` moves, for the program and for planners.
//!
//! A validator's target is its share, by weight, of what the pool has beyond the reserve's target and beyond the stake of
//! validators without a weight. Validators that are too far under it ask for stake, and get what the reserve can spare in
//! proportion to what they ask for. Validators that are over it give what others ask for and the reserve lacks, in proportion
//! likewise. Serving one takes its part out of both sides of the proportion, so it stays the same for the rest: it makes no
//! difference in which order, and in which calls, validators are served. Where a part would be less than the stake program
//! delegates, only the validator that is furthest off its target is served, and the order is given.
//!
//! What it leaves open: a validator's stake moves once an epoch, by what the pool holds at that moment. Who brings SOL of their
//! own in one transaction, rebalances in the next and leaves in a third can so change what moves in the epoch. Within one
//! transaction the program refuses that, and the turnover budget bounds what can be taken from validators.

mod distance;
mod furthest;
mod inputs;
mod needs;
mod rows;
mod targets;
mod turnover;
mod verdict;

pub use {
    inputs::Inputs,
    needs::{PASSED_OVER_MAX, Rebalance},
    turnover::{removal_turnover, turnover_left},
    verdict::{Reason, Verdict},
};
