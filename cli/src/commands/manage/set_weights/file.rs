//! Files with weights: CSV or JSON, each entry with its place.

mod csv;
mod json;
#[cfg(test)]
mod tests;

use {
    super::number::Number,
    crate::{error::CliError, input},
    solana_address::Address,
    std::{collections::HashMap, io::Read as _, path::Path},
    tidepool_selection::{Place, Problem},
};

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    pub vote: Address,
    pub weight: Number,
    pub place: Place,
}

/// Reads a file: JSON where it begins with a brace or a bracket, CSV otherwise.
pub fn read(path: &Path) -> Result<Vec<Entry>, CliError> {
    let mut bytes = vec![];
    input::open(path)
        .and_then(|mut file| file.read_to_end(&mut bytes))
        .map_err(|error| CliError::usage(format!("cannot read the file {} ({error}): check --file", path.display())))?;
    parse(&bytes).map_err(|problem| CliError::File { path: path.to_owned(), problem })
}

/// Reads what a file holds.
pub fn parse(bytes: &[u8]) -> Result<Vec<Entry>, Problem> {
    let text = str::from_utf8(bytes).map_err(|error| {
        let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        let place = Place::of(&before, before.len());
        Problem::at(place, "invalid UTF-8: save the file as CSV or JSON in UTF-8")
    })?;
    let entries = match text.trim_start().chars().next() {
        Some('{' | '[') => json::parse(text)?,
        _ => csv::parse(text)?,
    };
    if entries.is_empty() {
        return Err(Problem::new(1, 1, "the file holds no weights: write one line VOTE,WEIGHT for each validator"));
    }
    refuse_duplicates(&entries)?;
    Ok(entries)
}

fn refuse_duplicates(entries: &[Entry]) -> Result<(), Problem> {
    let mut seen: HashMap<Address, usize> = HashMap::new();
    for Entry { vote, place, .. } in entries {
        if let Some(first) = seen.insert(*vote, place.line) {
            let what = format!("duplicate validator {vote}, first in line {first}: remove one of the lines");
            return Err(Problem { place: *place, what });
        }
    }
    Ok(())
}

fn vote(text: &str) -> Result<Address, String> {
    text.parse().map_err(|_| format!("invalid address \"{text}\": expected a validator's vote account in base58"))
}
