//! Posts alerts to one URL, one after the other, and retries those that it does not take.

use {
    super::{
        message::{Message, WebhookFormat},
        url::WebhookUrl,
    },
    crate::{error::CliError, terminal::Terminal},
    reqwest::{Client, Response, StatusCode, Url, header::RETRY_AFTER, redirect::Policy},
    std::time::Duration,
    tokio::{sync::mpsc, time::sleep},
};

/// How long it waits, and how often it tries.
#[derive(Clone, Copy)]
pub struct Pace {
    /// Timeout of a request.
    timeout: Duration,
    /// Pause after the first failure. It doubles with each.
    pause: Duration,
    /// Longest pause, also if the webhook asks for a longer one.
    longest: Duration,
    attempts: u32,
}

const PACE: Pace = Pace {
    timeout: Duration::from_secs(10),
    pause: Duration::from_secs(2),
    longest: Duration::from_secs(5 * 60),
    attempts: 8,
};

pub struct Webhook {
    client: Client,
    url: Url,
    format: WebhookFormat,
    pace: Pace,
    terminal: Terminal,
}

/// Why a request was not taken, without the URL.
struct Failure {
    what: String,
    /// Whether a repeat can help, and the pause that the webhook asks for.
    retry: Option<Option<Duration>>,
}

impl Webhook {
    pub fn new(url: &WebhookUrl, format: WebhookFormat, terminal: Terminal) -> Result<Self, CliError> {
        Self::with_pace(url, format, terminal, PACE)
    }

    fn with_pace(url: &WebhookUrl, format: WebhookFormat, terminal: Terminal, pace: Pace) -> Result<Self, CliError> {
        let parsed = url.read()?.parse();
        let url = parsed.map_err(|_| CliError::usage("invalid --webhook: the URL cannot be parsed"))?;
        // A redirect would take the message to a host that was not named.
        let client = Client::builder().timeout(pace.timeout).redirect(Policy::none()).build();
        let client =
            client.map_err(|error| CliError::usage(format!("cannot use --webhook: {}", error.without_url())))?;
        Ok(Self { client, url, format, pace, terminal })
    }

    /// Sends all messages, in order, until their sender is gone.
    pub async fn run(self, mut messages: mpsc::Receiver<Message>) {
        while let Some(message) = messages.recv().await {
            if let Err(what) = self.deliver(&message).await {
                // Of the URL only the host: its path is a secret, and so may be a user name in it.
                let host = self.url.host_str().unwrap_or("?");
                self.terminal.note(&format!("warning: the webhook at {host} did not take an alert: {what}"));
            }
        }
    }

    async fn deliver(&self, message: &Message) -> Result<(), String> {
        let body = message.body(self.format).to_string();
        let mut pause = self.pace.pause;
        for attempt in 1.. {
            let Err(Failure { what, retry }) = self.post(&body).await else { return Ok(()) };
            let Some(asked) = retry.filter(|_| attempt < self.pace.attempts) else { return Err(what) };
            sleep(asked.unwrap_or(pause).min(self.pace.longest)).await;
            pause = pause.saturating_mul(2).min(self.pace.longest);
        }
        Ok(())
    }

    async fn post(&self, body: &str) -> Result<(), Failure> {
        let request =
            self.client.post(self.url.clone()).header("content-type", "application/json").body(body.to_owned());
        match request.send().await {
            Ok(response) if response.status().is_success() => Ok(()),
            Ok(response) => Err(Failure::of_response(&response)),
            Err(error) => Err(Failure { what: error.without_url().to_string(), retry: Some(None) }),
        }
    }
}

impl Failure {
    fn of_response(response: &Response) -> Self {
        let status = response.status();
        let what = if status.is_redirection() {
            format!("it redirects (HTTP {}): specify the URL that it redirects to", status.as_u16())
        } else {
            format!("HTTP {}", status.as_u16())
        };
        let can_help =
            status.is_server_error() || [StatusCode::TOO_MANY_REQUESTS, StatusCode::REQUEST_TIMEOUT].contains(&status);
        let asked = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
        Self { what, retry: can_help.then(|| asked.map(Duration::from_secs)) }
    }
}

#[cfg(test)]
mod tests;
