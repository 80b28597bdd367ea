//! Settings and figures of a pool in words, the same for the command line and the page.

mod announcement;
mod figures;
mod limits;

pub use {
    announcement::announced_value,
    figures::{duration, in_motion, lamports_per_whole_pool_token, lamports_per_whole_token, status_name},
    limits::{all_demotion_rows, all_limit_rows, charge, demotion_rows, epochs, limit_rows, list, seconds},
};
