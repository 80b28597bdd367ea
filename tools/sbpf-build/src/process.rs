//! Runs commands, with a one-sentence error if one fails.

use anyhow::{Context as _, bail};
use std::process::{Command, Stdio};

/// Runs a command that shows its own output.
pub fn run(command: &mut Command) -> anyhow::Result<()> {
    let line = line_of(command);
    let status = command.status().with_context(|| format!("`{line}` could not be started"))?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}

/// Runs a command and returns its output. Its standard error is shown.
pub fn output_of(command: &mut Command) -> anyhow::Result<String> {
    let line = line_of(command);
    let output = command.stderr(Stdio::inherit()).output().with_context(|| format!("`{line}` could not be started"))?;
    if !output.status.success() {
        bail!("`{line}` failed ({})", output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{line}` printed something that is not text"))
}

/// The command as a shell line.
fn line_of(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_failed() {
        let error = run(Command::new("false").arg("now")).unwrap_err();
        assert_eq!(error.to_string(), "`false now` failed (exit status: 1)");
        let error = run(&mut Command::new("no-such-command")).unwrap_err();
        assert_eq!(error.to_string(), "`no-such-command` could not be started");
    }

    #[test]
    fn returns_what_was_printed() {
        assert_eq!(output_of(Command::new("echo").arg("text")).unwrap(), "text\n");
    }
}
