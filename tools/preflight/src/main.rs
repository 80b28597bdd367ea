//! What `cargo xtask` runs first.
//!
//! Agave's crates need a C compiler and the system's OpenSSL. Without them a build fails after minutes, with a long message of a build
//! script. This checks for them before any compilation, then starts the real `xtask`.

mod tools;

use std::{
    env,
    os::unix::process::CommandExt as _,
    process::{Command, ExitCode},
};

fn main() -> ExitCode {
    let missing = tools::missing(tools::exists);
    if !missing.is_empty() {
        eprintln!("error: {}", tools::explain(&missing, tools::exists));
        return ExitCode::FAILURE;
    }
    let mut xtask = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    xtask.args(["run", "--package", "xtask", "--"]).args(env::args_os().skip(1));
    // Becomes xtask, so that signals and the exit code are its own.
    let error = xtask.exec();
    eprintln!("error: cannot start cargo: {error}");
    ExitCode::FAILURE
}
