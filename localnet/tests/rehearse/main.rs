//! A rehearsal takes over a pool of any state from its saved accounts, and reports errors of a folder.

mod bad_folders;
#[path = "../../../cli/tests/embedded/faults/endpoint.rs"]
#[expect(dead_code, reason = "the tests of the CLI use the rest")]
mod endpoint;
mod extended;
mod folder;
mod live;
mod live_errors;
mod plans;
mod take_over;
#[path = "../../../cli/tests/embedded/faults/wire.rs"]
mod wire;
