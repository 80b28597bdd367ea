//! Name and symbol of the pool token. Their author is unknown: they are hostile text.

use {
    solana_account::Account,
    tidepool_client::{actions::StoredMetadata, text::is_invisible},
};

/// Longest name and symbol that are shown, in characters.
const NAME_LENGTH: usize = 40;
const SYMBOL_LENGTH: usize = 12;

/// What the pool token is called. It has no control characters, no direction marks, and a bounded length.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Label {
    /// Name; never empty.
    pub name: String,
    /// Symbol; may be empty.
    pub symbol: String,
}

impl Label {
    /// From the token's metadata account; `None` without a name to show.
    pub fn read(account: Option<&Account>) -> Option<Self> {
        let stored = StoredMetadata::read(account).ok().flatten()?;
        let (name, symbol) = (clean(&stored.name, NAME_LENGTH), clean(&stored.symbol, SYMBOL_LENGTH));
        (!name.is_empty()).then_some(Self { name, symbol })
    }
}

/// The visible characters of a text, at most `length`, with single spaces. Combining marks that pile up are dropped.
fn clean(text: &str, length: usize) -> String {
    let mut cleaned = String::new();
    let (mut count, mut marks) = (0, 0);
    for letter in text.chars() {
        let letter = if letter.is_whitespace() { ' ' } else { letter };
        if is_invisible(letter) || (letter == ' ' && (cleaned.is_empty() || cleaned.ends_with(' '))) {
            continue;
        }
        marks = if is_mark(letter) { marks + 1 } else { 0 };
        if marks > 1 {
            continue;
        }
        if count == length {
            cleaned.push('…');
            return cleaned;
        }
        cleaned.push(letter);
        count += 1;
    }
    cleaned.truncate(cleaned.trim_end().len());
    cleaned
}

/// Combining marks that can be stacked over neighbouring lines.
const fn is_mark(letter: char) -> bool {
    matches!(letter, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_is_cleaned() {
        assert_eq!(clean("Tide\u{202e}LOS\u{1b}[2J\u{200b}", 40), "TideLOS[2J");
        assert_eq!(clean("  a \n\t b  ", 40), "a b");
        assert_eq!(clean("<script>", 40), "<script>", "the template engine escapes");
        assert_eq!(clean(&"x".repeat(100), 5), "xxxxx…");
        assert_eq!(clean("e\u{301}\u{301}\u{301}x", 40), "e\u{301}x");
        assert_eq!(clean("\u{2066}\u{3164}", 40), "");
    }
}
