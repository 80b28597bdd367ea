//! The stock Rust that compiles the programs.

use crate::process::{output_of, run};
use anyhow::ensure;
use std::{path::PathBuf, process::Command};

/// The LLVM that `sbpf-link` speaks to.
const LLVM_MAJOR: &str = "22";

/// Checks the toolchain, installs the sources of `core` if they are missing, and returns the toolchain's folder.
pub fn prepare() -> anyhow::Result<PathBuf> {
    let version = output_of(Command::new("rustc").arg("-vV"))?;
    let llvm = version.lines().find_map(|line| line.strip_prefix("LLVM version: ")).unwrap_or("unknown");
    ensure!(
        llvm.split('.').next() == Some(LLVM_MAJOR),
        "rustc uses LLVM {llvm}, and sbpf-link speaks to LLVM {LLVM_MAJOR}: \
         use the Rust version that rust-toolchain.toml names"
    );
    let sysroot = PathBuf::from(output_of(Command::new("rustc").args(["--print", "sysroot"]))?.trim());
    let core = sysroot.join("lib/rustlib/src/rust/library/core/src/lib.rs");
    if !core.is_file() {
        // Not everywhere does rustup install by itself what rust-toolchain.toml names.
        run(Command::new("rustup").args(["component", "add", "rust-src"]))?;
        ensure!(core.is_file(), "rustup installed rust-src, but not as {}", core.display());
    }
    Ok(sysroot)
}
