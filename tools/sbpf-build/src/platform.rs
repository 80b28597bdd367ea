//! Platforms of programs: a target, and the parts of Rust's library for it.

use crate::{
    sources::{self, Library},
    toolchain::Toolchain,
};
use anyhow::Context as _;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// rustc's own target for BPF.
const CORE_TARGET: &str = "bpfel-unknown-none";

/// Platform of a program.
#[derive(Clone, Debug)]
pub enum Platform {
    /// rustc's own target for BPF, with `core` and `alloc`.
    Core,
    /// A custom target with all of `std`, for programs that were written for Solana's fork of Rust. A panic is the VM's `abort`, and
    /// logs nothing.
    Std {
        /// The JSON file that describes the target. rustc's own has no atomic operations, and `std` needs an operating
        /// system: `zkvm`, which is one for a single thread without files, clocks and network.
        target: PathBuf,
        /// What the program uses of `std`.
        library: Library,
    },
}

/// A platform's arguments, variables and library sources.
pub(crate) struct Setup {
    /// cargo's name of the target, in names of folders and variables.
    pub target: String,
    /// Arguments for `cargo build`.
    pub arguments: Vec<String>,
    /// Flags for rustc.
    pub flags: Vec<String>,
    /// Variables for cargo.
    pub variables: Vec<(&'static str, String)>,
    /// The folder with the sources of Rust's library.
    pub sources: PathBuf,
}

impl Platform {
    /// Prepares a build in this target directory.
    pub(crate) fn setup(&self, toolchain: &Toolchain, target_dir: &Path) -> anyhow::Result<Setup> {
        match self {
            Self::Core => Ok(core(toolchain)),
            Self::Std { target, library } => std(target, *library, toolchain, target_dir),
        }
    }
}

fn core(toolchain: &Toolchain) -> Setup {
    Setup {
        target: CORE_TARGET.into(),
        arguments: ["-Zbuild-std=core,alloc", "--target", CORE_TARGET].map(String::from).into(),
        flags: vec![],
        variables: vec![],
        sources: toolchain.sources(),
    }
}

fn std(target: &Path, library: Library, toolchain: &Toolchain, target_dir: &Path) -> anyhow::Result<Setup> {
    let sources = sources::patched(toolchain, target_dir, library)?;
    let file = fs::canonicalize(target).with_context(|| format!("no target is described at {}", target.display()))?;
    let name = file.file_stem().context("a target needs a name")?;
    let flags = [
        // A program has no writable statics, which `std` wants for reporting a panic.
        "-Zunstable-options",
        "-Cpanic=immediate-abort",
        // Solana's libraries need the system `solana`, although `std` needs another one.
        "--cfg=target_os=\"solana\"",
        "-Aexplicit_builtin_cfgs_in_flags",
    ];
    let library = sources.join("library");
    let variables = vec![
        // The library sources, instead of the toolchain's.
        ("__CARGO_TESTS_ONLY_SRC_ROOT", library.display().to_string()),
        // With two systems named, the library takes the target for one that it does not know, and marks all of itself
        // as unstable; this tells it not to.
        ("RUSTC_BOOTSTRAP_SYNTHETIC_TARGET", "1".into()),
    ];
    Ok(Setup {
        target: name.to_string_lossy().into_owned(),
        arguments: vec![
            "-Zbuild-std=std".into(),
            "-Zjson-target-spec".into(),
            "--target".into(),
            file.display().to_string(),
        ],
        flags: flags.map(String::from).into(),
        variables,
        sources,
    })
}
