//! `Rebalance` and what it promises, in the real program beside the real stake program, over random pools and histories.
//!
//! `TIDEPOOL_CASES_FACTOR` multiplies the number of histories, `TIDEPOOL_SEED` gives others.

mod compute;
mod histories;
mod scale;
