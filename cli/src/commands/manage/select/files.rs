//! The files that a selection reads and writes.

use {
    crate::error::CliError,
    std::{
        fs,
        path::{Path, PathBuf},
        str::FromStr,
    },
    tidepool_selection::{Facts, Policy, Problem, Table},
};

/// `FILE` or `NAME=FILE`.
#[derive(Clone, Debug)]
pub struct DataFile {
    prefix: Option<String>,
    path: PathBuf,
}

impl FromStr for DataFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_name = |name: &str| {
            let starts = name.starts_with(|c: char| c.is_ascii_lowercase());
            starts && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        };
        match text.split_once('=') {
            Some((name, path)) if is_name(name) => Ok(Self { prefix: Some(name.into()), path: path.into() }),
            Some((name, _)) if !name.contains(['/', '.']) => {
                Err(format!("invalid name \"{name}\": use lower-case letters, digits and underscores"))
            }
            _ => Ok(Self { prefix: None, path: text.into() }),
        }
    }
}

impl DataFile {
    pub fn read(&self) -> Result<Table, CliError> {
        table(&self.path, self.prefix.as_deref(), "--data")
    }
}

/// A table of values by vote account. `option` is what names its file.
pub fn table(path: &Path, prefix: Option<&str>, option: &str) -> Result<Table, CliError> {
    let table = Table::parse(&path.display().to_string(), prefix, &bytes(path, option)?);
    table.map_err(|problem| in_file(path, problem))
}

pub fn policy(path: &Path) -> Result<Policy, CliError> {
    Policy::parse_bytes(&bytes(path, "--policy")?).map_err(|problem| in_file(path, problem))
}

pub fn facts(path: &Path) -> Result<Facts, CliError> {
    Facts::parse(&bytes(path, "--facts")?).map_err(|problem| in_file(path, problem))
}

/// The bytes as they are: digests are those of the files.
fn bytes(path: &Path, option: &str) -> Result<Vec<u8>, CliError> {
    fs::read(path)
        .map_err(|error| CliError::usage(format!("cannot read the file {} ({error}): check {option}", path.display())))
}

fn in_file(path: &Path, problem: Problem) -> CliError {
    CliError::File { path: path.to_owned(), problem }
}

/// Replaces a file as a whole: a reader sees the old one or the new one.
pub fn write(path: &Path, text: &str) -> Result<(), CliError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".tmp");
    let written = fs::write(&beside, text).and_then(|()| fs::rename(&beside, path));
    written.map_err(|error| {
        // It may not exist.
        let _ = fs::remove_file(&beside);
        CliError::usage(format!("cannot write the file {} ({error}): specify another", path.display()))
    })
}
