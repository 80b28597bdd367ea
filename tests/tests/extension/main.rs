//! Pools with the extension: what only Tidepool has, against the real programs.

mod caches;
mod errors;
mod events;
mod forged;
mod harness;
mod isolation;
mod landing;
mod migration;
mod stake_history;
mod substitution;
mod turnover;
