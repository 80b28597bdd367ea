//! TOML with the place of everything.

use {
    solana_address::Address,
    std::{ops::Range, str::FromStr},
    tidepool_selection::{Place, Problem},
    toml::{
        Spanned,
        de::{DeTable, DeValue},
    },
};

/// A text that is TOML.
#[derive(Clone, Copy)]
pub struct Document<'t> {
    pub text: &'t str,
}

/// The text of a file, without a byte order mark.
pub fn decode(bytes: &[u8]) -> Result<&str, Problem> {
    let text = str::from_utf8(bytes).map_err(|error| {
        let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        Problem::at(Place::of(&before, before.len()), "invalid UTF-8: save the file in UTF-8")
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

impl<'t> Document<'t> {
    pub fn parse(self) -> Result<DeTable<'t>, Problem> {
        let parsed = DeTable::parse(self.text).map_err(|error| {
            let span = error.span().unwrap_or_default();
            let key = self.text.get(span.clone()).unwrap_or_default().trim_matches(['"', '\'']);
            let what = error.message().trim().replace('\n', " ");
            let what = match (what.as_str(), key.parse::<Address>()) {
                ("duplicate key", Ok(vote)) => format!("duplicate validator {vote}: remove one of the lines"),
                ("duplicate key", _) => format!("duplicate key \"{key}\": remove one of the lines"),
                _ => what,
            };
            Problem::at(self.place(span), what)
        })?;
        Ok(parsed.into_inner())
    }

    pub fn place(self, span: Range<usize>) -> Place {
        Place::of(self.text, span.start)
    }

    pub fn problem<T>(self, at: &Spanned<T>, what: impl Into<String>) -> Problem {
        Problem::at(self.place(at.span()), what)
    }

    /// A single value as it is written, without quotes.
    pub fn scalar(self, value: &Spanned<DeValue<'t>>) -> Result<String, Problem> {
        match value.get_ref() {
            DeValue::String(text) => Ok(text.clone().into_owned()),
            DeValue::Integer(_) | DeValue::Float(_) => {
                Ok(self.text.get(value.span()).unwrap_or_default().replace('_', ""))
            }
            DeValue::Boolean(flag) => Ok(flag.to_string()),
            DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => {
                Err(self.problem(value, "expected a single value: a text in quotes, a number, true or false"))
            }
        }
    }

    /// A table.
    pub fn table<'a>(self, value: &'a Spanned<DeValue<'t>>, name: &str) -> Result<&'a DeTable<'t>, Problem> {
        match value.get_ref() {
            DeValue::Table(table) => Ok(table),
            _ => Err(self.problem(value, format!("expected a section: write [{name}] on a line of its own"))),
        }
    }

    /// A value that [`FromStr`] reads, with its place.
    pub fn read<T: FromStr>(self, value: &Spanned<DeValue<'t>>, expected: &str) -> Result<(T, Place), Problem> {
        let text = self.scalar(value)?;
        let read =
            text.parse().map_err(|_| self.problem(value, format!("invalid value \"{text}\": expected {expected}")))?;
        Ok((read, self.place(value.span())))
    }
}
