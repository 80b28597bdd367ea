//! `cargo xtask examples`

use crate::{
    build_program,
    files::copy,
    tally::{Tally, run_and_count},
    vault,
};
use sbpf_build::{Library, Platform, Program, Workspace, cargo};
use std::path::{Path, PathBuf};

/// The examples with tests of their own, outside of the workspace: a folder below `examples` and its package.
pub const EXAMPLES: [&str; 1] = ["deposit-by-cpi"];

/// Build the on-chain program and the example programs, and run the examples' tests, natively and as ELFs
#[derive(clap::Args, Default)]
pub struct Args {
    /// Arguments for the tests, a part of a test's name for example; all tests without
    #[arg(last = true)]
    arguments: Vec<String>,
}

impl Args {
    /// Builds, tests, and closes with the sum.
    pub fn run(self) -> anyhow::Result<()> {
        build_program::Args::default().run()?;
        self.test()?.close()
    }

    /// What [`Self::run`] does once the program is built, up to the sum.
    pub fn test(self) -> anyhow::Result<Tally> {
        let workspace = Workspace::here()?;
        let mut sum = Tally::default();
        for name in EXAMPLES {
            let example = Example { workspace: &workspace, name };
            let elf = example.build()?;
            sum = sum + example.test(&self.arguments, None)? + example.test(&self.arguments, elf.parent())?;
        }
        Ok(sum)
    }
}

/// The manifests of the examples, also of the one that the workspace's tests run.
pub fn manifests(workspace: &Workspace) -> Vec<PathBuf> {
    let names = EXAMPLES.into_iter().chain([vault::NAME]);
    names.map(|name| Example { workspace, name }.manifest()).collect()
}

struct Example<'a> {
    workspace: &'a Workspace,
    name: &'a str,
}

impl Example<'_> {
    fn manifest(&self) -> PathBuf {
        self.workspace.root.join("examples").join(self.name).join("Cargo.toml")
    }

    /// Apart from the workspace's: the same crates have other features here.
    fn target_dir(&self) -> PathBuf {
        self.workspace.target_dir.join("examples")
    }

    /// Builds the program, and returns the path of its ELF.
    fn build(&self) -> anyhow::Result<PathBuf> {
        let program = Program {
            manifest: self.manifest(),
            package: self.name.into(),
            // solana-program needs std.
            platform: Platform::Std {
                target: self.workspace.root.join("tools/reference/sbpf-std.json"),
                library: Library::Plain,
            },
            target_dir: self.workspace.target_dir.clone(),
            cargo_home: None,
        };
        let built = program.build(&self.workspace.build_binary("sbpf-link", "sbpf-link")?)?;
        let elf = self.target_dir().join("deploy").join(self.name.replace('-', "_")).with_extension("so");
        copy(&built, &elf)?;
        Ok(elf)
    }

    /// Runs the tests: with the ELF in this folder, or with the program compiled into the test.
    fn test(&self, arguments: &[String], elf: Option<&Path>) -> anyhow::Result<Tally> {
        let mut command = cargo();
        command
            .args(["test", "--locked", "--no-fail-fast", "--manifest-path"])
            .arg(self.manifest())
            .arg("--target-dir")
            .arg(self.target_dir())
            .arg("--")
            .args(arguments)
            .env_remove("BPF_OUT_DIR")
            .env_remove("SBF_OUT_DIR");
        if let Some(folder) = elf {
            command.env("SBF_OUT_DIR", folder);
        }
        run_and_count(&mut command)
    }
}
