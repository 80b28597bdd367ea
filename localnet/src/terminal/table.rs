//! Aligned columns.

use {
    console::{Style, measure_text_width},
    std::{io, io::Write},
};

/// Between two columns.
const GAP: &str = "  ";

/// Alignment of a column.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Align {
    /// At the left.
    Left,
    /// At the right: amounts with equally many decimals line up.
    Right,
}

/// A column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Heading.
    pub heading: &'static str,
    /// Alignment.
    pub align: Align,
    /// Minimum width in characters, for a table that is written row by row.
    pub width: usize,
}

impl Column {
    /// A column as wide as its widest text.
    pub const fn new(heading: &'static str, align: Align) -> Self {
        Self { heading, align, width: 0 }
    }

    /// A column of at least `width` characters.
    pub const fn wide(heading: &'static str, align: Align, width: usize) -> Self {
        Self { heading, align, width }
    }
}

/// A table, whole or row by row.
#[derive(Clone, Debug)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    pub fn new(columns: impl IntoIterator<Item = Column>) -> Self {
        Self { columns: columns.into_iter().collect(), rows: Vec::new() }
    }

    /// Adds a row, one text for each column.
    pub fn push(&mut self, row: impl IntoIterator<Item = String>) {
        self.rows.push(row.into_iter().collect());
    }

    /// Writes all of it.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(mut self, out: &mut dyn Write) -> io::Result<()> {
        for (index, column) in self.columns.iter_mut().enumerate() {
            let widest = self.rows.iter().filter_map(|row| row.get(index));
            let widest = widest.map(|text| measure_text_width(text)).max().unwrap_or(0);
            column.width = column.width.max(widest).max(measure_text_width(column.heading));
        }
        self.write_heading(out)?;
        self.rows.iter().try_for_each(|row| self.write_row(out, row))
    }

    /// Writes the headings.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_heading(&self, out: &mut dyn Write) -> io::Result<()> {
        let headings: Vec<String> = self.columns.iter().map(|column| column.heading.to_owned()).collect();
        writeln!(out, "{}", Style::new().bold().apply_to(self.line(&headings)))
    }

    /// Writes one row.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_row(&self, out: &mut dyn Write, row: &[String]) -> io::Result<()> {
        writeln!(out, "{}", self.line(row))
    }

    fn line(&self, row: &[String]) -> String {
        let cells: Vec<String> = self
            .columns
            .iter()
            .zip(row)
            .map(|(column, text)| {
                let width = column.width.max(measure_text_width(column.heading));
                let space = " ".repeat(width.saturating_sub(measure_text_width(text)));
                match column.align {
                    Align::Left => format!("{text}{space}"),
                    Align::Right => format!("{space}{text}"),
                }
            })
            .collect();
        format!("  {}", cells.join(GAP)).trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let mut table = Table::new([Column::new("name", Align::Left), Column::new("amount", Align::Right)]);
        table.push(["a".into(), "1.5".into()]);
        table.push(["longer".into(), "1,000.5".into()]);
        let mut out = Vec::new();
        table.write(&mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "  name     amount\n  a           1.5\n  longer  1,000.5\n");
    }
}
