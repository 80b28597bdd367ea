//! Where alerts go. The address of a webhook is a secret: who knows it can post there.

use {
    crate::{error::CliError, input},
    std::{convert::Infallible, fmt, io::read_to_string, str::FromStr},
};

/// A URL, or `@FILE` with one. Neither is checked when the command line is parsed, whose errors would show it.
#[derive(Clone)]
pub struct WebhookUrl(String);

impl FromStr for WebhookUrl {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookUrl")
    }
}

impl WebhookUrl {
    /// The URL itself.
    pub fn read(&self) -> Result<String, CliError> {
        let url = match self.0.strip_prefix('@') {
            Some(file) => input::open(file)
                .and_then(read_to_string)
                .map_err(|error| CliError::usage(format!("cannot read the file {file} ({error}): check --webhook")))?,
            None => self.0.clone(),
        };
        let url = url.trim();
        if ["https://", "http://"].iter().any(|scheme| url.len() > scheme.len() && url.starts_with(scheme)) {
            return Ok(url.to_owned());
        }
        Err(CliError::usage("invalid --webhook: expected a URL with http:// or https://, or @FILE with one"))
    }
}
