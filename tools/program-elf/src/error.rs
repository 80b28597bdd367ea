//! Why there is no usable ELF.

use crate::Elf;
use std::{io, path::PathBuf};
use thiserror::Error;

/// An ELF that cannot be used.
#[derive(Debug, Error)]
pub enum ElfError {
    /// The file does not exist, or cannot be read.
    #[error("cannot read {}: {source}: run `{}` first", path.display(), elf.build_command())]
    NotBuilt {
        /// Which one.
        elf: Elf,
        /// Where it was expected.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// The sources have changed since, or the file is not the one that was built.
    #[error("{} is stale: it was not built from the present sources: run `{}`", path.display(), elf.build_command())]
    Stale {
        /// Which one.
        elf: Elf,
        /// The file.
        path: PathBuf,
    },

    /// A source is missing or cannot be read.
    #[error("cannot read the source {}: {source}", path.display())]
    Source {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// An ELF or its record cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}
