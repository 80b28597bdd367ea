//! The real validator that the tests run on.

use crate::tool::Tool;
use anyhow::ensure;
use sbpf_build::Workspace;
use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

/// Of the version of the Agave crates in the workspace.
const VALIDATOR: Tool =
    Tool { package: "agave-validator", version: "4.2.2", binary: "solana-test-validator", takes: "some ten minutes" };

/// What the validator's own dependencies want on Debian: a package, and a command that shows whether it is there.
const PACKAGES: [(&str, &[&str]); 6] = [
    ("libclang-dev", &["sh", "-c", "ls /usr/lib/llvm-*/lib/libclang*.so* || ls /usr/lib/*/libclang*.so*"]),
    ("protobuf-compiler", &["protoc", "--version"]),
    ("libudev-dev", &["pkg-config", "--exists", "libudev"]),
    ("pkg-config", &["pkg-config", "--version"]),
    ("libssl-dev", &["pkg-config", "--exists", "openssl"]),
    ("cmake", &["cmake", "--version"]),
];

/// Checks what the validator's build needs, unless the validator is installed. To be called before anything long is built.
///
/// # Errors
/// On Debian and its relatives: the packages that are missing. Elsewhere the build itself names what it lacks.
pub fn check(workspace: &Workspace) -> anyhow::Result<()> {
    if VALIDATOR.find(workspace).is_some() || !succeeds(&["apt-get", "--version"]) {
        return Ok(());
    }
    let missing: Vec<&str> =
        PACKAGES.iter().filter(|(_, probe)| !succeeds(probe)).map(|(package, _)| *package).collect();
    ensure!(
        missing.is_empty(),
        "the validator cannot be built here: run `apt-get install {}` first",
        missing.join(" ")
    );
    Ok(())
}

/// The path of the validator, which is installed if it is missing.
pub fn find_or_install(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    VALIDATOR.find_or_install(workspace, || {
        "the validator was not built: see above, then try again, which goes on from there".into()
    })
}

fn succeeds(command: &[&str]) -> bool {
    let status = Command::new(command[0]).args(&command[1..]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}
