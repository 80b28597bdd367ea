//! Metadata of a pool token, as answers show it.

use {
    serde::Serialize,
    tidepool_client::{
        actions::StoredMetadata,
        text::{Form, visible},
    },
};

/// Metadata of a pool token, as answers show it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Metadata {
    /// What the token is called.
    pub name: String,
    /// Its short name.
    pub symbol: String,
    pub uri: String,
}

impl From<&StoredMetadata> for Metadata {
    fn from(stored: &StoredMetadata) -> Self {
        let StoredMetadata { name, symbol, uri, .. } = stored.clone();
        Self { name, symbol, uri }
    }
}

/// A text of the metadata as a part of a line; `none` for an empty one.
pub fn printable(text: &str) -> String {
    if text.is_empty() { "none".into() } else { visible(text, Form::OneLine).into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_obeys_no_name() {
        assert_eq!(printable("Tide\u{1b}[2J\n"), r"Tide\u{1b}[2J\u{a}");
        assert_eq!(printable("Tide\u{202e}LOS"), r"Tide\u{202e}LOS");
        assert_eq!(printable(""), "none");
    }
}
