//! Makes text of endpoints, programs and accounts safe to display.
//!
//! Such text can move a terminal's cursor, reverse the direction of the text around it, or be invisible. [`visible`]
//! replaces these characters by escapes, and keeps all others.

use {
    icu_properties::{
        CodePointMapData, CodePointSetData,
        props::{DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup},
    },
    std::{borrow::Cow, fmt::Write as _},
};

/// Form of escapes, and treatment of line feeds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Form {
    /// `\u{202e}`; line feeds are escaped too, so that the text stays on its line.
    OneLine,
    /// `\u{202e}`; line feeds are kept.
    Lines,
    /// UTF-16 escapes (`\u202e`) for text that is JSON already: its values stay the same. Line feeds are kept.
    Json,
}

/// Whether a character has no glyph: control, format, private-use and unassigned characters (Unicode's general
/// categories `C*`), line and paragraph separators, and default-ignorable characters such as variation selectors.
pub fn is_invisible(letter: char) -> bool {
    if letter.is_ascii() {
        return letter.is_ascii_control();
    }
    let category = CodePointMapData::<GeneralCategory>::new().get(letter);
    GeneralCategoryGroup::Other.contains(category)
        || matches!(category, GeneralCategory::LineSeparator | GeneralCategory::ParagraphSeparator)
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(letter)
}

/// The text, with an escape for each [invisible](is_invisible) character.
pub fn visible(text: &str, form: Form) -> Cow<'_, str> {
    let is_kept = |letter: char| letter == '\n' && form != Form::OneLine || !is_invisible(letter);
    if text.chars().all(is_kept) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len().saturating_mul(2));
    for letter in text.chars() {
        if is_kept(letter) {
            shown.push(letter);
        } else if form == Form::Json {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                // Writing to a string cannot fail.
                let _ = write!(shown, "\\u{unit:04x}");
            }
        } else {
            shown.extend(letter.escape_unicode());
        }
    }
    shown.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each with its effect on a terminal.
    const INVISIBLE: [(char, &str); 24] = [
        ('\u{0}', "nul"),
        ('\u{8}', "moves the cursor back"),
        ('\r', "moves the cursor to the line's beginning"),
        ('\u{1b}', "begins a control sequence"),
        ('\u{7f}', "deletes"),
        ('\u{9b}', "begins a control sequence, as one of C1"),
        ('\u{ad}', "hides in a word"),
        ('\u{34f}', "joins and hides"),
        ('\u{61c}', "turns Arabic text"),
        ('\u{115f}', "fills without a glyph"),
        ('\u{180e}', "separates without width"),
        ('\u{200b}', "is a space without width"),
        ('\u{200f}', "turns text from right to left"),
        ('\u{2028}', "ends a line"),
        ('\u{2029}', "ends a paragraph"),
        ('\u{202e}', "turns all text after it"),
        ('\u{2066}', "isolates a direction"),
        ('\u{2069}', "ends that"),
        ('\u{3164}', "fills without a glyph"),
        ('\u{fe0f}', "selects a variation"),
        ('\u{feff}', "marks the byte order"),
        ('\u{e000}', "is private"),
        ('\u{e0041}', "tags: a hidden A"),
        ('\u{e0100}', "selects a variation, and can hide a byte"),
    ];

    #[test]
    fn escapes_invisible_characters() {
        for (letter, what) in INVISIBLE {
            let text = format!("a{letter}b");
            for form in [Form::OneLine, Form::Lines] {
                assert_eq!(visible(&text, form), format!("a\\u{{{:x}}}b", letter as u32), "{what}");
            }
        }
        let ranges = [
            '\0'..='\u{1f}',
            '\u{7f}'..='\u{9f}',
            '\u{200b}'..='\u{200f}',
            '\u{202a}'..='\u{202e}',
            '\u{2066}'..='\u{2069}',
            '\u{fe00}'..='\u{fe0f}',
            '\u{e0000}'..='\u{e0fff}',
        ];
        for range in ranges {
            assert!(range.clone().all(is_invisible), "{range:?}");
        }
    }

    #[test]
    fn keeps_visible_text() {
        let text = "Zoë 潮汐 приливы مد وجزر ज्वार 🌊 100\u{a0}% €";
        for form in [Form::OneLine, Form::Lines, Form::Json] {
            assert!(matches!(visible(text, form), Cow::Borrowed(same) if same == text));
        }
    }

    #[test]
    fn keeps_line_feeds_of_multi_line_forms() {
        assert_eq!(visible("a\nb", Form::OneLine), "a\\u{a}b");
        assert_eq!(visible("a\nb", Form::Lines), "a\nb");
        assert_eq!(visible("a\nb", Form::Json), "a\nb");
    }
}
