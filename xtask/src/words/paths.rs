//! Paths that the guides name: files have to exist, and so do items in `FILE::ITEM`.

use crate::files;
use anyhow::Context as _;
use std::{fs, path::Path};

/// Guides: the paths in their code spans are from the repository's root.
fn is_guide(file: &str) -> bool {
    ["ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"].contains(&file)
        || file.starts_with("docs/") && file.ends_with(".md")
}

/// Words before a name that define it.
const DEFINE: [&str; 8] = ["fn", "struct", "enum", "trait", "const", "type", "mod", "static"];

/// A line for each path or item that does not exist.
pub fn missing(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut lines = vec![];
    for file in files::sources(root)?.iter().filter(|file| is_guide(file)) {
        let text = fs::read_to_string(root.join(file)).with_context(|| format!("cannot read {file}"))?;
        for (line, number) in text.lines().zip(1..) {
            let wrong = |what: String| format!("{file}:{number}: {what}");
            lines.extend(spans(line).filter(|span| is_path(span)).filter_map(|span| fault(root, span).map(wrong)));
            for target in links(line) {
                let folder = root.join(file).parent().map(Path::to_owned).unwrap_or_default();
                if !folder.join(target).exists() {
                    lines.push(wrong(format!("the link to {target} leads nowhere")));
                }
            }
        }
    }
    Ok(lines)
}

/// Code spans of a line.
fn spans(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// Link targets of a line that are files.
fn links(line: &str) -> impl Iterator<Item = &str> {
    let targets = line.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
    targets.filter(|target| !target.is_empty() && !target.contains("://"))
}

/// Whether a code span is the path of a file in the repository.
fn is_path(span: &str) -> bool {
    let path = span.split("::").next().unwrap_or_default();
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    let is_file = ["rs", "md", "toml", "tsv", "json", "yml", "lock"].contains(&extension);
    let is_plain = path.chars().all(|letter| letter.is_ascii_alphanumeric() || "/._-".contains(letter));
    is_plain && (is_file || path.contains('/')) && !path.starts_with("target/") && !path.starts_with("/")
}

/// Why a path, or an item in a file, does not exist.
fn fault(root: &Path, span: &str) -> Option<String> {
    let mut parts = span.split("::");
    let path = parts.next().unwrap_or_default();
    if !root.join(path).exists() {
        return Some(format!("{path} does not exist"));
    }
    let text = fs::read_to_string(root.join(path)).unwrap_or_default();
    let names: Vec<&str> = text.split(|letter: char| !letter.is_alphanumeric() && letter != '_').collect();
    let missing = parts.find(|item| !names.windows(2).any(|pair| DEFINE.contains(&pair[0]) && pair[1] == *item))?;
    Some(format!("{path} defines no {missing}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_paths_and_links() {
        let line = "`a/b.rs` and `cargo xtask` ([c](d.md#e), [f](https://g)) `README.md` `target/deploy/x.so`";
        assert_eq!(spans(line).filter(|span| is_path(span)).collect::<Vec<_>>(), ["a/b.rs", "README.md"]);
        assert_eq!(links(line).collect::<Vec<_>>(), ["d.md"]);
        assert!(!is_path("--bin differential") && !is_path("u64") && is_path("xtask/src/words.rs::check"));
    }

    #[test]
    fn rejects_missing_files_and_items() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert_eq!(fault(root, "src/words/paths.rs::missing"), None);
        assert_eq!(fault(root, "src"), None);
        assert_eq!(fault(root, "src/words/path.rs"), Some("src/words/path.rs does not exist".into()));
        assert_eq!(fault(root, "src/words/paths.rs::lost"), Some("src/words/paths.rs defines no lost".into()));
    }
}
