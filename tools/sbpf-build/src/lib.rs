//! Compiles a program crate into an sBPF ELF with stock Rust and `sbpf-link`.
//!
//! All ELFs of this repository are built by this crate with the same settings. Builds are reproducible: the same sources result in the
//! same bytes in any folder.

mod cargo;
mod platform;
pub mod process;
mod profile;
mod remap;
mod sources;
mod toolchain;

pub use cargo::{Workspace, cargo, cargo_home};
pub use platform::Platform;
pub use profile::PROGRAM_PROFILE;
pub use sources::Library;

use anyhow::{Context as _, ensure};
use platform::Setup;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use toolchain::Toolchain;

/// A program crate.
#[derive(Clone, Debug)]
pub struct Program {
    /// Its `Cargo.toml`, or that of its workspace.
    pub manifest: PathBuf,
    /// The package.
    pub package: String,
    /// The platform that it is compiled for.
    pub platform: Platform,
    /// The target directory. Builds in one directory share a compiled `core`, and wait for each other.
    pub target_dir: PathBuf,
    /// A folder for cargo's downloads, instead of this machine's.
    pub cargo_home: Option<PathBuf>,
}

impl Program {
    /// Builds the program with the linker at this path, and returns the path of the ELF.
    pub fn build(&self, linker: &Path) -> anyhow::Result<PathBuf> {
        let setup = self.platform.setup(&Toolchain::prepare()?, &self.target_dir)?;
        let workspace = Workspace::of(&self.manifest)?;
        let library = format!("lib{}", workspace.library_of(&self.package)?);
        let folder = self.target_dir.join(&setup.target).join("release");
        let elf = folder.join(&library).with_extension("so");
        if is_stale(&elf, linker) {
            // cargo does not know that a program depends on its linker and on `SBPF_LINK_ONLY`.
            let _ = fs::remove_file(folder.join("deps").join(&library).with_extension("so"));
        }
        let cargo_home = self.cargo_home.clone().map_or_else(cargo_home, Ok)?;
        let mut flags = remap::flags(&workspace.root, &setup.sources, &cargo_home);
        // sbpf-linker rejects tables of relative addresses.
        flags.push("-Crelocation-model=static".into());
        flags.extend_from_slice(&setup.flags);
        let mut command = self.command(&setup);
        command
            .env("CARGO_HOME", cargo_home)
            .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"))
            .env(linker_variable(&setup.target), linker)
            // A dependency can also be a program, which must not be linked.
            .env("SBPF_LINK_ONLY", library);
        process::run(&mut command).with_context(|| format!("the program {} was not built", self.package))?;
        ensure!(elf.is_file(), "cargo built {}, but left no {}", self.package, elf.display());
        Ok(elf)
    }

    fn command(&self, setup: &Setup) -> Command {
        let mut command = cargo();
        command
            // Building Rust's library is unstable, but stable in practice with the pinned toolchain.
            .env("RUSTC_BOOTSTRAP", "1")
            .envs(PROGRAM_PROFILE)
            .envs(setup.variables.iter().cloned())
            .args(["build", "--release", "--package", &self.package])
            .args(&setup.arguments)
            .arg("--manifest-path")
            .arg(&self.manifest)
            .arg("--target-dir")
            .arg(&self.target_dir);
        command
    }
}

/// cargo's variable for the linker of a target.
fn linker_variable(target: &str) -> String {
    format!("CARGO_TARGET_{}_LINKER", target.to_uppercase().replace(['-', '.'], "_"))
}

/// Whether an ELF is stale: older than the linker, or built as a dependency, which is not linked.
fn is_stale(elf: &Path, linker: &Path) -> bool {
    let made = |path: &Path| fs::metadata(path).and_then(|data| data.modified()).ok();
    made(elf) < made(linker) || fs::metadata(elf).is_ok_and(|data| data.len() == 0)
}
