//! Places in files, and their faults.

/// A place in a file, in lines and characters, both counted from 1.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The character in the line.
    pub column: usize,
}

impl Place {
    /// The place of the byte at `offset` of `text`.
    pub fn of(text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1 }
    }
}

/// A fault in a file, and how to mend it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("line {}, column {}: {what}", place.line, place.column)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// The fault and the remedy, in one sentence.
    pub what: String,
}

impl Problem {
    /// A problem at a line and a column.
    pub fn new(line: usize, column: usize, what: impl Into<String>) -> Self {
        Self::at(Place { line, column }, what)
    }

    /// A problem at a place.
    pub fn at(place: Place, what: impl Into<String>) -> Self {
        Self { place, what: what.into() }
    }
}

/// The text of a file.
pub(crate) fn decode(bytes: &[u8]) -> Result<&str, Problem> {
    let text = str::from_utf8(bytes).map_err(|error| {
        let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        Problem::at(Place::of(&before, before.len()), "invalid UTF-8: save the file in UTF-8")
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}
