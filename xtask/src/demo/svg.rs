//! A terminal's text as an SVG picture.

use std::fmt::Write as _;

/// Height of a line, in pixels.
const LINE: usize = 17;

/// Width of a character, in pixels, times 10.
const CHARACTER: usize = 78;

/// Space around the text, in pixels.
const MARGIN: usize = 16;

const BACKGROUND: &str = "#101418";
const FOREGROUND: &str = "#d7dde4";

/// A picture of lines with the ANSI sequences for bold, green and cyan; other sequences have no effect.
pub fn picture<'a>(title: &str, lines: impl IntoIterator<Item = &'a str>) -> String {
    let mut body = String::new();
    let (mut rows, mut columns) = (0, 0);
    for line in lines {
        let (spans, width) = spans(line);
        rows += 1;
        columns = columns.max(width);
        let _ =
            writeln!(body, "<text x=\"{MARGIN}\" y=\"{}\" xml:space=\"preserve\">{spans}</text>", MARGIN + rows * LINE);
    }
    let (width, height) = (2 * MARGIN + columns * CHARACTER / 10, 2 * MARGIN + rows * LINE);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         font-family=\"ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace\" font-size=\"13\" fill=\"{FOREGROUND}\">\n\
         <title>{}</title>\n<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{BACKGROUND}\"/>\n{body}</svg>\n",
        escaped(title)
    )
}

/// A line's text in `tspan` elements, and its width in characters.
fn spans(line: &str) -> (String, usize) {
    let mut parts = line.split("\u{1b}[");
    let first = parts.next().unwrap_or_default();
    let (mut text, mut width) = (escaped(first), first.chars().count());
    for part in parts {
        let (code, rest) = part.split_once('m').unwrap_or(("", part));
        width += rest.chars().count();
        let style = match code {
            _ if rest.is_empty() => continue,
            "1" => " font-weight=\"bold\"",
            "32" => " fill=\"#7ec699\"",
            "36" => " fill=\"#6cc4d8\"",
            _ => "",
        };
        let _ = write!(text, "<tspan{style}>{}</tspan>", escaped(rest));
    }
    (text, width)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_styles_and_escapes_text() {
        let (text, width) = spans("a\u{1b}[1m<b>\u{1b}[0m & \u{1b}[32mc\u{1b}[0m");
        assert_eq!(
            text,
            "a<tspan font-weight=\"bold\">&lt;b&gt;</tspan><tspan> &amp; </tspan><tspan fill=\"#7ec699\">c</tspan>"
        );
        assert_eq!(width, 8);
    }

    #[test]
    fn picture_has_room_for_all_lines() {
        let svg = picture("a & b", ["short", "a longer line"]);
        assert!(svg.contains("<title>a &amp; b</title>") && svg.contains("width=\"133\" height=\"66\""), "{svg}");
        assert_eq!(svg.matches("<text ").count(), 2);
    }
}
