//! Talking to the person at the terminal: notes, quotes, questions. All of it goes to standard error; standard output
//! is for the answer.

use {
    crate::{args::GlobalArgs, error::CliError},
    std::io::{self, BufRead as _, IsTerminal as _, Write as _},
};

/// Who, if anybody, is there.
#[derive(Clone, Copy, Debug)]
pub struct Terminal {
    /// Whether somebody can be asked.
    pub can_ask: bool,
    /// Whether progress can be drawn.
    pub can_draw: bool,
    /// Whether everything is confirmed beforehand.
    pub yes: bool,
    /// Whether a program reads what is written.
    pub quiet: bool,
}

impl Terminal {
    /// The process's own terminal, if it has one.
    pub fn detect(global: &GlobalArgs) -> Self {
        let is_terminal = io::stderr().is_terminal();
        Self { can_ask: is_terminal && io::stdin().is_terminal(), can_draw: is_terminal, ..Self::absent(global) }
    }

    /// Nobody is there.
    pub const fn absent(global: &GlobalArgs) -> Self {
        Self { can_ask: false, can_draw: false, yes: global.yes, quiet: global.output.is_json() }
    }

    /// Says something in passing.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            eprintln!("{text}");
        }
    }

    /// Checks that [`Self::confirm`] will be able to ask, before anything is done.
    ///
    /// # Errors
    /// [`CliError::CannotAsk`].
    pub const fn check_consent(&self) -> Result<(), CliError> {
        if self.yes || self.can_ask { Ok(()) } else { Err(CliError::CannotAsk) }
    }

    /// Shows what is about to happen, and asks whether it shall.
    ///
    /// # Errors
    /// [`CliError::NotConfirmed`], [`CliError::CannotAsk`].
    pub fn confirm(&self, what: &str, quote: &[(&str, String)]) -> Result<(), CliError> {
        self.check_consent()?;
        self.note(what);
        let width = quote.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, value) in quote {
            self.note(&format!("  {name:width$}  {value}"));
        }
        if self.yes {
            return Ok(());
        }
        eprint!("Continue? [y/N] ");
        io::stderr().flush()?;
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        if agrees(&answer) { Ok(()) } else { Err(CliError::NotConfirmed) }
    }
}

/// Whether an answer says yes. No answer does not.
fn agrees(answer: &str) -> bool {
    ["y", "yes"].contains(&answer.trim().to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_yes_is_yes() {
        assert!(["y\n", "Y", " yes\r\n", "YES"].into_iter().all(agrees));
        assert!(!["", "\n", "n", "no", "yep", "y y"].into_iter().any(agrees));
    }
}
