//! Talking to the person at the terminal: notes, quotes, questions. All of it goes to standard error; standard output
//! is for the answer.

mod interrupt;
mod progress;
mod warnings;

pub use {
    interrupt::{Interrupt, Watched},
    progress::Bar,
    warnings::Warnings,
};

use {
    crate::{
        error::CliError,
        output::{Format, streams},
    },
    std::{
        io,
        io::{BufRead as _, IsTerminal as _},
    },
};

#[derive(Clone, Copy, Debug)]
pub struct Terminal {
    pub can_ask: bool,
    pub can_draw: bool,
    pub yes: bool,
    /// Whether a program reads what is written.
    pub quiet: bool,
    /// Writes a line for the person: to standard error.
    pub say: fn(&str),
    pub ask: fn(&str) -> io::Result<String>,
}

impl Terminal {
    /// The process's own terminal, if it has one.
    pub fn detect(yes: bool, format: Format) -> Self {
        let is_terminal = streams::is_terminal();
        Self { can_ask: is_terminal && io::stdin().is_terminal(), can_draw: is_terminal, ..Self::absent(yes, format) }
    }

    pub const fn absent(yes: bool, format: Format) -> Self {
        let quiet = format.is_json();
        Self { can_ask: false, can_draw: false, yes, quiet, say, ask }
    }

    /// Says something in passing.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            (self.say)(text);
        }
    }

    /// Shows the quote before a confirmation, also if the output is JSON.
    pub fn tell(&self, text: &str) {
        if self.will_ask() {
            (self.say)(text);
        } else {
            self.note(text);
        }
    }

    /// Whether [`Self::confirm`] asks, and does not take the answer for granted.
    pub const fn will_ask(&self) -> bool {
        self.can_ask && !self.yes
    }

    /// Checks that [`Self::confirm`] will be able to ask, before anything is done.
    pub const fn check_consent(&self) -> Result<(), CliError> {
        if self.yes || self.can_ask { Ok(()) } else { Err(CliError::CannotAsk) }
    }

    pub fn show(&self, what: &str, quote: &[(&str, String)]) {
        self.tell(what);
        let width = quote.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, value) in quote {
            self.tell(&format!("  {name:width$}  {value}"));
        }
    }

    /// Shows what is about to happen, and asks whether it shall.
    pub fn confirm(&self, what: &str, quote: &[(&str, String)]) -> Result<(), CliError> {
        self.check_consent()?;
        self.show(what, quote);
        if !self.will_ask() || agrees(&(self.ask)("Continue? [y/N] ")?) { Ok(()) } else { Err(CliError::NotConfirmed) }
    }
}

fn say(text: &str) {
    streams::report(text, Format::Display);
}

fn ask(question: &str) -> io::Result<String> {
    streams::ask(question)?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(answer)
}

/// Whether an answer says yes. No answer does not.
fn agrees(answer: &str) -> bool {
    ["y", "yes"].contains(&answer.trim().to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use {super::*, std::cell::RefCell};

    thread_local! {
        static SAID: RefCell<Vec<String>> = const { RefCell::new(vec![]) };
    }

    fn said(terminal: Terminal) -> (Result<(), CliError>, Vec<String>) {
        SAID.with_borrow_mut(Vec::clear);
        let say = |text: &str| SAID.with_borrow_mut(|said| said.push(text.to_owned()));
        let answered = Terminal { say, ..terminal }.confirm("Deposit", &[("you pay", "1 SOL".into())]);
        (answered, SAID.with_borrow(Clone::clone))
    }

    #[test]
    fn whoever_is_asked_is_told_what_and_a_program_reads_nothing_else() {
        let asked = Terminal {
            can_ask: true,
            quiet: true,
            ask: |_| Ok("y".into()),
            ..Terminal::absent(false, Format::Display)
        };
        let (answered, quote) = said(asked);
        assert!(answered.is_ok());
        assert_eq!(quote, ["Deposit", "  you pay  1 SOL"]);
        assert!(matches!(said(Terminal { ask: |_| Ok(String::new()), ..asked }).0, Err(CliError::NotConfirmed)));
        let agreed = Terminal { yes: true, ..asked };
        assert_eq!(said(agreed).1, [""; 0]);
        assert_eq!(said(Terminal { quiet: false, ..agreed }).1, quote);
        assert!(matches!(said(Terminal { can_ask: false, ..asked }).0, Err(CliError::CannotAsk)));
    }

    #[test]
    fn only_yes_is_yes() {
        assert!(["y\n", "Y", " yes\r\n", "YES"].into_iter().all(agrees));
        assert!(!["", "\n", "n", "no", "yep", "y y"].into_iter().any(agrees));
    }
}
