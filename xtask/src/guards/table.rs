//! The table of the guards: how each is taken out of the program, and the tests that fail then.

use super::marker;
use anyhow::{Context as _, bail, ensure};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// Where the table is, from the workspace's root.
pub const TABLE: &str = "tests/guards.toml";

/// A statement of the program that holds an attack off.
#[derive(Debug)]
pub struct Guard {
    /// The name in its marker.
    pub name: String,
    /// The file, from the workspace's root.
    pub file: String,
    /// The attack: the name of its module in the tests.
    pub attack: String,
    /// The tests; at least one fails without the guard.
    pub test: String,
    pub change: Change,
}

/// What is done to a statement.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Change {
    /// The whole statement is replaced, or removed.
    Whole { without: String },
    /// A part of it that it has once is replaced.
    Part { part: String, without: String },
    /// The condition of its first `if` is replaced.
    Condition(String),
}

impl Guard {
    /// The text of the guard's file without the guard.
    pub fn take_out(&self, text: &str) -> anyhow::Result<String> {
        let Self { name, file, .. } = self;
        let statement = marker::statement(text, name).with_context(|| format!("{file} has no statement for {name}"))?;
        let without =
            self.change.apply(&text[statement.clone()]).with_context(|| format!("{file}: the guard {name}"))?;
        let changed = [&text[..statement.start], &without, &text[statement.end..]].concat();
        ensure!(changed != text, "{TABLE}: the guard {name} changes nothing in {file}");
        Ok(changed)
    }
}

impl Change {
    fn apply(&self, statement: &str) -> anyhow::Result<String> {
        let (old, new) = match self {
            Self::Whole { without } => return Ok(format!("{without}\n")),
            Self::Part { part, without } => (&**part, without),
            Self::Condition(condition) => (self::condition(statement).context("the statement has no `if`")?, condition),
        };
        let found = statement.matches(old).count();
        ensure!(found == 1, "the statement has `{old}` {found} times:\n{statement}");
        Ok(statement.replacen(old, new, 1))
    }
}

/// The condition of the first `if` of a statement or match arm.
fn condition(statement: &str) -> Option<&str> {
    let start = statement.match_indices("if ").map(|(at, _)| at).find(|at| {
        let before = statement[..*at].chars().next_back();
        before.is_none_or(char::is_whitespace)
    })?;
    let rest = &statement[start + "if ".len()..];
    let end = [" =>", "{\n"].iter().filter_map(|end| rest.find(end)).min()?;
    Some(rest[..end].trim_end())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    guard: String,
    #[serde(default)]
    test: String,
    part: Option<String>,
    without: Option<String>,
    condition: Option<String>,
}

impl Row {
    fn change(self) -> anyhow::Result<Change> {
        Ok(match (self.part, self.condition, self.without) {
            (None, None, without) => Change::Whole { without: without.unwrap_or_default() },
            (Some(part), None, without) => Change::Part { part, without: without.unwrap_or_default() },
            (None, Some(condition), None) => Change::Condition(condition),
            _ => bail!("{TABLE}: {}: `condition` stands alone", self.guard),
        })
    }
}

/// The guards of the workspace at `root`.
///
/// # Errors
/// If a row has no marker in the sources, or a marker no row.
pub fn read(root: &Path) -> anyhow::Result<Vec<Guard>> {
    let text = fs::read_to_string(root.join(TABLE)).with_context(|| format!("cannot read {TABLE}"))?;
    join(&text, &marker::find(root)?)
}

fn join(table: &str, markers: &BTreeMap<String, String>) -> anyhow::Result<Vec<Guard>> {
    let attacks: BTreeMap<String, Vec<Row>> = toml::from_str(table).with_context(|| format!("cannot parse {TABLE}"))?;
    let mut guards = vec![];
    for (attack, rows) in attacks {
        for row in rows {
            let name = row.guard.clone();
            let file = markers.get(&name).with_context(|| format!("{TABLE}: the guard {name} has no marker"))?.clone();
            let test = format!("{attack}::{}", row.test);
            guards.push(Guard { name, file, attack: attack.clone(), test, change: row.change()? });
        }
    }
    let named: BTreeSet<&str> = guards.iter().map(|guard| &*guard.name).collect();
    for (name, file) in markers {
        ensure!(named.contains(&**name), "{file}: the guard {name} has no row in {TABLE}");
    }
    Ok(guards)
}

#[cfg(test)]
mod tests {
    use super::{super::SUITES, *};

    fn root() -> &'static Path {
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
    }

    #[test]
    fn every_guard_can_be_taken_out() {
        for guard in read(root()).unwrap() {
            guard.take_out(&fs::read_to_string(root().join(&guard.file)).unwrap()).unwrap();
        }
    }

    /// A renamed test would be noticed only by a run of all guards, which takes an hour.
    #[test]
    fn every_row_names_a_test() {
        for guard in read(root()).unwrap() {
            let (attack, test) = guard.test.split_once("::").unwrap();
            let files = SUITES.map(|suite| root().join(format!("tests/tests/{suite}/{attack}.rs")));
            let text: String = files.iter().filter_map(|file| fs::read_to_string(file).ok()).collect();
            let mut tests = text.split("#[test]").skip(1).filter_map(|after| after.split_once("fn "));
            assert!(tests.any(|(_, function)| function.starts_with(test)), "{TABLE}: no test {}", guard.test);
        }
    }

    #[test]
    fn every_attack_has_a_guard() {
        let guards = read(root()).unwrap();
        let folder = root().join("tests/tests/exploits");
        let mut attacks = 0;
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap();
            if path.is_file() && fs::read_to_string(&path).unwrap().contains("#[test]") {
                attacks += 1;
                assert!(guards.iter().any(|guard| guard.attack == name), "{name}: no guard in {TABLE}");
            }
        }
        assert!(attacks > 0);
    }

    #[test]
    fn rows_and_markers_need_each_other() {
        let markers = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), "a.rs".to_owned())).collect();
        let table = "x = [{ guard = \"a\", test = \"t\" }]";
        let guards = join(table, &markers(&["a"])).unwrap();
        assert_eq!((&*guards[0].test, &*guards[0].file), ("x::t", "a.rs"));
        assert!(join(table, &markers(&[])).unwrap_err().to_string().contains("no marker"));
        assert!(join(table, &markers(&["a", "b"])).unwrap_err().to_string().contains("no row"));
        assert!(join("x = [{ guard = \"a\", condition = \"b\", without = \"c\" }]", &markers(&["a"])).is_err());
    }

    #[test]
    fn a_change_replaces_one_place() {
        let apply = |part: &str| Change::Part { part: part.into(), without: "x".into() }.apply("abcb\n").ok();
        assert_eq!(apply("a").unwrap(), "xbcb\n");
        assert_eq!((apply("b"), apply("d")), (None, None));
        assert_eq!(Change::Whole { without: String::new() }.apply("a\n").unwrap(), "\n");
        let condition = |statement| Change::Condition("x".into()).apply(statement).ok();
        assert_eq!(condition("elif = if a\n    && b\n{\n}\n").unwrap(), "elif = if x\n{\n}\n");
        assert_eq!(condition("Some(a) if b(a) => {\n").unwrap(), "Some(a) if x => {\n");
        assert_eq!(condition("a\n"), None);
    }
}
