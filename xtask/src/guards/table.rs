//! The table of the guards: what stands between an attack and the loss, as text of the program's sources.

use anyhow::{Context as _, ensure};
use serde::Deserialize;
use std::{fs, path::Path};

/// Where the table is, from the workspace's root.
pub const TABLE: &str = "tests/guards.toml";

/// What holds an attack off.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Row")]
pub struct Guard {
    /// The attack: the name of its module in the tests.
    pub attack: String,
    /// The tests; at least one fails without the guard.
    pub test: String,
    /// What takes the guard away. More than one where each would do alone.
    pub changes: Vec<Change>,
}

/// A piece of source, and what is left of it without the guard.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The file, from the workspace's root.
    pub file: String,
    /// The guard, which the file has once.
    pub guard: String,
    /// What stands in its place once it is gone.
    pub without: String,
}

impl Guard {
    /// The files that the guard is in.
    pub fn files(&self) -> Vec<&str> {
        self.changes.iter().map(|change| &*change.file).collect()
    }
}

impl Change {
    /// The file's text without the guard.
    ///
    /// # Errors
    /// Where the text has no such guard, or more than one.
    pub fn apply(&self, text: &str) -> anyhow::Result<String> {
        let found = text.matches(&self.guard).count();
        ensure!(found == 1, "{TABLE}: {} has this guard {found} times:\n{}", self.file, self.guard);
        Ok(text.replacen(&self.guard, &self.without, 1))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    guard: Vec<Guard>,
}

/// A guard as the table has it: most are in one place.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    attack: String,
    test: String,
    file: Option<String>,
    guard: Option<String>,
    without: Option<String>,
    #[serde(default)]
    change: Vec<Change>,
}

impl TryFrom<Row> for Guard {
    type Error = String;

    fn try_from(row: Row) -> Result<Self, String> {
        let Row { attack, test, file, guard, without, mut change } = row;
        match (file, guard, without) {
            (Some(file), Some(guard), Some(without)) if change.is_empty() => {
                change.push(Change { file, guard, without })
            }
            (None, None, None) if !change.is_empty() => {}
            _ => {
                return Err(format!("{attack}: a guard has either `file`, `guard` and `without`, or several `change`"));
            }
        }
        Ok(Self { attack, test, changes: change })
    }
}

/// Reads the table.
pub fn read(path: &Path) -> anyhow::Result<Vec<Guard>> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let file: File = toml::from_str(&text).with_context(|| format!("{} is not as it should be", path.display()))?;
    Ok(file.guard)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> &'static Path {
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
    }

    #[test]
    fn every_guard_is_in_its_place() {
        let guards = read(&root().join(TABLE)).unwrap();
        assert!(!guards.is_empty());
        for guard in guards {
            assert!(!guard.changes.is_empty(), "{}: no change", guard.attack);
            for change in &guard.changes {
                let text = fs::read_to_string(root().join(&change.file)).unwrap();
                assert_ne!(change.apply(&text).unwrap(), text, "{}: nothing is taken away", guard.attack);
            }
        }
    }

    #[test]
    fn every_attack_has_a_guard() {
        let guards = read(&root().join(TABLE)).unwrap();
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
    fn a_guard_is_one_place_of_a_file() {
        let change = |guard: &str| Change { file: "a.rs".into(), guard: guard.into(), without: "x".into() };
        assert_eq!(change("b").apply("abc").unwrap(), "axc");
        assert!(change("d").apply("abc").is_err());
        assert!(change("b").apply("abcb").is_err());
    }
}
