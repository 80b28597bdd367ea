//! Comma-separated values for spreadsheets (RFC 4180, with line feeds).

use std::fmt::Write as _;

/// Adds a row. Numbers stay as they are. A text that a spreadsheet would take for a formula gets an apostrophe in front; quotes,
/// commas and line breaks are quoted.
pub fn row(to: &mut String, cells: &[String]) {
    for (index, cell) in cells.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        // Writing to a string cannot fail.
        let _ = write!(to, "{comma}{}", quoted(&harmless(cell)));
    }
    to.push('\n');
}

fn harmless(cell: &str) -> String {
    let is_number =
        cell.strip_prefix('-').is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'));
    let begins_formula =
        cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}']);
    if begins_formula && !is_number { format!("'{cell}") } else { cell.to_owned() }
}

fn quoted(cell: &str) -> String {
    if cell.contains(['"', ',', '\n', '\r', ';']) || cell.trim() != cell {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(cells: &[&str]) -> String {
        let mut text = String::new();
        row(&mut text, &cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>());
        text
    }

    #[test]
    fn formulas_become_text_and_numbers_stay() {
        assert_eq!(written(&["=1+1", "+1", "@A1", "-A1", "\t=1"]), "'=1+1,'+1,'@A1,'-A1,'\t=1\n");
        assert_eq!(written(&["-1.5", "12", ""]), "-1.5,12,\n");
        assert_eq!(written(&["\u{ff1d}1"]), "'\u{ff1d}1\n");
    }

    #[test]
    fn separators_are_quoted() {
        assert_eq!(
            written(&["a,b", "say \"so\"", "a\nb", "=\"x\",1", " x"]),
            "\"a,b\",\"say \"\"so\"\"\",\"a\nb\",\"'=\"\"x\"\",1\",\" x\"\n"
        );
    }
}
