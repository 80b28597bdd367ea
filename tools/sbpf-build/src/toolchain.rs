//! The stock Rust toolchain of the programs.

use crate::process::{output_of, run};
use anyhow::ensure;
use std::{path::PathBuf, process::Command};

/// The major version of LLVM that `sbpf-link` supports.
const LLVM_MAJOR: &str = "22";

/// A toolchain with the sources of Rust's library.
pub struct Toolchain {
    /// The output of `rustc -vV`.
    pub version: String,
    /// The folder of its installation.
    pub sysroot: PathBuf,
}

impl Toolchain {
    /// Checks the toolchain, and installs the sources of Rust's library if they are missing.
    pub fn prepare() -> anyhow::Result<Self> {
        let version = output_of(Command::new("rustc").arg("-vV"))?;
        let llvm = version.lines().find_map(|line| line.strip_prefix("LLVM version: ")).unwrap_or("unknown");
        ensure!(
            llvm.split('.').next() == Some(LLVM_MAJOR),
            "rustc uses LLVM {llvm}, and sbpf-link speaks to LLVM {LLVM_MAJOR}: \
             use the Rust version that rust-toolchain.toml names"
        );
        let sysroot = PathBuf::from(output_of(Command::new("rustc").args(["--print", "sysroot"]))?.trim());
        let toolchain = Self { version, sysroot };
        let core = toolchain.sources().join("library/core/src/lib.rs");
        if !core.is_file() {
            // rustup does not install the components of rust-toolchain.toml in every environment.
            run(Command::new("rustup").args(["component", "add", "rust-src"]))?;
            ensure!(core.is_file(), "rustup installed rust-src, but not as {}", core.display());
        }
        Ok(toolchain)
    }

    /// The folder with the sources of Rust's library.
    pub fn sources(&self) -> PathBuf {
        self.sysroot.join("lib/rustlib/src/rust")
    }
}
