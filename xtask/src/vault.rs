//! `cargo xtask vault`

use crate::deploy::deploy;
use program_elf::Elf;
use sbpf_build::{Platform, Program, Workspace};

/// The example: its folder below `examples`, and its package.
pub const NAME: &str = "vault-by-cpi";

/// Build the example program that calls a pool with pinocchio, and put it at target/deploy/vault.so
#[derive(clap::Args, Default)]
pub struct Args {}

impl Args {
    /// Builds, verifies and reports.
    pub fn run(self) -> anyhow::Result<()> {
        let workspace = Workspace::here()?;
        let program = Program {
            manifest: workspace.root.join("examples").join(NAME).join("Cargo.toml"),
            package: NAME.into(),
            platform: Platform::Core,
            target_dir: workspace.target_dir.clone(),
            cargo_home: None,
        };
        deploy(&workspace, Elf::Vault, || program.build(&workspace.build_binary("sbpf-link", "sbpf-link")?))
    }
}
