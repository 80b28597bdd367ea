//! `vote,weight` in lines, with or without a heading.

use super::{Entry, Place, Problem, vote};

/// What the column of the validators may be called.
const VOTE_NAMES: [&str; 4] = ["vote", "vote_account", "vote account", "validator"];

/// What the column of the weights is called.
const WEIGHT_NAME: &str = "weight";

/// A field, and where it begins in its line: a character, counted from 1.
struct Field {
    text: String,
    column: usize,
}

#[derive(Clone, Copy)]
struct Columns {
    vote: usize,
    weight: usize,
    /// Whether a heading says so, so that there may be others.
    named: bool,
}

/// Reads the lines. Empty ones, and those that begin with `#`, say nothing.
pub(super) fn parse(text: &str) -> Result<Vec<Entry>, Problem> {
    let mut columns = Columns { vote: 0, weight: 1, named: false };
    let mut entries = vec![];
    let mut is_first = true;
    for (index, content) in text.lines().enumerate() {
        let line = index + 1;
        if content.trim().is_empty() || content.trim_start().starts_with('#') {
            continue;
        }
        let fields = split(line, content)?;
        let heading = if is_first { heading(&fields) } else { None };
        is_first = false;
        match heading {
            Some(named) => columns = named,
            None => entries.push(entry(line, &fields, columns)?),
        }
    }
    Ok(entries)
}

/// The columns that a heading names. A first line that names none is data: a misspelt address must not pass for a heading.
fn heading(fields: &[Field]) -> Option<Columns> {
    let find =
        |names: &[&str]| fields.iter().position(|field| names.iter().any(|name| field.text.eq_ignore_ascii_case(name)));
    Some(Columns { vote: find(&VOTE_NAMES)?, weight: find(&[WEIGHT_NAME])?, named: true })
}

fn entry(line: usize, fields: &[Field], columns: Columns) -> Result<Entry, Problem> {
    if !columns.named && fields.len() > 2 {
        let what = format!(
            "found {} fields: expected VOTE,WEIGHT, with a point for decimals, or a heading with the columns vote and weight",
            fields.len()
        );
        return Err(Problem::new(line, fields[2].column, what));
    }
    let get = |index: usize, name: &str| {
        let found = fields.get(index);
        found.filter(|field| !field.text.is_empty()).ok_or_else(|| {
            let end = fields.last().map_or(1, |last| last.column + last.text.chars().count());
            let column = found.map_or(end, |field| field.column);
            Problem::new(line, column, format!("missing {name}: expected VOTE,WEIGHT, separated by a comma"))
        })
    };
    let vote_field = get(columns.vote, "validator")?;
    let vote = vote(&vote_field.text).map_err(|what| Problem::new(line, vote_field.column, what))?;
    let weight = get(columns.weight, "weight")?;
    Ok(Entry {
        vote,
        weight: weight.text.parse().map_err(|what: String| Problem::new(line, weight.column, what))?,
        place: Place { line, column: vote_field.column },
    })
}

/// Splits a line at its commas. A field may stand in double quotes, in which two stand for one.
fn split(line: usize, content: &str) -> Result<Vec<Field>, Problem> {
    let mut fields = vec![];
    let (mut text, mut start, mut quoted, mut was_quoted) = (String::new(), 1, false, false);
    let mut characters = content.chars().enumerate().peekable();
    while let Some((index, character)) = characters.next() {
        match character {
            '"' if quoted && characters.peek().is_some_and(|(_, next)| *next == '"') => {
                characters.next();
                text.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if text.trim().is_empty() && !was_quoted => (quoted, was_quoted) = (true, true),
            ',' if !quoted => {
                fields.push(field(&text, start));
                (text, start, was_quoted) = (String::new(), index + 2, false);
            }
            other => text.push(other),
        }
    }
    if quoted {
        return Err(Problem::new(line, start, "unclosed quote: add \" at the end of the field"));
    }
    fields.push(field(&text, start));
    Ok(fields)
}

fn field(text: &str, start: usize) -> Field {
    let indent = text.chars().take_while(|character| character.is_whitespace()).count();
    let text = text.trim();
    Field { text: text.to_owned(), column: if text.is_empty() { start } else { start + indent } }
}
