//! The form of an answer.

use {super::large, serde_json::Value};

/// The form of the answer.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Display,
    /// JSON on many lines
    Json,
    /// JSON on one line
    JsonCompact,
}

impl Format {
    /// Whether a program reads the answer.
    pub const fn is_json(self) -> bool {
        matches!(self, Self::Json | Self::JsonCompact)
    }

    /// Writes a JSON value in this form: all JSON passes here. Numbers beyond 2^53 - 1 get a string copy.
    pub fn render(self, value: &Value) -> String {
        let value = large::with_string_copies(value);
        match self {
            Self::Json => format!("{value:#}"),
            Self::Display | Self::JsonCompact => value.to_string(),
        }
    }
}
