//! How a pool spreads its stake by weights: what `Rebalance` moves, for the program and for planners.
//!
//! A validator's target is its share, by weight, of the pool's lamports beyond the reserve's target and beyond the stake of
//! validators without a weight. Validators below target by more than the tolerance receive what the reserve can spare, pro rata.
//! Validators above it give what the others and the reserve need, pro rata likewise. Where a part would be below the minimum
//! delegation, the validators with the largest deviations move the minimum delegation.
//!
//! The parts are those of the pool's state *before the epoch's movements*: activating stake counts as the reserve's, deactivating
//! stake as the validator's. Movements therefore do not change the parts, and the order and the choice of calls make no difference.
//! A call brings a validator's movement to its part: it begins one, adds to it, or takes it back where it would bring the validator
//! past its target. A movement that deposits or withdrawals of stake have made wrong is corrected in the same epoch, by the next
//! call. Stake changes only with the end of the epoch, so a late call loses nothing and the last one counts.

mod allotment;
mod cut;
mod distance;
mod inputs;
mod movement;
mod needs;
mod rows;
mod targets;
mod turnover;
mod verdict;

pub use {
    cut::is_ranked,
    inputs::Inputs,
    needs::{PASSED_OVER_MAX, Rebalance},
    turnover::{removal_turnover, turnover_left},
    verdict::{Reason, Verdict},
};
