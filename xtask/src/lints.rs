//! Lints with the same builds as the tests.
//!
//! `cargo clippy` checks all dependencies, and a build for tests compiles them again: cargo shares nothing between the two. Clippy's
//! driver is a compiler, too. As the wrapper of the workspace's own crates it lints them while they are compiled.

use sbpf_build::{Workspace, cargo, process};
use std::process::Command;

/// What `cargo clippy -- --deny=warnings` passes to its driver, with the end of an argument.
const DENY_WARNINGS: &str = "--deny=warnings__CLIPPY_HACKERY__";

/// Has a cargo command that builds lint the workspace's crates, too. A warning fails it.
///
/// A setting of the command line, so that tests that run cargo do not inherit it.
pub fn deny_warnings(command: &mut Command) -> &mut Command {
    command.args(["--config", "build.rustc-workspace-wrapper='clippy-driver'"]).env("CLIPPY_ARGS", DENY_WARNINGS)
}

/// Compiles and lints all targets as [`crate::test`] and [`crate::e2e`] build them.
pub fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let build = |arguments: &[&str]| {
        let mut command = cargo();
        deny_warnings(command.current_dir(&workspace.root)).args(["test", "--workspace", "--no-run"]).args(arguments);
        process::run(&mut command)
    };
    build(&["--all-targets"])?;
    // Together the crates enable all features but this one.
    build(&["--features=tidepool-tests/e2e", "--test=e2e"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{collections::BTreeSet, fs};

    /// A crate with a warning of clippy's is refused, and its tests run without it.
    #[test]
    fn warning_fails_the_build() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("src")).unwrap();
        let manifest = "[package]\nname = \"linted\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n";
        fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
        let builds = |source: &str| {
            fs::write(folder.path().join("src/lib.rs"), source).unwrap();
            let mut command = cargo();
            deny_warnings(command.current_dir(folder.path())).args(["test", "--offline", "--lib"]);
            let output = command.output().unwrap();
            (output.status.success(), String::from_utf8(output.stderr).unwrap())
        };
        let fine = "#[test]\nfn passes() {}\n";
        let (success, said) = builds(fine);
        assert!(success, "{said}");
        // A lint of clippy's, in a test; and one of the compiler's.
        for (source, lint) in [
            ("#[test]\nfn passes() {\n    let _ = vec![1].len() == 0;\n}\n", "clippy::len-zero"),
            ("fn unused() {}\n", "dead-code"),
        ] {
            let (success, said) = builds(source);
            assert!(!success && said.contains(lint), "{said}");
        }
    }

    /// Each feature is enabled by some crate of the workspace, or [`check`] builds it apart.
    #[test]
    fn all_features_are_linted() {
        const APART: [&str; 1] = ["tidepool-tests/e2e"];
        let workspace = Workspace::here().unwrap();
        let of_cargo = |arguments: &[&str]| {
            process::output_of(cargo().current_dir(&workspace.root).arg("--offline").args(arguments)).unwrap()
        };
        let metadata = of_cargo(&["metadata", "--no-deps", "--format-version=1"]);
        let metadata: serde_json::Value = serde_json::from_str(&metadata).unwrap();
        let packages = metadata["packages"].as_array().unwrap().iter();
        let all: BTreeSet<String> = packages
            .flat_map(|package| {
                let name = package["name"].as_str().unwrap();
                package["features"].as_object().unwrap().keys().map(move |feature| format!("{name}/{feature}"))
            })
            .collect();
        let tree =
            ["tree", "--workspace", "--edges=normal,build,dev", "--prefix=none", "--depth=0", "--format={p}|{f}"];
        let enabled: BTreeSet<String> = of_cargo(&tree)
            .lines()
            .filter_map(|line| line.split_once('|'))
            .flat_map(|(package, features)| {
                let name = package.split(' ').next().unwrap();
                features
                    .split(',')
                    .filter(|feature| !feature.is_empty())
                    .map(move |feature| format!("{name}/{feature}"))
            })
            .collect();
        assert!(enabled.contains("tidepool-interface/borsh"), "{enabled:?}");
        assert!(all.difference(&enabled).eq(APART), "{:?}", all.difference(&enabled));
    }
}
