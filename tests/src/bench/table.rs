//! Tables of figures.

use {
    super::{COMMITTED_SIZES, Case, Movements, Place, Reading, Turnover},
    crate::gates::Gates,
    serde_json::{Value, json},
    std::{
        collections::{BTreeMap, HashMap},
        fmt::Write as _,
    },
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

/// The figures of all cases under one set of feature gates.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Table {
    pub gates: Gates,
    /// One row for each case.
    pub rows: Vec<Row>,
    /// What bringing pools into a new epoch takes.
    pub turnovers: Vec<Turnover>,
    /// What a transaction of each format can move.
    pub movements: Vec<Movements>,
}

const HEADING: &str = "case\ttoken program\tvalidators\tplace\tgates\ttotal\tcallees\tcalls";

/// In the column of the gates: equal under both sets.
const BOTH: &str = "both";

/// Committed figures of a case: the total, then callees and calls.
type Figures = (u64, String);

/// Tidepool's figures as they are committed: a line for each case, or two where they differ between the sets of gates. The
/// last column of a turnover counts its transactions, that of movements the validators.
pub fn committed_form(mainnet: &Table, all: &Table) -> String {
    let under_all: HashMap<String, Figures> = all.figures().collect();
    let mut text = format!("{HEADING}\n");
    let mut line = |key: &str, gates: &str, (total, rest): &Figures| {
        let _ = writeln!(text, "{key}\t{gates}\t{total}\t{rest}");
    };
    for (key, figures) in mainnet.figures() {
        match under_all.get(&key) {
            Some(others) if *others != figures => {
                line(&key, Gates::Mainnet.name(), &figures);
                line(&key, Gates::All.name(), others);
            }
            _ => line(&key, BOTH, &figures),
        }
    }
    text
}

/// The differences between tables and the committed one, in words.
pub fn differences(tables: &[Table], committed: &str) -> Vec<String> {
    let mut known: BTreeMap<(String, String), Figures> = committed.lines().skip(1).flat_map(parse).collect();
    let mut differences = vec![];
    for table in tables {
        let gates = table.gates.name();
        for (key, (total, rest)) in table.figures() {
            let case = format!("{key} (gates: {gates})");
            match known.remove(&(key, gates.into())) {
                None => differences.push(format!("{case}: {total} compute units, and no committed figure")),
                Some((before, _)) if total > before => {
                    differences
                        .push(format!("{case}: {before} to {total} compute units, a rise of {}", total - before));
                }
                Some((before, _)) if total < before => {
                    differences
                        .push(format!("{case}: {before} to {total} compute units, a fall of {}", before - total));
                }
                Some((_, other)) if other != rest => differences.push(format!("{case}: {other} to {rest}")),
                Some(_) => {}
            }
        }
    }
    differences.extend(known.keys().map(|(key, gates)| format!("{key} (gates: {gates}): committed, and not measured")));
    differences
}

impl Table {
    /// Tidepool's figures as they are committed, with the case that each is for.
    fn figures(&self) -> impl Iterator<Item = (String, Figures)> {
        let rows = self.rows.iter().map(|Row { key, ours: Reading { total, callees, calls }, .. }| {
            (key.clone(), (*total, format!("{callees}\t{calls}")))
        });
        let sizes = |turnover: &&Turnover| COMMITTED_SIZES.contains(&turnover.validators) && turnover.is_ours;
        let turnovers = self.turnovers.iter().filter(sizes).map(|turnover| {
            let Turnover { name, validators, transactions, compute_units, .. } = turnover;
            (format!("turnover: {name}\tspl\t{validators}\t"), (*compute_units, format!("\t{transactions}")))
        });
        let movements = self.movements.iter().map(|Movements { name, validators, movements, compute_units }| {
            (format!("movements: {name}\tspl\t{validators}\t"), (*compute_units, format!("\t{movements}")))
        });
        rows.chain(turnovers).chain(movements)
    }

    /// All figures, for programs.
    pub fn json(&self) -> Value {
        json!({
            "gates": self.gates.name(),
            "compute_units": self.rows.iter().map(Row::json).collect::<Vec<_>>(),
            "turnovers": self.turnovers.iter().map(Turnover::json).collect::<Vec<_>>(),
            "movements": self.movements.iter().map(Movements::json).collect::<Vec<_>>(),
        })
    }

    /// All figures, for people.
    pub fn text(&self) -> String {
        let mut text = format!("Feature gates: {}\n", self.gates.name());
        let _ = writeln!(
            text,
            "{:62} {:5} {:>6} {:5} {:>9} {:>9} {:>7} | {:>9} {:>9} {:>6}",
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
        text.push('\n');
        text.push_str(&Movements::text(&self.movements));
        text
    }
}

/// The case, the gates and the figures of a line, once for each set of gates that it is for.
fn parse(line: &str) -> Vec<((String, String), Figures)> {
    let mut fields = line.rsplitn(5, '\t');
    let mut field = || fields.next();
    let (Some(calls), Some(callees), Some(total), Some(gates), Some(key)) =
        (field(), field(), field(), field(), field())
    else {
        return vec![];
    };
    let Ok(total) = total.parse() else { return vec![] };
    let is_for = |set: &Gates| gates == BOTH || gates == set.name();
    let entry = |set: Gates| ((key.into(), set.name().into()), (total, format!("{callees}\t{calls}")));
    Gates::BOTH.into_iter().filter(is_for).map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(gates: Gates, total: u64) -> Table {
        let case = Case {
            name: "DepositSol".into(),
            validators: 2,
            place: Place::Only,
            token_program: "spl",
            is_extension: false,
            per: 1,
            make: Box::new(|_| unreachable!("no case is run")),
        };
        let rows = vec![Row::new(&case, Reading { total, callees: 60, calls: 2 }, None)];
        Table { gates, rows, turnovers: vec![], movements: vec![] }
    }

    fn tables(mainnet: u64, all: u64) -> [Table; 2] {
        [table(Gates::Mainnet, mainnet), table(Gates::All, all)]
    }

    fn committed(mainnet: u64, all: u64) -> String {
        let [mainnet, all] = tables(mainnet, all);
        committed_form(&mainnet, &all)
    }

    #[test]
    fn tables_equal_their_committed_form() {
        for (mainnet, all) in [(100, 100), (100, 90)] {
            assert!(differences(&tables(mainnet, all), &committed(mainnet, all)).is_empty());
        }
    }

    #[test]
    fn equal_figures_take_one_line() {
        assert_eq!(committed(100, 100), format!("{HEADING}\nDepositSol\tspl\t2\t\tboth\t100\t60\t2\n"));
        assert_eq!(committed(100, 90).lines().count(), 3);
    }

    #[test]
    fn rises_falls_and_gaps_are_told() {
        let differences = |mainnet, all| differences(&tables(mainnet, all), &committed(100, 100));
        assert_eq!(
            differences(101, 98),
            [
                "DepositSol\tspl\t2\t (gates: mainnet): 100 to 101 compute units, a rise of 1",
                "DepositSol\tspl\t2\t (gates: all): 100 to 98 compute units, a fall of 2",
            ]
        );
        assert!(super::differences(&tables(1, 1), HEADING)[0].contains("no committed figure"));
        assert!(super::differences(&[], &committed(1, 1))[0].contains("not measured"));
    }
}
