//! Finds the LLVM that rustc was built with.

use anyhow::{Context as _, ensure};
use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

/// The variable through which aya-rustc-llvm-proxy looks for the library.
const VARIABLE: &str = "LD_LIBRARY_PATH";

/// The folder of LLVM's shared library, to be put first in the variable. The proxy aborts the process if it finds none,
/// and takes the first one that it finds, rustc's or not.
pub fn library_path() -> anyhow::Result<(&'static str, std::ffi::OsString)> {
    let output = Command::new("rustc").args(["--print", "sysroot"]).output().context("rustc could not be started")?;
    let sysroot = String::from_utf8(output.stdout).context("rustc printed a sysroot that is not text")?;
    let folder = Path::new(sysroot.trim()).join("lib");
    ensure!(
        has_llvm(&folder),
        "rustc keeps no LLVM in {}: sbpf-link needs a toolchain with LLVM as a shared library, as rustup installs it",
        folder.display()
    );
    let others = env::var_os(VARIABLE).unwrap_or_default();
    let others = env::split_paths(&others).filter(|path| !path.as_os_str().is_empty());
    let paths = env::join_paths(std::iter::once(folder).chain(others).collect::<Vec<PathBuf>>());
    Ok((VARIABLE, paths.context("the folder of rustc's LLVM cannot be put into LD_LIBRARY_PATH")?))
}

fn has_llvm(folder: &Path) -> bool {
    let files = folder.read_dir().into_iter().flatten().flatten();
    files.into_iter().any(|file| file.file_name().to_string_lossy().starts_with("libLLVM"))
}
