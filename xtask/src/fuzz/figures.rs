//! What libFuzzer says of a run.

use std::time::Duration;

/// The figures of a run.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Figures {
    /// Inputs that ran.
    runs: u64,
    /// Inputs a second.
    per_second: u64,
    /// Branches of the compiled code that ran.
    coverage: u64,
    /// Those and how often they ran, jumps of the on-chain program, compared values: whatever tells inputs apart.
    features: u64,
    /// Inputs that are each of use.
    inputs: u64,
    /// What the target itself says at its end.
    note: Option<String>,
}

impl Figures {
    /// The columns of [`Self::row`].
    pub const HEADING: &str = "target              seconds        runs   per second  coverage  features  inputs";

    /// Reads what libFuzzer printed, in part or to its end.
    pub fn read(output: &str) -> Self {
        let mut figures = Self::default();
        output.lines().for_each(|line| figures.read_line(line));
        figures
    }

    fn read_line(&mut self, line: &str) {
        if let Some((name, value)) = line.strip_prefix("stat::").and_then(|line| line.split_once(':')) {
            let value = value.trim().parse().unwrap_or(0);
            match name {
                "number_of_executed_units" => self.runs = value,
                "average_exec_per_sec" => self.per_second = value,
                _ => {}
            }
        } else if line.starts_with('#') {
            self.read_status(line);
        } else if line.starts_with("program: ") {
            self.note = Some(line.to_owned());
        }
    }

    /// `#1234 REDUCE cov: 56 ft: 78 corp: 9/10b lim: 4 exec/s: 567 rss: 40Mb …`.
    fn read_status(&mut self, line: &str) {
        let mut words = line.split_whitespace().peekable();
        let runs = words.next().and_then(|word| word.trim_start_matches('#').parse().ok());
        self.runs = runs.unwrap_or(self.runs);
        while let Some(word) = words.next() {
            let digits = |word: &&str| -> u64 {
                word.split(|letter: char| !letter.is_ascii_digit()).next().and_then(|n| n.parse().ok()).unwrap_or(0)
            };
            let value = words.peek().map(digits);
            match (word, value) {
                ("cov:", Some(value)) => self.coverage = value,
                ("ft:", Some(value)) => self.features = value,
                ("corp:", Some(value)) => self.inputs = value,
                ("exec/s:", Some(value)) => self.per_second = value,
                _ => {}
            }
        }
    }

    /// A row of the table.
    pub fn row(&self, name: &str, share: Duration) -> String {
        let Self { runs, per_second, coverage, features, inputs, note } = self;
        let note = note.as_ref().map(|note| format!("  {note}")).unwrap_or_default();
        let seconds = share.as_secs();
        format!("{name:<18}{seconds:>9}{runs:>12}{per_second:>13}{coverage:>10}{features:>10}{inputs:>8}{note}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_libfuzzer_prints() {
        let output = "INFO: Seed: 3\n#2\tINITED cov: 5 ft: 6 corp: 1/1b exec/s: 0 rss: 30Mb\n\
                      #900\tREDUCE cov: 56 ft: 78 corp: 9/1024b lim: 4 exec/s: 450 rss: 40Mb L: 2/4 MS: 1 CrossOver-\n\
                      #1000\tDONE   cov: 57 ft: 80 corp: 10/2Kb lim: 4 exec/s: 500 rss: 40Mb\n\
                      Done 1000 runs in 2 second(s)\nstat::number_of_executed_units: 1000\nstat::average_exec_per_sec:     500\n\
                      program: 10 of 20 instructions ran\n";
        let note = Some("program: 10 of 20 instructions ran".to_owned());
        let expected = Figures { runs: 1_000, per_second: 500, coverage: 57, features: 80, inputs: 10, note };
        assert_eq!(Figures::read(output), expected);
        assert!(expected.row("pool", Duration::from_secs(2)).starts_with("pool                      2        1000"));
    }

    #[test]
    fn a_run_that_broke_off_has_figures_too() {
        let figures =
            Figures::read("#64\tpulse  cov: 7 ft: 8 corp: 3/9b lim: 4 exec/s: 32 rss: 30Mb\nthread panicked\n");
        let expected = Figures { runs: 64, per_second: 32, coverage: 7, features: 8, inputs: 3, note: None };
        assert_eq!(figures, expected);
    }
}
