//! Finding words.

use super::{
    list::{Counts, List, Word},
    text,
};
use crate::files;
use anyhow::Context as _;
use std::{collections::BTreeMap, fs, path::Path};

/// A use of a word to avoid.
#[derive(Debug, Eq, PartialEq)]
struct Use {
    area: String,
    word: String,
    /// The file and the line.
    place: String,
    instead: String,
}

/// All uses in the repository.
pub struct Uses(Vec<Use>);

impl Uses {
    /// Looks through all files of the repository at `root`.
    pub fn find(root: &Path, list: &List) -> anyhow::Result<Self> {
        let mut uses = vec![];
        for file in files::sources(root)? {
            let Ok(text) = fs::read_to_string(root.join(&file)).with_context(|| format!("cannot read {file}")) else {
                // Inputs of fuzzers are bytes.
                continue;
            };
            for run in text::runs(&file, &text) {
                for (word, line) in in_run(&run, &list.word) {
                    let (instead, place) = (word.1.instead.clone(), format!("{file}:{line}"));
                    uses.push(Use { area: list.area(&file).into(), word: word.0.into(), place, instead });
                }
            }
        }
        Ok(Self(uses))
    }

    /// How many there are, by area and word.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::new();
        for found in &self.0 {
            *counts.entry(found.area.clone()).or_default().entry(found.word.clone()).or_default() += 1;
        }
        counts
    }

    /// How many there are, by area.
    pub fn by_area(&self) -> BTreeMap<String, usize> {
        self.counts().into_iter().map(|(area, words)| (area, words.values().sum())).collect()
    }

    /// A line for each use of a word that is used more often than allowed.
    pub fn excess(&self, list: &List) -> Vec<String> {
        let mut lines = vec![];
        for (area, words) in self.counts() {
            for (word, count) in words {
                let allowed = list.allowed(&area, &word);
                if count <= allowed {
                    continue;
                }
                let uses = self.0.iter().filter(|found| found.area == area && found.word == word);
                lines.extend(uses.map(|Use { place, instead, .. }| {
                    format!("{place}: \"{word}\" ({count} uses in {area}, {allowed} allowed): write {instead}")
                }));
            }
        }
        lines
    }

    /// A line for each number of the list that is too high.
    pub fn slack(&self, list: &List) -> Vec<String> {
        let counts = self.counts();
        let used = |area: &str, word: &str| counts.get(area).and_then(|words| words.get(word)).copied().unwrap_or(0);
        let allowed =
            list.allowed.iter().flat_map(|(area, words)| words.iter().map(move |(word, count)| (area, word, count)));
        allowed
            .filter(|(area, word, count)| used(area, word) < **count)
            .map(|(area, word, count)| {
                format!(
                    "{area}: {count} uses of \"{word}\" allowed, {} found: run `cargo xtask words --accept`",
                    used(area, word)
                )
            })
            .collect()
    }
}

/// Words of the list in a run, each as the list has it, with its line.
fn in_run<'a>(run: &[text::Word], words: &'a [Word]) -> Vec<((&'a str, &'a Word), usize)> {
    let mut found = vec![];
    for word in words {
        for form in &word.avoid {
            let parts: Vec<&str> = form.split(' ').collect();
            for (index, window) in run.windows(parts.len()).enumerate() {
                let is_it = window.iter().map(|(word, _)| word.as_str()).eq(parts.iter().copied());
                let before = index.checked_sub(1).map(|before| run[before].0.as_str());
                if is_it && (before.is_none() || before != word.unless_after.as_deref()) {
                    found.push(((form.as_str(), word), window[0].1));
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(allowed: usize) -> List {
        let counts = [("a.md".to_owned(), [("tide".to_owned(), allowed)].into())].into();
        let word = |avoid: &str, unless_after: Option<&str>| Word {
            avoid: vec![avoid.into()],
            instead: "high tide".into(),
            unless_after: unless_after.map(Into::into),
        };
        List {
            word: vec![word("tide", Some("high")), word("low water", None)],
            areas: vec!["a.md".into()],
            allowed: counts,
        }
    }

    fn uses(text: &str, list: &List) -> Vec<(String, usize)> {
        let runs = text::runs("a.md", text);
        runs.iter().flat_map(|run| in_run(run, &list.word)).map(|((form, _), line)| (form.into(), line)).collect()
    }

    #[test]
    fn finds_words_and_phrases_over_lines() {
        let list = list(0);
        assert_eq!(uses("A Tide\nat low\nwater", &list), [("tide".into(), 1), ("low water".into(), 2)]);
        assert_eq!(uses("High-tide tides, `tide`, tide_time", &list), []);
    }

    #[test]
    fn rejects_more_uses_than_allowed_and_fewer() {
        let two = || {
            let place = |line| Use {
                area: "a.md".into(),
                word: "tide".into(),
                place: format!("a.md:{line}"),
                instead: "x".into(),
            };
            Uses(vec![place(1), place(7)])
        };
        assert_eq!(two().excess(&list(1)).len(), 2);
        assert!(two().excess(&list(1))[1].starts_with("a.md:7: \"tide\" (2 uses in a.md, 1 allowed)"));
        assert!(two().excess(&list(2)).is_empty() && two().slack(&list(2)).is_empty());
        assert_eq!(two().slack(&list(3)).len(), 1);
    }

    #[test]
    fn areas_are_files_and_folders() {
        let list = List { areas: vec!["cli".into(), "cli/src".into()], ..list(0) };
        assert_eq!(list.area("cli/src/main.rs"), "cli/src");
        assert_eq!(list.area("cli/README.md"), "cli");
        assert_eq!(list.area("client/README.md"), "client/README.md");
    }
}
