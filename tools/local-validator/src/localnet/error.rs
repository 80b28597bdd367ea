//! Errors of the local network.

use {
    crate::{ports, validator::ValidatorError},
    std::{io, path::PathBuf, time::Duration},
    thiserror::Error,
};

/// Why the local network ended.
#[derive(Debug, Error)]
pub enum LocalnetError {
    /// By Ctrl-C or SIGTERM.
    #[error("interrupted")]
    Interrupted,

    /// Standard output cannot be written to.
    #[error("cannot write to standard output: {0}")]
    Output(io::Error),

    /// A port of the validator is not free.
    #[error(
        "port {taken} is taken: stop the program that uses it, or choose other ports with --rpc-port (now {first}; the {} ports \
         from there on must be free)",
        ports::COUNT
    )]
    PortTaken {
        /// The first taken port.
        taken: u16,
        /// The RPC port.
        first: u16,
    },

    /// Another process has locked the folder.
    #[error("another localnet runs in {}: stop it, or give another folder with --ledger", .0.display())]
    FolderInUse(PathBuf),

    /// A folder that this program has not made.
    #[error("{} holds other files: give an empty or a new folder with --ledger", .0.display())]
    ForeignFolder(PathBuf),

    /// A ledger with other settings than the options.
    #[error("the ledger in {} has {option} {kept}, not {given}: leave out {option}, or give a new folder", folder.display())]
    OtherSettings {
        /// The folder.
        folder: PathBuf,
        /// The option's name.
        option: &'static str,
        /// The value in the ledger.
        kept: u64,
        /// The value on the command line.
        given: u64,
    },

    /// A file cannot be read or written.
    #[error("cannot use {}: {source}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// The system does not accept a signal handler or a child process.
    #[error("cannot {what}: {source}")]
    System {
        /// The action.
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },

    /// The validator did not start, or ended.
    #[error(transparent)]
    Validator(#[from] ValidatorError),

    /// The validator makes no blocks.
    #[error("the validator is not ready after {} seconds: see {}", waited.as_secs(), log.display())]
    NotReady {
        /// How long it was waited for.
        waited: Duration,
        /// The validator's log.
        log: PathBuf,
    },

    /// A command of the set-up failed.
    #[error("`tidepool {line}` failed: {output}")]
    Command {
        /// The command line.
        line: String,
        /// What it printed.
        output: String,
    },
}

impl LocalnetError {
    /// For `map_err`, on a file.
    pub(super) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}
