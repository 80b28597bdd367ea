//! An alert as a webhook receives it.

use {
    super::{Cause, Condition},
    serde_json::{Value, json},
    solana_address::Address,
};

/// The form of an alert.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
pub enum WebhookFormat {
    /// An object with condition, state, reason and advice
    #[default]
    Json,
    /// Text for Slack, and for services that take its messages
    Slack,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum State {
    Firing,
    Resolved,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Message {
    pub condition: Condition,
    pub pool: Option<Address>,
    pub state: State,
    pub cause: Cause,
}

impl Condition {
    /// The name in JSON, and in words.
    const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::StalePool => ("stale_pool", "stale pool"),
            Self::Announcement => ("announcement_pending", "announced change"),
            Self::ValidatorDemoted => ("validator_demoted", "demoted validator"),
            Self::ValidatorOff => ("validator_off", "validator that does not earn"),
            Self::RateFell => ("rate_fell", "exchange rate fell"),
            Self::ReserveBelowTarget => ("reserve_below_target", "reserve below target"),
            Self::PayerLow => ("payer_low", "fee payer low on SOL"),
            Self::UnknownGate => ("unknown_gate_pending", "unknown feature gate pending"),
        }
    }
}

impl Message {
    /// The body of the request.
    pub fn body(&self, format: WebhookFormat) -> Value {
        let (name, words) = self.condition.names();
        let Cause { subjects, reason, advice } = &self.cause;
        match format {
            WebhookFormat::Json => json!({
                "source": "tidepool",
                "condition": name,
                "state": if self.state == State::Firing { "firing" } else { "resolved" },
                "pool": self.pool.map(|pool| pool.to_string()),
                "subjects": subjects,
                "reason": reason,
                "advice": advice,
            }),
            WebhookFormat::Slack => {
                let pool = self.pool.map_or(String::new(), |pool| format!(" of pool {pool}"));
                let text = match self.state {
                    State::Firing => format!(":warning: tidepool: {words}{pool}\n{reason}\nWhat to do: {advice}"),
                    State::Resolved => {
                        format!(":white_check_mark: tidepool: resolved: {words}{pool}\nIt was: {reason}")
                    }
                };
                json!({ "text": text })
            }
        }
    }
}
