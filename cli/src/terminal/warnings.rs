//! Warnings while a command runs.

use {
    super::Terminal,
    crate::{exit::Exit, output::CommandOutput},
    serde_json::{Value, json},
    std::{
        fmt,
        sync::{Mutex, PoisonError},
    },
    tidepool_client::cluster::ClusterError,
};

/// Warnings of a command: each is said once, and is in `warnings` of the JSON answer.
#[derive(Debug, Default)]
pub struct Warnings(Mutex<Vec<String>>);

impl Warnings {
    pub fn no_recent_prices(&self, terminal: &Terminal, error: &ClusterError) {
        self.add(
            terminal,
            format!(
                "no recent compute unit prices, so transactions offer none: specify a number with --compute-unit-price \
                 ({error})"
            ),
        );
    }

    fn add(&self, terminal: &Terminal, warning: String) {
        // No holder of the lock panics, and the list is changed in one step.
        let mut warnings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !warnings.contains(&warning) {
            terminal.note(&format!("warning: {warning}"));
            warnings.push(warning);
        }
    }

    /// The answer of the command, with its warnings.
    pub fn beside(&self, answer: Box<dyn CommandOutput>) -> Box<dyn CommandOutput> {
        let warnings = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if warnings.is_empty() { answer } else { Box::new(Warned { answer, warnings }) }
    }
}

struct Warned {
    answer: Box<dyn CommandOutput>,
    warnings: Vec<String>,
}

impl CommandOutput for Warned {
    fn write(&self, f: &mut fmt::Formatter<'_>, verbose: bool) -> fmt::Result {
        self.answer.write(f, verbose)
    }

    fn json(&self) -> Value {
        let mut json = self.answer.json();
        if let Some(fields) = json.as_object_mut() {
            fields.insert("warnings".into(), json!(self.warnings));
        }
        json
    }

    fn is_line(&self) -> bool {
        self.answer.is_line()
    }

    fn exit(&self) -> Exit {
        self.answer.exit()
    }
}
