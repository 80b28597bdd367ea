//! Aligned columns.

use {
    console::Style,
    std::{array, io, io::Write, iter},
};

/// Writes a table. The first `texts` columns are aligned left, the others right: amounts with equally many decimals line up.
///
/// # Errors
/// Those of `out`.
pub fn write_table<const N: usize>(
    out: &mut dyn Write,
    headings: [&str; N],
    texts: usize,
    rows: impl IntoIterator<Item = [String; N]>,
) -> io::Result<()> {
    let rows: Vec<_> = iter::once(headings.map(str::to_owned)).chain(rows).collect();
    let widths: [usize; N] =
        array::from_fn(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0));
    let mut style = Style::new().bold();
    for row in &rows {
        let mut line = String::new();
        for (column, (text, width)) in row.iter().zip(widths).enumerate() {
            line += &if column < texts { format!("  {text:<width$}") } else { format!("  {text:>width$}") };
        }
        writeln!(out, "{}", style.apply_to(line.trim_end()))?;
        style = Style::new();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let rows = [["a", "1.5"], ["longer", "1,000.5"]].map(|row| row.map(str::to_owned));
        let mut out = Vec::new();
        write_table(&mut out, ["name", "amount"], 1, rows).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "  name     amount\n  a           1.5\n  longer  1,000.5\n");
    }
}
