//! Tables of figures.

use {
    super::{Case, Place, Reading},
    serde_json::{Value, json},
    std::fmt::Write as _,
};

/// The figures of a case.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Row {
    /// The case, in the words of the committed table.
    pub key: String,
    name: String,
    validators: u32,
    place: Place,
    token_program: &'static str,
    /// Tidepool's figures.
    pub ours: Reading,
    /// The SPL stake pool's, where it has the instruction and was measured.
    pub theirs: Option<Reading>,
}

impl Row {
    pub(super) fn new(case: &Case, ours: Reading, theirs: Option<Reading>) -> Self {
        let Case { name, validators, place, token_program, .. } = case;
        let key = format!("{name},{token_program},{validators},{}", place.name());
        Self {
            key,
            name: name.clone(),
            validators: *validators,
            place: *place,
            token_program: case.token_program,
            ours,
            theirs,
        }
    }

    fn json(&self) -> Value {
        let figures = |reading: &Reading| {
            json!({
                "total": reading.total,
                "callees": reading.callees,
                "calls": reading.calls,
                "own": reading.own(),
            })
        };
        json!({
            "case": self.name,
            "token_program": self.token_program,
            "validators": self.validators,
            "place": self.place.name(),
            "tidepool": figures(&self.ours),
            "spl_stake_pool": self.theirs.as_ref().map(figures),
        })
    }
}

/// The figures of all cases.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Table {
    /// One row for each case.
    pub rows: Vec<Row>,
}

const HEADING: &str = "case,token program,validators,place,total,callees,calls";

impl Table {
    /// Tidepool's figures as they are committed: a line for each case.
    pub fn committed_form(&self) -> String {
        let mut text = format!("{HEADING}\n");
        for Row { key, ours: Reading { total, callees, calls }, .. } in &self.rows {
            let _ = writeln!(text, "{key},{total},{callees},{calls}");
        }
        text
    }

    /// What differs from a committed table, in words: nothing if the figures are the same.
    pub fn differences(&self, committed: &str) -> Vec<String> {
        let known: std::collections::BTreeMap<&str, u64> = committed.lines().skip(1).filter_map(parse).collect();
        let mut differences: Vec<String> = self
            .rows
            .iter()
            .filter_map(|row| match known.get(row.key.as_str()) {
                None => Some(format!("{}: {} compute units, and no committed figure", row.key, row.ours.total)),
                Some(before) if *before != row.ours.total => {
                    let (word, by) = if row.ours.total > *before {
                        ("rise", row.ours.total - before)
                    } else {
                        ("fall", before - row.ours.total)
                    };
                    Some(format!("{}: {before} to {} compute units, a {word} of {by}", row.key, row.ours.total))
                }
                Some(_) => None,
            })
            .collect();
        let gone = known.keys().filter(|key| self.rows.iter().all(|row| row.key != **key));
        differences.extend(gone.map(|key| format!("{key}: committed, and not measured")));
        differences
    }

    /// All figures, for programs.
    pub fn json(&self) -> Value {
        json!({ "compute_units": self.rows.iter().map(Row::json).collect::<Vec<_>>() })
    }

    /// All figures, for people.
    pub fn text(&self) -> String {
        let mut text = format!(
            "{:62} {:5} {:>6} {:5} {:>9} {:>9} {:>7} | {:>9} {:>9} {:>6}\n",
            "case", "token", "valid.", "place", "total", "callees", "own", "SPL", "own", "ratio"
        );
        for row in &self.rows {
            let Row { name, validators, place, token_program, ours, theirs, .. } = row;
            let _ = write!(
                text,
                "{name:62} {token_program:5} {validators:6} {:5} {:9} {:9} {:7} | ",
                place.name(),
                ours.total,
                ours.callees,
                ours.own()
            );
            let _ = match theirs {
                Some(theirs) => {
                    let percent = theirs.total * 10 / ours.total.max(1);
                    writeln!(text, "{:9} {:9} {:4}.{}x", theirs.total, theirs.own(), percent / 10, percent % 10)
                }
                None => writeln!(text, "{:>9}", "-"),
            };
        }
        text
    }
}

/// The key and the total of a line.
fn parse(line: &str) -> Option<(&str, u64)> {
    let (key, _calls) = line.rsplit_once(',')?;
    let (key, _callees) = key.rsplit_once(',')?;
    let (key, total) = key.rsplit_once(',')?;
    Some((key, total.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(total: u64) -> Table {
        let case = Case {
            name: "DepositSol".into(),
            validators: 2,
            place: Place::Only,
            token_program: "spl",
            is_extension: false,
            per: 1,
            make: Box::new(|_| unreachable!("nothing is run")),
        };
        Table { rows: vec![Row::new(&case, Reading { total, callees: 60, calls: 2 }, None)] }
    }

    #[test]
    fn a_table_is_the_same_as_itself() {
        assert!(table(100).differences(&table(100).committed_form()).is_empty());
    }

    #[test]
    fn rises_and_falls_and_gaps_are_told() {
        let committed = table(100).committed_form();
        assert_eq!(table(101).differences(&committed), ["DepositSol,spl,2,: 100 to 101 compute units, a rise of 1"]);
        assert_eq!(table(98).differences(&committed), ["DepositSol,spl,2,: 100 to 98 compute units, a fall of 2"]);
        assert!(table(1).differences(HEADING)[0].contains("no committed figure"));
        assert!(Table::default().differences(&committed)[0].contains("not measured"));
    }
}
