//! Keypair files of new accounts: those that are missing are generated, and written before anything is paid.

use {
    super::{Key, KeySource, Keyring},
    crate::error::CliError,
    solana_keypair::{Keypair, write_keypair},
    std::{
        cell::RefCell,
        fs::{self, OpenOptions},
        io,
        path::{Path, PathBuf},
        rc::Rc,
    },
};

pub struct KeyDirectory {
    path: PathBuf,
    generated: RefCell<Vec<(PathBuf, Rc<Keypair>)>>,
}

impl KeyDirectory {
    /// The directory at `path`, which need not exist.
    pub const fn new(path: PathBuf) -> Self {
        Self { path, generated: RefCell::new(vec![]) }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its path, where it exists.
    pub fn path_if_exists(&self) -> Option<&Path> {
        self.path.exists().then_some(self.path())
    }

    /// The key in the file of that name, or else `generated`, which [`Self::save`] writes there.
    pub fn open_or(
        &self,
        keyring: &Keyring,
        role: &'static str,
        name: &str,
        generated: Keypair,
    ) -> Result<Key, CliError> {
        let file = self.path.join(format!("{name}.json"));
        if file.exists() {
            return keyring.open(role, &KeySource::File(file.display().to_string()));
        }
        let key = Rc::new(generated);
        self.generated.borrow_mut().push((file, Rc::clone(&key)));
        Ok(key)
    }

    /// Writes the generated keys, readable by the user alone, and says whether there were any. Existing files are not replaced.
    pub fn save(&self) -> Result<bool, CliError> {
        let generated = self.generated.take();
        if generated.is_empty() {
            return Ok(false);
        }
        let failed = |path: &Path, error: &dyn std::fmt::Display| CliError::Key {
            role: "the new accounts",
            detail: format!(
                "cannot write {} ({error}): specify a writable directory with --key-directory",
                path.display()
            ),
        };
        create_directory(&self.path).map_err(|error| failed(&self.path, &error))?;
        for (file, key) in generated {
            write(&file, &key).map_err(|error| failed(&file, &error))?;
        }
        sync(&self.path).map_err(|error| failed(&self.path, &error))?;
        Ok(true)
    }

    /// Addresses of keys that are not written yet.
    #[cfg(test)]
    fn unsaved(&self) -> usize {
        self.generated.borrow().len()
    }
}

fn create_directory(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Makes new names of a directory last, where the system can.
fn sync(directory: &Path) -> io::Result<()> {
    if cfg!(unix) { fs::File::open(directory)?.sync_all() } else { Ok(()) }
}

fn write(file: &Path, key: &Keypair) -> Result<(), Box<dyn std::error::Error>> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut opened = options.open(file)?;
    write_keypair(key, &mut opened)?;
    opened.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_keys_are_found_again() {
        let path = std::env::temp_dir().join(format!("tidepool-key-directory-{}", std::process::id()));
        let keyring = Keyring::default();
        let open = |directory: &KeyDirectory| directory.open_or(&keyring, "the pool", "pool", Keypair::new()).unwrap();
        let directory = KeyDirectory::new(path.clone());
        let address = open(&directory).pubkey();
        assert_eq!((directory.unsaved(), path.exists()), (1, false));
        directory.save().unwrap();
        let again = KeyDirectory::new(path.clone());
        assert_eq!((open(&again).pubkey(), again.unsaved()), (address, 0));
        // A file that has appeared meanwhile is not replaced.
        let late = KeyDirectory::new(path.join("late"));
        open(&late);
        fs::create_dir(path.join("late")).unwrap();
        fs::write(path.join("late").join("pool.json"), "[]").unwrap();
        let refused = late.save().unwrap_err().to_string();
        fs::remove_dir_all(&path).unwrap();
        assert!(refused.contains("pool.json") && refused.contains("--key-directory"), "{refused}");
    }
}
