//! Tables of figures.

use {
    super::{COMMITTED_SIZES, Case, Place, Reading, Turnover},
    serde_json::{Value, json},
    std::{collections::BTreeMap, fmt::Write as _},
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
        let key = format!("{name}\t{token_program}\t{validators}\t{}", place.name());
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
    /// What bringing pools into a new epoch takes.
    pub turnovers: Vec<Turnover>,
}

const HEADING: &str = "case\ttoken program\tvalidators\tplace\ttotal\tcallees\tcalls";

impl Table {
    /// Tidepool's figures as they are committed, by what they are figures of.
    fn figures(&self) -> impl Iterator<Item = (String, u64, String)> {
        let rows = self.rows.iter().map(|Row { key, ours: Reading { total, callees, calls }, .. }| {
            (key.clone(), *total, format!("{callees}\t{calls}"))
        });
        let sizes = |turnover: &&Turnover| COMMITTED_SIZES.contains(&turnover.validators) && turnover.is_ours;
        let turnovers = self.turnovers.iter().filter(sizes).map(|turnover| {
            let Turnover { name, validators, transactions, compute_units, .. } = turnover;
            (format!("turnover: {name}\tspl\t{validators}\t"), *compute_units, format!("\t{transactions}"))
        });
        rows.chain(turnovers)
    }

    /// Tidepool's figures as they are committed: a line for each case. The last column of a turnover counts its transactions.
    pub fn committed_form(&self) -> String {
        let lines = self.figures().map(|(key, total, rest)| format!("{key}\t{total}\t{rest}\n"));
        format!("{HEADING}\n{}", lines.collect::<String>())
    }

    /// What differs from a committed table, in words: nothing if the figures are the same.
    pub fn differences(&self, committed: &str) -> Vec<String> {
        let mut known: BTreeMap<String, (u64, String)> = committed.lines().skip(1).filter_map(parse).collect();
        let mut differences = vec![];
        for (key, total, rest) in self.figures() {
            match known.remove(&key) {
                None => differences.push(format!("{key}: {total} compute units, and no committed figure")),
                Some((before, _)) if total > before => {
                    differences.push(format!("{key}: {before} to {total} compute units, a rise of {}", total - before));
                }
                Some((before, _)) if total < before => {
                    differences.push(format!("{key}: {before} to {total} compute units, a fall of {}", before - total));
                }
                Some((_, other)) if other != rest => differences.push(format!("{key}: {other} to {rest}")),
                Some(_) => {}
            }
        }
        differences.extend(known.keys().map(|key| format!("{key}: committed, and not measured")));
        differences
    }

    /// All figures, for programs.
    pub fn json(&self) -> Value {
        json!({
            "compute_units": self.rows.iter().map(Row::json).collect::<Vec<_>>(),
            "turnovers": self.turnovers.iter().map(Turnover::json).collect::<Vec<_>>(),
        })
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
        text.push('\n');
        text.push_str(&Turnover::text(&self.turnovers));
        text
    }
}

/// The key, the total and the rest of a line.
fn parse(line: &str) -> Option<(String, (u64, String))> {
    let mut fields = line.rsplitn(4, '\t');
    let (calls, callees, total, key) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    Some((key.into(), (total.parse().ok()?, format!("{callees}\t{calls}"))))
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
        Table { rows: vec![Row::new(&case, Reading { total, callees: 60, calls: 2 }, None)], turnovers: vec![] }
    }

    #[test]
    fn a_table_is_the_same_as_itself() {
        assert!(table(100).differences(&table(100).committed_form()).is_empty());
    }

    #[test]
    fn rises_and_falls_and_gaps_are_told() {
        let committed = table(100).committed_form();
        assert_eq!(table(101).differences(&committed), ["DepositSol\tspl\t2\t: 100 to 101 compute units, a rise of 1"]);
        assert_eq!(table(98).differences(&committed), ["DepositSol\tspl\t2\t: 100 to 98 compute units, a fall of 2"]);
        assert!(table(1).differences(HEADING)[0].contains("no committed figure"));
        assert!(Table::default().differences(&committed)[0].contains("not measured"));
    }
}
