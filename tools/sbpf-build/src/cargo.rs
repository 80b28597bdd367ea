//! Calls of cargo from within cargo.

use crate::process::{output_of, run};
use anyhow::Context as _;
use serde_json::Value;
use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

/// Variables that cargo sets for its child processes, or that would change the build. Variables for registries, the network and the
/// terminal stay.
const SCRUBBED: [&str; 12] = [
    "CARGO",
    "CARGO_CRATE_NAME",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_INCREMENTAL",
    "CARGO_MAKEFLAGS",
    "CARGO_PRIMARY_PACKAGE",
    "MAKEFLAGS",
    "MFLAGS",
    "RUSTC",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
    "RUSTFLAGS",
];

const SCRUBBED_PREFIXES: [&str; 7] =
    ["CARGO_BIN_", "CARGO_BUILD_", "CARGO_CFG_", "CARGO_FEATURE_", "CARGO_MANIFEST_", "CARGO_PKG_", "CARGO_PROFILE_"];

/// A cargo command with the environment of a new shell. If `cargo run` or `cargo test` runs this process, its settings would otherwise
/// affect the build.
pub fn cargo() -> Command {
    let mut command = Command::new("cargo");
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if SCRUBBED.contains(&&*text) || SCRUBBED_PREFIXES.iter().any(|prefix| text.starts_with(prefix)) {
            command.env_remove(&name);
        }
    }
    command
}

/// The folder of cargo's downloads.
pub fn cargo_home() -> anyhow::Result<PathBuf> {
    let set = env::var_os("CARGO_HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
    let home = set.or_else(|| env::home_dir().map(|home| home.join(".cargo")));
    home.context("cargo's folder is not known: set CARGO_HOME")
}

/// A workspace's metadata from cargo.
#[derive(Debug)]
pub struct Workspace {
    /// The folder of its `Cargo.toml`.
    pub root: PathBuf,
    /// Its target directory.
    pub target_dir: PathBuf,
    metadata: Value,
}

impl Workspace {
    /// The workspace of the working directory.
    pub fn here() -> anyhow::Result<Self> {
        Self::read(None)
    }

    /// The workspace of a `Cargo.toml`.
    pub fn of(manifest: &Path) -> anyhow::Result<Self> {
        Self::read(Some(manifest))
    }

    fn read(manifest: Option<&Path>) -> anyhow::Result<Self> {
        let mut command = cargo();
        command.args(["metadata", "--no-deps", "--format-version=1"]);
        if let Some(manifest) = manifest {
            command.arg("--manifest-path").arg(manifest);
        }
        let text = output_of(&mut command)?;
        let metadata: Value = serde_json::from_str(&text).context("cargo metadata printed something unexpected")?;
        let path = |name: &str| {
            metadata[name].as_str().map(PathBuf::from).with_context(|| format!("cargo metadata says no {name}"))
        };
        Ok(Self { root: path("workspace_root")?, target_dir: path("target_directory")?, metadata })
    }

    /// Builds a binary of the workspace for this machine, and returns its path. It uses the dev profile, to share dependencies with the
    /// tests.
    pub fn build_binary(&self, package: &str, name: &str) -> anyhow::Result<PathBuf> {
        let mut command = cargo();
        command.current_dir(&self.root).args(["build", "--package", package, "--bin", name]);
        run(command.arg("--target-dir").arg(&self.target_dir))?;
        Ok(self.target_dir.join("debug").join(name).with_extension(env::consts::EXE_EXTENSION))
    }

    /// The name of the dynamic library that a package builds.
    pub fn library_of(&self, package: &str) -> anyhow::Result<String> {
        let items = |value: &'_ Value| value.as_array().cloned().unwrap_or_default();
        let found = items(&self.metadata["packages"]).into_iter().find(|candidate| candidate["name"] == package);
        let found = found.with_context(|| format!("{} has no package {package}", self.root.display()))?;
        let library = items(&found["targets"])
            .into_iter()
            .find(|target| items(&target["crate_types"]).iter().any(|kind| kind == "cdylib"))
            .with_context(|| {
                format!("{package} builds no program: its [lib] needs crate-type = [\"cdylib\", \"lib\"]")
            })?;
        let name = library["name"].as_str().context("cargo metadata names no library")?;
        Ok(name.replace('-', "_"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inner_cargo_does_not_see_the_outer_one() {
        assert!(env::var_os("CARGO_MANIFEST_DIR").is_some(), "cargo runs the tests");
        let command = cargo();
        let changed: Vec<_> = command.get_envs().collect();
        assert!(changed.contains(&("CARGO_MANIFEST_DIR".as_ref(), None)));
        assert!(changed.contains(&("CARGO_PKG_NAME".as_ref(), None)));
        assert!(changed.iter().all(|(name, _)| *name != "CARGO_HOME" && *name != "PATH"));
    }

    #[test]
    fn knows_what_is_no_program() {
        let error = Workspace::here().unwrap().library_of("sbpf-build").unwrap_err().to_string();
        assert!(error.starts_with("sbpf-build builds no program"), "{error}");
        let error = Workspace::here().unwrap().library_of("no-such-package").unwrap_err().to_string();
        assert!(error.ends_with("has no package no-such-package"), "{error}");
    }
}
