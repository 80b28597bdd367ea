//! The rebalance rule: the stake movements of `Rebalance` by weights, for the program and for planners.
//!
//! The lamports to distribute are the pool's total without the reserve's target and without the stake of validators without a
//! weight. A validator's target is its share of them by weight. Validators below target by more than the tolerance are increased
//! from the reserve, pro rata to their deviations. Validators above target by more than the tolerance are decreased pro rata, by
//! the total that the reserve and the validators below target need. If a pro rata part is below the minimum delegation, the
//! validators with the largest deviations move the minimum delegation instead.
//!
//! Stake of demoted validators beyond the minimum returns to the reserve first, within the turnover budget, in the list's order.
//!
//! The parts follow from the pool's state *before the epoch's movements*: activating stake counts as the reserve's, deactivating
//! stake as the validator's. Movements therefore do not change the parts, and the result does not depend on the order or the
//! choice of calls. A call adjusts a validator's movement to its part: it begins the movement, increases it, or reduces it if the
//! validator would pass its target. Deposits and withdrawals of stake change the parts; the next call in the same epoch adjusts
//! the movements. Stake changes only at the end of the epoch, so only the last call of an epoch matters.

mod allotment;
mod cut;
mod demoted;
mod distance;
mod divided;
mod inputs;
mod movement;
mod policy;
mod rows;
mod survey;
mod targets;
mod turnover;
mod verdict;

pub use {
    cut::is_ranked,
    inputs::Inputs,
    policy::{BASIS_POINTS, Policy, RESERVE_SHARE_MAX},
    survey::{PASSED_OVER_MAX, Rebalance},
    turnover::{removal_turnover, turnover_left},
    verdict::{Reason, Verdict},
};
