//! Errors of ELFs.

use crate::Elf;
use std::{io, path::PathBuf};
use thiserror::Error;

/// An ELF is missing or unusable.
#[derive(Debug, Error)]
pub enum ElfError {
    /// The file does not exist, or cannot be read.
    #[error("cannot read {}: {source}: run `{}` first", path.display(), elf.build_command())]
    NotBuilt {
        /// The ELF.
        elf: Elf,
        /// The expected path.
        path: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },

    /// The sources have changed since the build, or the file is not that of the build.
    #[error("{} is stale: it was not built from the present sources: run `{}`", path.display(), elf.build_command())]
    Stale {
        /// The ELF.
        elf: Elf,
        /// The file.
        path: PathBuf,
    },

    /// A source is missing or cannot be read.
    #[error("cannot read the source {}: {source}", path.display())]
    Source {
        /// The file or folder.
        path: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },

    /// An ELF or its record cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },
}
