//! What the command line can leave out: the pool, the program of commands that are about all pools of one, and Solana's configuration.
//!
//! Solana's own `config.yml` has no place for it: the `solana` tool ignores a field that it does not know, and drops it with the
//! next `solana config set`. So these entries have a file of their own.

use {
    crate::{config::in_home, error::CliError, units::address},
    serde::Deserialize,
    solana_address::Address,
    std::{
        env, fs, io,
        path::{Path, PathBuf},
    },
};

pub const POOL_VARIABLE: &str = "TIDEPOOL_POOL";

pub const PROGRAM_VARIABLE: &str = "TIDEPOOL_PROGRAM_ID";

pub const FILE_VARIABLE: &str = "TIDEPOOL_CONFIG";

/// An address, and where it was set.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Named {
    pub address: Address,
    /// A variable or a file.
    pub origin: String,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DefaultPool {
    /// The pool, and where it was set.
    pub named: Named,
    /// The first argument, if it is an address: a POOL, perhaps, whose line is not complete.
    pub first: Option<Address>,
}

/// What the command line can leave out.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Defaults {
    /// The pool of commands that take one.
    pub pool: Option<Named>,
    /// The program of commands that are about all of its pools.
    pub program_id: Option<Named>,
    /// The configuration file of Solana's tools, in place of the usual one.
    pub solana_config: Option<PathBuf>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Entries {
    pool: Option<String>,
    program_id: Option<String>,
    solana_config: Option<PathBuf>,
}

impl Defaults {
    /// Reads the environment, and the file where a variable is not set or empty.
    pub fn load() -> Result<Self, CliError> {
        Self::from_variables(|name| env::var_os(name).map(|value| value.to_string_lossy().into_owned()))
    }

    fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self, CliError> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let file = set(FILE_VARIABLE).map(PathBuf::from);
        let usual = || in_home(&[".config", "tidepool", "config.yml"]);
        let is_named = file.is_some();
        let (entries, origin) = match file.or_else(usual) {
            Some(path) => (read(&path, is_named)?, path.display().to_string()),
            None => (Entries::default(), String::new()),
        };
        let named = |name: &str, entry: Option<String>| {
            let from_file = || entry.filter(|text| !text.is_empty()).map(|text| (text, origin.clone()));
            set(name).map(|text| (text, name.to_owned())).or_else(from_file).map(parse).transpose()
        };
        Ok(Self {
            pool: named(POOL_VARIABLE, entries.pool)?,
            program_id: named(PROGRAM_VARIABLE, entries.program_id)?,
            solana_config: entries.solana_config,
        })
    }
}

fn parse((text, origin): (String, String)) -> Result<Named, CliError> {
    match address(&text) {
        Ok(address) => Ok(Named { address, origin }),
        Err(error) => Err(CliError::usage(format!("{error}; correct {origin}"))),
    }
}

fn read(path: &Path, is_named: bool) -> Result<Entries, CliError> {
    let problem = |detail: String| {
        let path = path.display();
        CliError::usage(format!(
            "cannot read the configuration file {path} ({detail}): correct it, or specify another with {FILE_VARIABLE}"
        ))
    };
    match fs::read_to_string(path) {
        Ok(text) => serde_yaml_ng::from_str::<Option<Entries>>(&text)
            .map(Option::unwrap_or_default)
            .map_err(|error| problem(error.to_string())),
        Err(error) if !is_named && error.kind() == io::ErrorKind::NotFound => Ok(Entries::default()),
        Err(error) => Err(problem(error.to_string())),
    }
}
