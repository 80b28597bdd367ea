//! Standard output and standard error. `clippy.toml` keeps the rest of this crate from writing to them, so that no text of an
//! endpoint or an account reaches a terminal unescaped.

#![expect(clippy::disallowed_methods, reason = "this is the one place that writes to them")]

use {
    super::Format,
    std::{
        io,
        io::{IsTerminal as _, Write},
    },
    tidepool_client::text::{Form, visible},
};

/// Writes a line to `to`, or several, with escapes in place of characters that are invisible or that a terminal obeys.
pub fn write_line(to: &mut impl Write, text: &str, format: Format) -> io::Result<()> {
    let form = if format.is_json() { Form::Json } else { Form::Lines };
    writeln!(to, "{}", visible(text, form))?;
    to.flush()
}

/// Writes a line to standard output, as [`write_line`] does.
pub fn answer(text: &str, format: Format) -> io::Result<()> {
    write_line(&mut io::stdout().lock(), text, format)
}

/// Writes a line to standard error, as [`write_line`] does. A failure is ignored: there is no other place to report it.
pub fn report(text: &str, format: Format) {
    let _ = write_line(&mut io::stderr().lock(), text, format);
}

/// Writes a question to standard error, without a line feed.
pub fn ask(question: &str) -> io::Result<()> {
    let mut error = io::stderr().lock();
    write!(error, "{}", visible(question, Form::OneLine))?;
    error.flush()
}

pub fn is_terminal() -> bool {
    io::stderr().is_terminal()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str, format: Format) -> String {
        let mut bytes = vec![];
        write_line(&mut bytes, text, format).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn text_is_written_with_escapes() {
        let text = "error: \u{1b}[2Jpool \u{202e}LOOP\n  second line";
        assert_eq!(written(text, Format::Display), "error: \\u{1b}[2Jpool \\u{202e}LOOP\n  second line\n");
    }

    #[test]
    fn json_is_written_with_escapes_and_keeps_its_values() {
        let value = serde_json::json!({ "name": "Tide\u{202e}\u{7f}\u{e0041}\n", "symbol": "潮" });
        for format in [Format::Json, Format::JsonCompact] {
            let line = written(&format.render(&value), format);
            assert!(line.contains(r#""Tide\u202e\u007f\udb40\udc41\n""#) && line.contains("潮"), "{line}");
            assert_eq!(serde_json::from_str::<serde_json::Value>(&line).unwrap(), value);
        }
    }
}
