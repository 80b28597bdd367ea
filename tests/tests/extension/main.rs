//! Pools with the extension: what only Tidepool has, against the real programs.

mod bed;
mod caches;
mod forged;
mod migration;
mod substitution;
