//! The books: the lamports that entered a pool equal those that left it and those that it holds.

use {
    crate::{
        run::RunError,
        terminal::{Sol, write_table},
    },
    console::Style,
    std::{io, io::Write},
};

/// A side of the books.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Side {
    /// Deposited lamports.
    Entered,
    /// Withdrawn lamports.
    Left,
    /// Lamports in the pool.
    Held,
}

impl Side {
    const ALL: [Self; 3] = [Self::Entered, Self::Left, Self::Held];

    const fn name(self) -> &'static str {
        match self {
            Self::Entered => "entered",
            Self::Left => "left",
            Self::Held => "held",
        }
    }
}

/// Lamports by source and destination.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    lines: Vec<(Side, String, u64)>,
}

impl Ledger {
    /// Books `lamports`.
    pub fn book(&mut self, side: Side, label: impl Into<String>, lamports: u64) {
        self.lines.push((side, label.into(), lamports));
    }

    /// Lamports on one side.
    pub fn total(&self, side: Side) -> u128 {
        self.of(side).map(|(_, lamports)| u128::from(lamports)).sum()
    }

    /// Whether every lamport is accounted for.
    ///
    /// # Errors
    /// [`RunError::Mismatch`].
    pub fn check(&self) -> Result<(), RunError> {
        RunError::check(
            "what has left and what is held, in lamports,",
            self.total(Side::Entered),
            self.total(Side::Left) + self.total(Side::Held),
        )
    }

    /// Writes all lines, the sums and the difference.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut rows = vec![];
        for side in Side::ALL {
            let mut name = side.name();
            for (label, lamports) in self.of(side) {
                rows.push([std::mem::take(&mut name).to_owned(), label.to_owned(), Sol(lamports).to_string()]);
            }
            let total = u64::try_from(self.total(side)).unwrap_or(u64::MAX);
            rows.push([name.to_owned(), "=".to_owned(), Sol(total).to_string()]);
        }
        write_table(out, ["", "", "SOL"], 2, rows)?;
        let (entered, accounted) = (self.total(Side::Entered), self.total(Side::Left) + self.total(Side::Held));
        let difference = entered.abs_diff(accounted);
        let verdict = format!("  entered - left - held = {difference} lamports");
        let style = if difference == 0 { Style::new().green() } else { Style::new().red() };
        writeln!(out, "{}", style.apply_to(verdict))
    }

    fn of(&self, side: Side) -> impl Iterator<Item = (&str, u64)> {
        self.lines.iter().filter(move |(of, ..)| *of == side).map(|(_, label, lamports)| (label.as_str(), *lamports))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn books(left: u64) -> Ledger {
        let mut ledger = Ledger::default();
        ledger.book(Side::Entered, "deposit", 10);
        ledger.book(Side::Entered, "reward", 1);
        ledger.book(Side::Left, "withdrawal", left);
        ledger.book(Side::Held, "reserve", 8);
        ledger
    }

    #[test]
    fn a_missing_lamport_is_found() {
        books(3).check().unwrap();
        let error = books(2).check().unwrap_err();
        assert!(error.to_string().contains("should be 11 and is 10"), "{error}");
    }

    #[test]
    fn the_books_show_the_difference() {
        let mut out = Vec::new();
        books(2).write(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.ends_with("entered - left - held = 1 lamports\n"), "{text}");
        assert!(text.contains("withdrawal"), "{text}");
    }
}
