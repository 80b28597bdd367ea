//! From characters to tokens.

use {
    super::Source,
    crate::{number, place::Problem},
};

#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    Number(f64),
    Text(String),
    /// A fact, a function or a word such as `and`.
    Word(String),
    Symbol(&'static str),
}

/// Longer ones first.
const SYMBOLS: [&str; 15] = ["<=", ">=", "==", "!=", "<", ">", "+", "-", "*", "/", "(", ")", "[", "]", ","];

/// Operators of other languages, and those of this one.
const FOREIGN: [(&str, &str); 5] =
    [("&&", "and"), ("||", "or"), ("!", "not"), ("=", "=="), ("%", "a plain number: 5 % is 0.05")];

/// The tokens with their byte offsets.
pub fn tokens(source: &Source) -> Result<Vec<(usize, Token)>, Problem> {
    let text = source.text.as_str();
    let mut found = vec![];
    let mut offset = 0;
    while let Some(character) = text[offset..].chars().next() {
        let rest = &text[offset..];
        let length = if character.is_whitespace() {
            character.len_utf8()
        } else if character.is_ascii_digit()
            || (character == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit()))
        {
            let length = number_length(rest);
            let number = number::parse(&rest[..length])
                .ok_or_else(|| source.problem(offset, format!("invalid number \"{}\"", &rest[..length])))?;
            found.push((offset, Token::Number(number)));
            length
        } else if character.is_alphabetic() || character == '_' {
            let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            found.push((offset, Token::Word(rest[..length].to_owned())));
            length
        } else if character == '"' || character == '\'' {
            let end = rest[1..].find(character);
            let end = end.ok_or_else(|| source.problem(offset, format!("unclosed quote: add {character}")))?;
            found.push((offset, Token::Text(rest[1..=end].to_owned())));
            end + 2
        } else if let Some(symbol) = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
            found.push((offset, Token::Symbol(symbol)));
            symbol.len()
        } else {
            let foreign = FOREIGN.iter().find(|(foreign, _)| rest.starts_with(foreign));
            let advice = foreign.map_or(String::new(), |(_, ours)| format!(": write {ours}"));
            let symbol = foreign.map_or(character.to_string(), |(foreign, _)| (*foreign).to_owned());
            return Err(source.problem(offset, format!("unexpected \"{symbol}\"{advice}")));
        };
        offset += length;
    }
    Ok(found)
}

/// Digits, a point, an exponent, and letters that belong to none of these.
fn number_length(text: &str) -> usize {
    let mut before = ' ';
    let mut length = 0;
    for character in text.chars() {
        let is_sign = matches!(character, '+' | '-') && matches!(before, 'e' | 'E');
        if !character.is_alphanumeric() && character != '.' && character != '_' && !is_sign {
            break;
        }
        before = character;
        length += character.len_utf8();
    }
    length
}
