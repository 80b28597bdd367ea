//! The file that remembers the last event.

use {
    crate::error::CliError,
    serde::{Deserialize, Serialize},
    solana_address::Address,
    std::{
        fs, io,
        path::{Path, PathBuf},
    },
    tidepool_client::events::{Cursor, Start},
};

/// A file with the position in the events of one pool.
pub struct StateFile {
    path: PathBuf,
    pool: Address,
}

#[derive(Deserialize, Serialize)]
struct State {
    pool: String,
    /// Of the last event.
    key: String,
    slot: u64,
    /// Other transactions that a fork can still drop, with their slots.
    unfinal: Vec<(String, u64)>,
}

impl StateFile {
    pub fn new(path: &Path, pool: Address) -> Self {
        Self { path: path.to_owned(), pool }
    }

    /// Where to begin: the beginning without the file.
    pub fn start(&self) -> Result<Start, CliError> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Start::Beginning),
            Err(error) => return Err(self.failed("read", &error)),
        };
        let path = self.path.display();
        let state: State = serde_json::from_str(&text).map_err(|error| {
            CliError::usage(format!("{path} is not a state of events ({error}): specify another file"))
        })?;
        if state.pool != self.pool.to_string() {
            let what = format!("{path} is of pool {}: specify another file", state.pool);
            return Err(CliError::usage(what));
        }
        let cursor = state.cursor();
        let malformed = || CliError::usage(format!("{path} has a malformed key: specify another file"));
        cursor.map(Start::After).ok_or_else(malformed)
    }

    /// Replaces the file in one step: after a crash it has the old state or the new one.
    pub fn save(&self, cursor: &Cursor) -> Result<(), CliError> {
        let unfinal = cursor.unfinal.iter().map(|(signature, slot)| (signature.to_string(), *slot));
        let state = State {
            pool: self.pool.to_string(),
            key: cursor.key.to_string(),
            slot: cursor.slot,
            unfinal: unfinal.collect(),
        };
        let text = crate::output::to_json(&state).to_string();
        let mut beside = self.path.clone().into_os_string();
        beside.push(".new");
        let saved = fs::write(&beside, text).and_then(|()| fs::rename(&beside, &self.path));
        saved.map_err(|error| self.failed("write", &error))
    }

    fn failed(&self, what: &str, error: &io::Error) -> CliError {
        let path = self.path.display();
        CliError::usage(format!("cannot {what} {path} ({error}): specify another file with --state"))
    }
}

impl State {
    fn cursor(self) -> Option<Cursor> {
        let unfinal = self.unfinal.into_iter().map(|(signature, slot)| Some((signature.parse().ok()?, slot)));
        Some(Cursor { key: self.key.parse().ok()?, slot: self.slot, unfinal: unfinal.collect::<Option<_>>()? })
    }
}
