//! The real validator that the tests run on.

use anyhow::{Context as _, bail};
use sbpf_build::{Workspace, cargo, process};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

const NAME: &str = "solana-test-validator";

/// The version that the tests were written for, which is that of the Agave crates in the workspace.
const VERSION: &str = "4.2.2";

/// What the validator's own dependencies want on Debian: a package, and a command that shows whether it is there.
const PACKAGES: [(&str, &[&str]); 6] = [
    ("libclang-dev", &["sh", "-c", "ls /usr/lib/llvm-*/lib/libclang*.so* || ls /usr/lib/*/libclang*.so*"]),
    ("protobuf-compiler", &["protoc", "--version"]),
    ("libudev-dev", &["pkg-config", "--exists", "libudev"]),
    ("pkg-config", &["pkg-config", "--version"]),
    ("libssl-dev", &["pkg-config", "--exists", "openssl"]),
    ("cmake", &["cmake", "--version"]),
];

/// Built with the release profile as it is, it takes three times as long; the tests do not need its speed.
const PROFILE: [(&str, &str); 3] = [
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1"),
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
];

/// The path of the validator: the one on the path if it has the right version, or else the one in the target folder, where
/// it is installed if it is missing.
pub fn find_or_install(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    let root = workspace.target_dir.join(NAME);
    let installed = root.join("bin").join(NAME);
    for candidate in [PathBuf::from(NAME), installed.clone()] {
        if is_right(&candidate) {
            println!("validator: {}", candidate.display());
            return Ok(candidate);
        }
    }
    install(&root)?;
    if is_right(&installed) { Ok(installed) } else { bail!("{} was installed, and does not run", installed.display()) }
}

/// Whether this is a validator of the right version.
fn is_right(path: &Path) -> bool {
    let output = Command::new(path).arg("--version").stderr(Stdio::null()).output();
    output.is_ok_and(|output| is_version(&String::from_utf8_lossy(&output.stdout)))
}

/// Whether `NAME VERSION (what else it says)` names the right version.
fn is_version(text: &str) -> bool {
    text.split_whitespace().nth(1) == Some(VERSION)
}

/// Installs the validator below `root`. What is compiled stays there until it succeeds, so that another try goes on from it.
fn install(root: &Path) -> anyhow::Result<()> {
    println!("installing {NAME} {VERSION} at {}: some ten minutes, once", root.display());
    let build = root.join("build");
    let mut command = cargo();
    command
        .args(["install", "agave-validator", "--version", VERSION, "--locked", "--bin", NAME, "--force", "--root"])
        .arg(root)
        .env("CARGO_TARGET_DIR", &build)
        .envs(PROFILE);
    process::run(&mut command).with_context(what_is_missing)?;
    fs::remove_dir_all(&build).with_context(|| format!("cannot remove {}", build.display()))
}

/// What to do about a build that failed.
fn what_is_missing() -> String {
    let missing: Vec<&str> =
        PACKAGES.iter().filter(|(_, probe)| !succeeds(probe)).map(|(package, _)| *package).collect();
    if missing.is_empty() {
        format!("{NAME} was not built: see above, then try again, which goes on from there")
    } else {
        format!("{NAME} was not built, and these Debian packages are missing: apt-get install {}", missing.join(" "))
    }
}

fn succeeds(command: &[&str]) -> bool {
    let status = Command::new(command[0]).args(&command[1..]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_its_version() {
        assert!(is_version("solana-test-validator 4.2.2 (src:00000000; feat:1234, client:Agave)"));
        assert!(!is_version("solana-test-validator 4.2.20 (src:00000000)"));
        assert!(!is_version(""));
        assert!(!is_right(Path::new("no-such-validator")));
    }
}
