//! Markers of guards in the sources of the program: `// guard: NAME`, at the end of a statement's first line or on a line before it.

use crate::files;
use anyhow::{Context as _, ensure};
use std::{collections::BTreeMap, fs, ops::Range, path::Path};

/// The crates that the program consists of.
const SOURCES: [&str; 3] = ["core/src/", "interface/src/", "program/src/"];

const MARK: &str = "// guard: ";

/// The files of all markers, by the guard's name.
///
/// # Errors
/// If two markers have the same name.
pub fn find(root: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    for file in files::sources(root)? {
        if SOURCES.iter().any(|folder| file.starts_with(folder)) {
            let text = fs::read_to_string(root.join(&file)).with_context(|| format!("cannot read {file}"))?;
            add(&mut found, &file, &text)?;
        }
    }
    Ok(found)
}

fn add(found: &mut BTreeMap<String, String>, file: &str, text: &str) -> anyhow::Result<()> {
    for name in text.lines().filter_map(name) {
        let other = found.insert(name.to_owned(), file.to_owned());
        ensure!(other.is_none(), "{file}: the guard {name} has a marker in {} already", other.unwrap_or_default());
    }
    Ok(())
}

/// The name in a line's marker.
fn name(line: &str) -> Option<&str> {
    line.split_once(MARK).map(|(_, name)| name.trim_end())
}

/// The bytes of the statement that a guard's marker is for: its lines with their line ends.
pub fn statement(text: &str, guard: &str) -> Option<Range<usize>> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let marker = lines.iter().position(|line| name(line) == Some(guard))?;
    let first = if lines[marker].trim_start().starts_with(MARK) { marker + 1 } else { marker };
    let length = |lines: &[&str]| lines.iter().map(|line| line.len()).sum::<usize>();
    let start = length(&lines[..first]);
    Some(start..start + length(&lines[first..=last_line(&lines, first)?]))
}

/// The last line of the statement that begins in line `first`: rustfmt indents its other lines, or begins them with a bracket.
fn last_line(lines: &[&str], first: usize) -> Option<usize> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let depth = indent(lines.get(first)?);
    let goes_on = |line: &str| {
        indent(line) > depth || indent(line) == depth && line.trim_start().starts_with([')', ']', '}', '{'])
    };
    let rest = lines.iter().enumerate().skip(first + 1).filter(|(_, line)| !line.trim().is_empty());
    Some(rest.take_while(|(_, line)| goes_on(line)).last().map_or(first, |(at, _)| at))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
fn f() {
    a()?; // guard: end
    // guard: before
    if b
        && c
    {
        d();

    } else {
        e();
    }
    f(
        g,
    )
}
";

    #[test]
    fn a_marker_is_for_one_statement() {
        let statement = |guard| super::statement(TEXT, guard).map(|range| &TEXT[range]);
        assert_eq!(statement("end").unwrap(), "    a()?; // guard: end\n");
        let before = statement("before").unwrap();
        assert!(before.starts_with("    if b\n") && before.ends_with("        e();\n    }\n"), "{before}");
        assert_eq!(statement("en"), None);
    }

    #[test]
    fn rejects_a_second_marker_with_the_same_name() {
        let mut found = BTreeMap::new();
        add(&mut found, "a.rs", TEXT).unwrap();
        assert_eq!(found.keys().collect::<Vec<_>>(), ["before", "end"]);
        assert!(add(&mut found, "b.rs", "x(); // guard: end\n").is_err());
    }
}
