//! Errors of the local network.

use {
    crate::{ports, validator::ValidatorError},
    std::{io, path::PathBuf, time::Duration},
    thiserror::Error,
};

/// Why the local network ended.
#[derive(Debug, Error)]
pub enum LocalnetError {
    #[error("interrupted")]
    Interrupted,

    #[error("cannot write to standard output: {0}")]
    Output(io::Error),

    #[error(
        "port {taken} is taken: stop the program that uses it, or choose other ports with --rpc-port (now {first}; the {} ports \
         from there on must be free)",
        ports::COUNT
    )]
    PortTaken { taken: u16, first: u16 },

    #[error("another localnet runs in {}: stop it, or give another folder with --ledger", .0.display())]
    FolderInUse(PathBuf),

    #[error("{} holds other files: give an empty or a new folder with --ledger", .0.display())]
    ForeignFolder(PathBuf),

    #[error("the ledger in {} has {option} {kept}, not {given}: leave out {option}, or give a new folder", folder.display())]
    OtherSettings { folder: PathBuf, option: &'static str, kept: u64, given: u64 },

    #[error("cannot use {}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },

    #[error("cannot {what}: {source}")]
    System { what: &'static str, source: io::Error },

    #[error(transparent)]
    Validator(#[from] ValidatorError),

    #[error("the validator is not ready after {} seconds: see {}", waited.as_secs(), log.display())]
    NotReady { waited: Duration, log: PathBuf },

    #[error("`tidepool {line}` failed: {output}")]
    Command { line: String, output: String },
}

impl LocalnetError {
    /// For `map_err`, on a file.
    pub(super) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}
