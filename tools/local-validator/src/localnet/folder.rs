//! The folder of a local network: ledger, keypairs, configuration files, logs.

use {
    super::error::LocalnetError,
    serde_json::{Value, json},
    solana_address::Address,
    std::{
        fs::{self, File, TryLockError},
        io,
        path::{Path, PathBuf},
    },
};

/// Everything in the folder that a fresh start removes; the state comes last, so that an interrupted removal is continued.
const ENTRIES: [&str; 12] = [
    "ledger",
    "accounts",
    "pool-keys",
    "wallet.json",
    "crank.json",
    "config.yml",
    "tidepool.yml",
    "validator.log",
    "crank.log",
    ".config",
    ".cache",
    STATE,
];

const STATE: &str = "localnet.json";
const LOCK: &str = "lock";

/// What a kept ledger holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct State {
    pub program_id: Address,
    pub slots_per_epoch: u64,
    /// Vote accounts of the pool's validators. The first is the one that votes; its address is known, and part of the list, only
    /// after the validator's first start.
    pub votes: Vec<Address>,
    /// The pool, once it is complete.
    pub pool: Option<Address>,
}

impl State {
    fn to_json(&self) -> Value {
        json!({
            "program_id": self.program_id.to_string(),
            "slots_per_epoch": self.slots_per_epoch,
            "votes": self.votes.iter().map(Address::to_string).collect::<Vec<_>>(),
            "pool": self.pool.map(|pool| pool.to_string()),
        })
    }

    fn from_json(json: &Value) -> Option<Self> {
        let address = |value: &Value| value.as_str()?.parse().ok();
        Some(Self {
            program_id: address(&json["program_id"])?,
            slots_per_epoch: json["slots_per_epoch"].as_u64()?,
            votes: json["votes"].as_array()?.iter().map(address).collect::<Option<_>>()?,
            pool: address(&json["pool"]),
        })
    }
}

/// A folder, locked for this process.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// Locked as long as it is open.
    _lock: File,
}

impl Folder {
    /// Makes the folder if it is missing, and locks it.
    ///
    /// # Errors
    /// [`LocalnetError::FolderInUse`], [`LocalnetError::ForeignFolder`], [`LocalnetError::File`].
    pub fn open(path: &Path) -> Result<Self, LocalnetError> {
        let file = LocalnetError::file;
        fs::create_dir_all(path).map_err(file(path))?;
        // The validator runs in another working folder.
        let path = path.canonicalize().map_err(file(path))?;
        let lock_path = path.join(LOCK);
        if !lock_path.exists() && fs::read_dir(&path).map_err(file(&path))?.next().is_some() {
            return Err(LocalnetError::ForeignFolder(path));
        }
        let lock = File::options().create(true).append(true).open(&lock_path).map_err(file(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(LocalnetError::FolderInUse(path)),
            Err(TryLockError::Error(source)) => Err(file(&lock_path)(source)),
        }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file in it.
    pub fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// What is kept, if a pool was completed here.
    pub fn state(&self) -> Option<State> {
        let text = fs::read_to_string(self.join(STATE)).ok()?;
        State::from_json(&serde_json::from_str(&text).ok()?).filter(|state| state.pool.is_some())
    }

    /// Writes what is kept.
    ///
    /// # Errors
    /// [`LocalnetError::File`].
    pub fn write_state(&self, state: &State) -> Result<(), LocalnetError> {
        self.write(STATE, &state.to_json().to_string())
    }

    /// Writes a file.
    ///
    /// # Errors
    /// [`LocalnetError::File`].
    pub fn write(&self, name: &str, content: &str) -> Result<(), LocalnetError> {
        let path = self.join(name);
        fs::write(&path, content).map_err(LocalnetError::file(path))
    }

    /// Removes what earlier starts left.
    ///
    /// # Errors
    /// [`LocalnetError::File`].
    pub fn clear(&self) -> Result<(), LocalnetError> {
        for path in ENTRIES.map(|name| self.join(name)) {
            let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            match removed {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(LocalnetError::file(path)(error)),
                _ => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(pool: Option<Address>) -> State {
        let votes = vec![Address::new_from_array([1; 32]), Address::new_from_array([2; 32])];
        State { program_id: Address::new_from_array([3; 32]), slots_per_epoch: 160, votes, pool }
    }

    #[test]
    fn keeps_state_of_complete_pool() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Folder::open(&temporary.path().join("new")).unwrap();
        assert_eq!(folder.state(), None);
        folder.write_state(&state(None)).unwrap();
        assert_eq!(folder.state(), None, "the pool is not complete");
        let complete = state(Some(Address::new_from_array([4; 32])));
        folder.write_state(&complete).unwrap();
        assert_eq!(folder.state(), Some(complete));
        folder.clear().unwrap();
        assert_eq!(folder.state(), None);
    }

    #[test]
    fn rejects_folder_in_use_and_other_files() {
        let temporary = tempfile::tempdir().unwrap();
        let first = Folder::open(temporary.path()).unwrap();
        assert!(matches!(Folder::open(temporary.path()), Err(LocalnetError::FolderInUse(_))));
        drop(first);
        Folder::open(temporary.path()).unwrap();

        let foreign = tempfile::tempdir().unwrap();
        fs::write(foreign.path().join("thesis.txt"), "").unwrap();
        assert!(matches!(Folder::open(foreign.path()), Err(LocalnetError::ForeignFolder(_))));
    }
}
