//! How long files are.

use anyhow::Context as _;
use std::{fs, path::Path};

/// Lines of a source file, beyond which it has to say why.
const LIMIT: usize = 400;
/// How the reason begins.
const REASON: &str = "//! Over 400 lines: ";
/// Lines at the top of a file in which the reason is looked for.
const TOP: usize = 20;

/// A sentence for each Rust file of `paths` that is too long without a reason.
pub fn too_long(root: &Path, paths: &[String]) -> anyhow::Result<Vec<String>> {
    let mut faults = vec![];
    for path in paths.iter().filter(|path| path.ends_with(".rs")) {
        let text = fs::read_to_string(root.join(path)).with_context(|| format!("cannot read {path}"))?;
        faults.extend(fault(path, &text));
    }
    Ok(faults)
}

fn fault(path: &str, text: &str) -> Option<String> {
    let lines = text.lines().count();
    let has_reason = text.lines().take(TOP).any(|line| line.starts_with(REASON));
    match (lines > LIMIT, has_reason) {
        (true, false) => Some(format!("{path}: {lines} lines; split it, or write `{REASON}...` at its top")),
        (false, true) => Some(format!("{path}: {lines} lines; it needs no reason any more")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_file_needs_a_reason_and_a_short_one_has_none() {
        let long = "\n".repeat(LIMIT + 1);
        let reason = format!("{REASON}one table.\n");
        assert_eq!(fault("a.rs", &"\n".repeat(LIMIT)), None);
        assert_eq!(fault("a.rs", &(reason.clone() + &long)), None);
        assert!(fault("a.rs", &long).is_some_and(|fault| fault.starts_with("a.rs: 401 lines; split it")));
        assert!(fault("a.rs", &(long + &reason)).is_some(), "at the end");
        assert!(fault("a.rs", &reason).is_some());
    }
}
