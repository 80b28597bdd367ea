//! The program of the published crate `squads-multisig-program`, with its entrypoint, for tests of `tidepool-squads`.
//!
//! `cargo xtask squads` builds it. The crate is under the Business Source License 1.1, which allows non-production use: this
//! repository contains and ships nothing of it.

// The crate has a module of its own name.
pub use ::squads_multisig_program::*;
