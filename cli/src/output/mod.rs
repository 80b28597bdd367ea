//! What commands answer, as text, as longer text, and as JSON.

pub mod csv;
mod format;
mod large;
pub mod streams;
mod transactions;

pub use {
    format::Format,
    transactions::{Landed, state_name, write_signatures},
};

use {
    crate::exit::Exit,
    serde::{Serialize, Serializer},
    serde_json::Value,
    std::{
        fmt,
        io::{self, Write},
    },
};

/// A name and a value, for people.
pub type Line = (&'static str, String);

/// The answer of a command.
///
/// In JSON, names of fields are in snake_case and stay what they are; amounts of SOL are whole lamports, amounts of pool
/// tokens are whole smallest units, addresses and signatures are strings, and what there is none of is `null`.
pub trait CommandOutput {
    /// Writes the answer for a person: in short, or all of it.
    fn write(&self, f: &mut fmt::Formatter<'_>, verbose: bool) -> fmt::Result;

    fn json(&self) -> Value;

    /// Whether the answer is the last of several lines: its JSON has one line, as theirs.
    fn is_line(&self) -> bool {
        false
    }

    /// How the command ends with this answer.
    fn exit(&self) -> Exit {
        Exit::Done
    }
}

/// An answer whose fields are its JSON.
pub trait Report: Serialize {
    /// As [`CommandOutput::write`].
    fn write(&self, f: &mut fmt::Formatter<'_>, verbose: bool) -> fmt::Result;
}

impl<T: Report> CommandOutput for T {
    fn write(&self, f: &mut fmt::Formatter<'_>, verbose: bool) -> fmt::Result {
        Report::write(self, f, verbose)
    }

    fn json(&self) -> Value {
        to_json(self)
    }
}

/// Writes an answer to `to`, with a line's end. Invisible characters are escaped; the values of JSON stay the same.
pub fn write(to: &mut impl Write, output: &dyn CommandOutput, format: Format, verbose: bool) -> io::Result<()> {
    streams::write_line(to, &text(output, format, verbose), format)
}

/// An answer in the form that was asked for.
pub(crate) fn text(output: &dyn CommandOutput, format: Format, verbose: bool) -> String {
    let text = match format {
        Format::Display => AsText { output, verbose }.to_string(),
        Format::Json if output.is_line() => Format::JsonCompact.render(&output.json()),
        Format::Json | Format::JsonCompact => format.render(&output.json()),
    };
    text.trim_end().to_owned()
}

struct AsText<'a> {
    output: &'a dyn CommandOutput,
    verbose: bool,
}

impl fmt::Display for AsText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.output.write(f, self.verbose)
    }
}

/// JSON of what serializes.
pub(crate) fn to_json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).expect("outputs have string keys and finite numbers")
}

/// Something that JSON shows as the text that people see: an address, a signature.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Text<T>(pub T);

impl<T: fmt::Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<T: fmt::Display> fmt::Display for Text<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Writes lines of a name and a value, with the values below each other.
pub(crate) fn write_fields(f: &mut fmt::Formatter<'_>, fields: &[(&str, String)]) -> fmt::Result {
    let width = fields.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, value) in fields {
        writeln!(f, "  {name:width$}  {value}")?;
    }
    Ok(())
}
