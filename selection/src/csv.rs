//! Lines of comma-separated fields.

use crate::place::Problem;

/// A field, without the spaces around it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Field {
    /// Its text.
    pub text: String,
    /// The character of its line where it begins, counted from 1.
    pub column: usize,
}

impl Field {
    fn new(text: &str, start: usize) -> Self {
        let indent = text.chars().take_while(|character| character.is_whitespace()).count();
        let text = text.trim();
        Self { text: text.to_owned(), column: if text.is_empty() { start } else { start + indent } }
    }
}

/// The lines with fields, and their numbers. Empty lines, and those that begin with `#`, are skipped.
pub fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let has_fields = |content: &str| !content.trim().is_empty() && !content.trim_start().starts_with('#');
    text.lines()
        .enumerate()
        .map(|(index, content)| (index + 1, content))
        .filter(move |(_, content)| has_fields(content))
}

/// Splits a line at its commas. A field can be in double quotes, in which two stand for one.
///
/// # Errors
/// A quote without an end.
pub fn split(line: usize, content: &str) -> Result<Vec<Field>, Problem> {
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
                fields.push(Field::new(&text, start));
                (text, start, was_quoted) = (String::new(), index + 2, false);
            }
            other => text.push(other),
        }
    }
    if quoted {
        return Err(Problem::new(line, start, "unclosed quote: add \" at the end of the field"));
    }
    fields.push(Field::new(&text, start));
    Ok(fields)
}
