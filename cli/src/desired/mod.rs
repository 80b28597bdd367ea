//! Files with a pool as it is to be, plans made from them, and both in words.

mod document;
mod export;
mod file;
mod plan_file;
mod signable;
mod survey;
mod wanted;
mod weights;
pub mod words;

pub use {
    export::export,
    file::{DesiredFile, Head, check_cluster, check_pool, check_program},
    plan_file::PlanFile,
    signable::Signable,
    survey::Survey,
    wanted::WantedFile,
};

use {
    crate::error::CliError,
    std::{fs, path::Path},
    tidepool_selection::{Place, Problem},
};

/// The version of both kinds of files.
const FORMAT: u64 = 1;

/// The bytes of a file.
fn bytes(path: &Path) -> Result<Vec<u8>, CliError> {
    fs::read(path).map_err(|error| {
        CliError::usage(format!("cannot read the file {} ({error}): specify an existing file", path.display()))
    })
}

/// A fault of a file.
pub fn problem(path: &Path, place: Place, what: impl Into<String>) -> CliError {
    CliError::File { path: path.to_owned(), problem: Problem::at(place, what) }
}
