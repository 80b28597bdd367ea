//! Compiles a program crate into an sBPF ELF with stock Rust and `sbpf-link`.
//!
//! Every ELF of this repository is built here, so that they are all built alike: a program, the programs that test the
//! linker, and whatever else comes. The same sources give the same bytes, in whatever folder they are.

mod cargo;
pub mod process;
mod remap;
mod toolchain;

pub use cargo::{Workspace, cargo, cargo_home};

use anyhow::{Context as _, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// rustc's own target for BPF. Nothing of `std` exists for it, only `core` and `alloc`.
pub const TARGET: &str = "bpfel-unknown-none";

/// A program crate.
#[derive(Clone, Debug)]
pub struct Program {
    /// Its `Cargo.toml`, or that of its workspace.
    pub manifest: PathBuf,
    /// The package.
    pub package: String,
    /// The target directory. Builds in one directory share a compiled `core`, and wait for each other.
    pub target_dir: PathBuf,
    /// Another folder for what cargo downloads than this machine's.
    pub cargo_home: Option<PathBuf>,
}

impl Program {
    /// Builds the program with the linker at this path, and returns the path of the ELF.
    pub fn build(&self, linker: &Path) -> anyhow::Result<PathBuf> {
        let sysroot = toolchain::prepare()?;
        let workspace = Workspace::of(&self.manifest)?;
        let library = format!("lib{}", workspace.library_of(&self.package)?);
        let folder = self.target_dir.join(TARGET).join("release");
        let elf = folder.join(&library).with_extension("so");
        if is_older(&elf, linker) {
            // cargo does not know that a program depends on its linker.
            let _ = fs::remove_file(folder.join("deps").join(&library).with_extension("so"));
        }
        let cargo_home = self.cargo_home.clone().map_or_else(cargo_home, Ok)?;
        let mut flags = remap::flags(&workspace.root, &sysroot, &cargo_home);
        // sbpf-linker refuses tables of relative addresses.
        flags.push("-Crelocation-model=static".into());
        let mut command = self.command();
        command
            .env("CARGO_HOME", cargo_home)
            .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"))
            .env("CARGO_TARGET_BPFEL_UNKNOWN_NONE_LINKER", linker)
            // A dependency may be a program too, which has no use here.
            .env("SBPF_LINK_ONLY", library);
        process::run(&mut command).with_context(|| format!("the program {} was not built", self.package))?;
        ensure!(elf.is_file(), "cargo built {}, but left no {}", self.package, elf.display());
        Ok(elf)
    }

    fn command(&self) -> Command {
        let mut command = cargo();
        command
            // Building `core` is unstable; the pinned toolchain makes that as good as stable.
            .env("RUSTC_BOOTSTRAP", "1")
            .args(["build", "--release", "-Zbuild-std=core,alloc", "--target", TARGET])
            .args(["--package", &self.package])
            .arg("--manifest-path")
            .arg(&self.manifest)
            .arg("--target-dir")
            .arg(&self.target_dir);
        command
    }
}

/// Whether `file` was made before `other`, or either cannot be looked at.
fn is_older(file: &Path, other: &Path) -> bool {
    let time = |path: &Path| fs::metadata(path).and_then(|data| data.modified()).ok();
    time(file) < time(other)
}
