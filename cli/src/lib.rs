//! `tidepool`, the command line of stake pools.
//!
//! Each command is a file in [`commands`]: its arguments, and an `execute` that reads a pool, plans, asks, sends and
//! answers. All of the work is the client library's. Commands are generic over the cluster, so that tests run them against
//! a bank in process.
//!
//! Conventions, for all commands:
//! * Standard output holds the answer and nothing else; quotes, questions, progress and errors go to standard error.
//! * `--output json` makes both machine-readable; [`output::CommandOutput`] says what can be relied on.
//! * The exit code says what kind of failure it was: [`error::EXIT_CODES`].
//! * Amounts are read and computed exactly: there is no floating point between what is typed and what is signed.

pub mod args;
pub mod commands;
pub mod config;
pub mod context;
pub mod defaults;
pub mod error;
mod freshness;
mod funds;
mod input;
pub mod interrupt;
pub mod keys;
mod lookup;
pub mod output;
mod progress;
#[cfg(feature = "rpc")]
mod run;
mod streams;
pub mod terminal;
pub mod units;

#[cfg(feature = "rpc")]
pub use run::run;

use {error::CliError, output::Format};

pub(crate) fn report(error: &CliError, format: Format) {
    if format.is_json() {
        streams::report(&format.render(&error.json()), format);
    } else {
        streams::report(&format!("error: {error}"), format);
        error::details(error).iter().for_each(|line| streams::report(line, format));
    }
}
