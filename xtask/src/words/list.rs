//! The list of words to avoid: `words.toml`.

use anyhow::Context as _;
use serde::Deserialize;
use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

/// The list, below the root of the repository.
pub const LIST: &str = "words.toml";

/// Where the numbers begin in the file, which [`List::write`] replaces.
const ALLOWED: &str = "\n[allowed.";

/// Uses by area, and in it by word.
pub type Counts = BTreeMap<String, BTreeMap<String, usize>>;

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {
    pub word: Vec<Word>,
    /// Files and folders that are counted for themselves. Files elsewhere are an area each.
    pub areas: Vec<String>,
    /// Uses that are left.
    #[serde(default)]
    pub allowed: Counts,
}

/// Words or phrases to avoid.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Word {
    /// The forms, in lower case.
    pub avoid: Vec<String>,
    /// What to write instead.
    pub instead: String,
    /// A word before it that makes it right.
    pub unless_after: Option<String>,
}

impl List {
    /// Reads the list of the repository at `root`.
    pub fn read(root: &Path) -> anyhow::Result<Self> {
        let text = fs::read_to_string(root.join(LIST)).with_context(|| format!("cannot read {LIST}"))?;
        toml::from_str(&text).with_context(|| format!("{LIST} is malformed"))
    }

    /// Writes the numbers to the list of the repository at `root`.
    pub fn write(&self, root: &Path) -> anyhow::Result<()> {
        let path = root.join(LIST);
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {LIST}"))?;
        let words = text.split(ALLOWED).next().unwrap_or_default().trim_end();
        let mut text = format!("{words}\n");
        for (area, words) in &self.allowed {
            writeln!(text, "{ALLOWED}{area:?}]")?;
            for (word, count) in words {
                writeln!(text, "{word:?} = {count}")?;
            }
        }
        fs::write(&path, text).with_context(|| format!("cannot write {LIST}"))
    }

    /// The area of a file.
    pub fn area<'a>(&'a self, file: &'a str) -> &'a str {
        let is_in = |area: &&String| {
            file.strip_prefix(area.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.areas.iter().filter(is_in).max_by_key(|area| area.len()).map_or(file, String::as_str)
    }

    /// How many uses of a word an area may have.
    pub fn allowed(&self, area: &str, word: &str) -> usize {
        self.allowed.get(area).and_then(|words| words.get(word)).copied().unwrap_or(0)
    }
}
