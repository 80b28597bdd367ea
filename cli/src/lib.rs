//! `tidepool`, the command line of stake pools.
//!
//! Each command is a file in `commands`: its arguments, and an `execute` that reads a pool, plans, asks, sends and answers. All of
//! the work is the client library's. Commands are generic over the cluster, so that tests run them against a bank in process.
//! A room imports those below it only (`cargo xtask tidy`): `command_line`, `commands`, what commands share, `context`, and then
//! what knows neither pools nor clusters.
//!
//! Conventions, for all commands:
//! * Standard output holds the answer and nothing else; quotes, questions, progress and errors go to standard error.
//! * `--output json` makes both machine-readable; [`output::CommandOutput`] says what can be relied on.
//! * The exit code says what kind of failure it was: [`exit::EXIT_CODES`].
//! * Amounts are read and computed exactly: no floating point between the arguments and the signed amount.

#![expect(missing_docs, reason = "its users are the program and its tests")]

mod accept;
pub mod args;
pub mod command_line;
mod commands;
pub mod config;
pub mod context;
pub mod defaults;
pub mod desired;
pub mod error;
pub mod exit;
mod input;
pub mod keys;
pub mod message;
pub mod output;
#[cfg(feature = "rpc")]
mod run;
mod settings;
pub mod terminal;
mod trade;
pub mod units;
mod unsent;
mod validators;
mod view;
mod wallet;
mod warnings;
mod withdrawal;

/// Files with weights, without the command that reads them.
pub mod weights_file {
    pub use {
        crate::commands::manage::set_weights::{Entry, WeightsFile, parse},
        tidepool_selection::{Place, Problem},
    };
}

#[cfg(feature = "rpc")]
pub use run::run;
