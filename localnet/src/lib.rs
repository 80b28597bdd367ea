//! A demo of a pool, and a rehearsal with a live pool's accounts, on the cluster of `tidepool_embedded`.

#![expect(missing_docs, reason = "its users are its binary and its tests")]

pub mod demo;
pub mod rehearse;
pub mod run;
pub mod terminal;
