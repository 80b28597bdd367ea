//! `cargo xtask reference`

use crate::{build_program, deploy::deploy};
use program_elf::Elf;
use sbpf_build::{Library, Platform, Program, Workspace, cargo};
use std::process::Command;

/// Build the published SPL stake pool, which Tidepool is compared with, and put it at target/deploy/reference.so
#[derive(clap::Args, Default)]
pub struct Args {}

impl Args {
    /// Builds, verifies and reports.
    pub fn run(self) -> anyhow::Result<()> {
        let workspace = Workspace::here()?;
        let folder = workspace.root.join("tools/reference");
        let program = Program {
            manifest: folder.join("Cargo.toml"),
            package: "reference".into(),
            platform: Platform::Std { target: folder.join("sbpf-std.json"), library: Library::Plain },
            target_dir: workspace.target_dir.clone(),
            cargo_home: None,
        };
        deploy(&workspace, Elf::Reference, || program.build(&workspace.build_binary("sbpf-link", "sbpf-link")?))
    }
}

/// Builds the program and the reference, and returns the command of a test binary that runs both.
pub fn beside_reference(binary: &str) -> anyhow::Result<Command> {
    build_program::Args::default().run()?;
    Args::default().run()?;
    let mut command = cargo();
    command.current_dir(Workspace::here()?.root).args(["run", "--package=tidepool-tests", "--bin", binary, "--"]);
    Ok(command)
}
