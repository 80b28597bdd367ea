//! Further facts, from CSV and JSON files: columns of values by vote account.

mod csv;
mod json;
#[cfg(test)]
mod tests;

use {
    crate::{
        digest::{Digest, digest},
        expression::{Kind, Value},
        number,
        place::{Place, Problem, decode},
    },
    solana_address::Address,
    std::collections::HashMap,
};

/// Names of the column of vote accounts, without case, spaces, hyphens and underscores.
const VOTE_NAMES: [&str; 7] =
    ["vote", "voteaccount", "voteaddress", "votepubkey", "voteidentity", "voteaccountaddress", "validator"];

/// A file of facts.
#[derive(Clone, Debug)]
pub struct Table {
    file: String,
    digest: Digest,
    pub(crate) columns: Vec<Column>,
    /// Values by vote account, in the order of the columns.
    pub(crate) rows: HashMap<Address, Vec<Option<Value>>>,
}

/// A column: the name of a fact.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub name: String,
    pub kind: Kind,
    /// The first value that makes a column with numbers one of texts.
    pub note: Option<String>,
    /// Where it is named first.
    pub place: Place,
}

/// A value as it is written.
#[derive(Clone, Debug)]
struct Raw {
    value: RawValue,
    place: Place,
}

#[derive(Clone, Debug)]
enum RawValue {
    /// Without quotes, or a text that may be a number.
    Plain(String),
    Truth(bool),
}

/// What a file holds, before its columns have kinds.
struct Rows {
    /// Names as facts, and where they are.
    columns: Vec<(String, Place)>,
    rows: Vec<(Address, Place, Vec<Option<Raw>>)>,
}

impl Table {
    /// Reads a file: JSON if it begins with a brace or a bracket, else CSV. `file` names it in sentences. With a `prefix`, a
    /// column `x` is the fact `prefix_x`.
    ///
    /// # Errors
    /// Everything that is not a table of values by vote account, with its place.
    pub fn parse(file: &str, prefix: Option<&str>, bytes: &[u8]) -> Result<Self, Problem> {
        let text = decode(bytes)?;
        let Rows { mut columns, rows } = match text.trim_start().chars().next() {
            Some('{' | '[') => json::parse(text)?,
            _ => csv::parse(text)?,
        };
        if rows.is_empty() {
            return Err(Problem::new(1, 1, "the file holds no validators: write a line for each, below a heading"));
        }
        if let Some(prefix) = prefix {
            columns.iter_mut().for_each(|(name, _)| *name = format!("{prefix}_{name}"));
        }
        let mut table = HashMap::new();
        let mut lines: HashMap<Address, usize> = HashMap::new();
        let columns: Vec<Column> = columns
            .into_iter()
            .enumerate()
            .map(|(index, (name, place))| {
                let (kind, note) = kind_of(rows.iter().filter_map(|(.., values)| values[index].as_ref()));
                Column { name, kind, note, place }
            })
            .collect();
        for (vote, place, values) in rows {
            if let Some(first) = lines.insert(vote, place.line) {
                let what = format!("duplicate validator {vote}, first in line {first}: remove one of the lines");
                return Err(Problem::at(place, what));
            }
            let values =
                values.into_iter().zip(&columns).map(|(raw, column)| raw.map(|raw| raw.into_value(column.kind)));
            table.insert(vote, values.collect());
        }
        Ok(Self { file: file.to_owned(), digest: digest(bytes), columns, rows: table })
    }

    /// The name that it has in sentences.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The values of the column `name` as texts, by vote account; `None` without the column.
    pub fn texts(&self, name: &str) -> Option<HashMap<Address, String>> {
        let index = self.columns.iter().position(|column| column.name == name)?;
        let text = |(vote, values): (&Address, &Vec<Option<Value>>)| match values.get(index)?.as_ref()? {
            Value::Text(text) => Some((*vote, text.clone())),
            value => Some((*vote, value.to_string())),
        };
        Some(self.rows.iter().filter_map(text).collect())
    }

    /// The digest of the file.
    pub const fn digest(&self) -> Digest {
        self.digest
    }
}

/// The kind that all values of a column have, and what prevents that they are numbers.
fn kind_of<'a>(values: impl Iterator<Item = &'a Raw> + Clone) -> (Kind, Option<String>) {
    let count = values.clone().count();
    let texts = || {
        values.clone().filter_map(|raw| match &raw.value {
            RawValue::Plain(text) => Some((text, raw.place)),
            RawValue::Truth(_) => None,
        })
    };
    let numbers = texts().filter(|(text, _)| number::parse(text).is_some()).count();
    if count == 0 {
        (Kind::Any, None)
    } else if numbers == count {
        (Kind::Number, None)
    } else if texts().count() == 0 {
        (Kind::Truth, None)
    } else if numbers > 0 {
        let odd = texts().find(|(text, _)| number::parse(text).is_none());
        let note = odd.map(|(text, place)| {
            let advice = if text.contains(',') { ": use a point for decimals" } else { "" };
            format!("\"{text}\" in line {}, column {} is not a number{advice}", place.line, place.column)
        });
        (Kind::Text, note)
    } else {
        (Kind::Text, None)
    }
}

impl Raw {
    fn into_value(self, kind: Kind) -> Value {
        match (self.value, kind) {
            (RawValue::Plain(text), Kind::Number) => number::parse(&text).map_or(Value::Text(text), Value::Number),
            (RawValue::Plain(text), _) => Value::Text(text),
            (RawValue::Truth(truth), Kind::Truth) => Value::Truth(truth),
            (RawValue::Truth(truth), _) => Value::Text(truth.to_string()),
        }
    }
}

/// Whether a column holds vote accounts.
fn is_vote(name: &str) -> bool {
    let plain: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    VOTE_NAMES.contains(&plain.as_str())
}

/// A column's name as that of a fact: lower case, with underscores.
fn fact_name(name: &str) -> String {
    let mut fact = String::new();
    for character in name.chars().flat_map(char::to_lowercase) {
        match character {
            character if character.is_alphanumeric() => fact.push(character),
            _ if fact.ends_with('_') || fact.is_empty() => {}
            _ => fact.push('_'),
        }
    }
    let fact = fact.trim_end_matches('_');
    if fact.starts_with(|c: char| c.is_ascii_digit()) { format!("_{fact}") } else { fact.to_owned() }
}

fn vote(text: &str, place: Place) -> Result<Address, Problem> {
    text.parse().map_err(|_| {
        Problem::at(place, format!("invalid address \"{text}\": expected a validator's vote account in base58"))
    })
}
