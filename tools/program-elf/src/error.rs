//! Errors of ELFs.

use crate::Elf;
use std::{io, path::PathBuf};
use thiserror::Error;

/// An ELF is missing or unusable.
#[derive(Debug, Error)]
pub enum ElfError {
    #[error("cannot read {}: {source}: run `{}` first", path.display(), elf.build_command())]
    NotBuilt { elf: Elf, path: PathBuf, source: io::Error },

    #[error("{} is stale: it was not built from the present sources: run `{}`", path.display(), elf.build_command())]
    Stale { elf: Elf, path: PathBuf },

    #[error("cannot read the source {}: {source}", path.display())]
    Source { path: PathBuf, source: io::Error },

    #[error("cannot write {}: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
}
