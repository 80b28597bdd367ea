//! Lines of events, and what else a reader of them has to know.

use {
    super::output::Reconciled,
    crate::{
        output::{CommandOutput as _, Format},
        view::events::{event_json, signed, write_event},
    },
    serde_json::{Value, json},
    std::fmt,
    tidepool_client::events::{Gap, GapCause, Note, Record, Retraction},
};

/// The contents of a line.
pub enum Line<'a> {
    Record(&'a Record),
    Reconciled(&'a Reconciled),
    News(&'a News),
}

impl Line<'_> {
    pub fn render(&self, format: Format) -> String {
        if format.is_json() { Format::JsonCompact.render(&self.json()) } else { self.to_string().trim_end().to_owned() }
    }

    fn json(&self) -> Value {
        match self {
            Self::Record(Record::Event(event)) => event_json(event),
            Self::Record(Record::Gap(gap)) => gap_json(gap),
            Self::Record(Record::Retracted(Retraction { signature, slot })) => {
                json!({ "type": "retracted", "signature": signature.to_string(), "slot": slot })
            }
            Self::Reconciled(reconciled) => reconciled.json(),
            Self::News(News { state, sentence }) => {
                json!({ "type": "connection", "state": state, "sentence": sentence })
            }
        }
    }
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Record(Record::Event(event)) => write_event(f, event),
            Self::Record(Record::Gap(gap)) => f.write_str(&sentence(gap)),
            Self::Record(Record::Retracted(Retraction { signature, slot })) => {
                write!(f, "slot {slot}  retracted: a fork has dropped the events of transaction {signature}")
            }
            Self::Reconciled(reconciled) => reconciled.write(f, false),
            Self::News(news) => f.write_str(&news.sentence),
        }
    }
}

fn gap_json(gap: &Gap) -> Value {
    let (cause, signature, changes) = match gap.cause {
        GapCause::PrunedHistory => ("pruned_history", None, None),
        GapCause::NotKept(signature) => ("not_kept", Some(signature), None),
        GapCause::TruncatedLogs(signature) => ("truncated_logs", Some(signature), None),
        GapCause::Unexplained { lamports, pool_tokens } => ("unexplained", None, Some((lamports, pool_tokens))),
    };
    json!({
        "type": "gap",
        "cause": cause,
        "from_slot": gap.from_slot,
        "to_slot": gap.to_slot,
        "signature": signature.map(|signature| signature.to_string()),
        "lamports_change": changes.map(|(lamports, _)| signed(lamports)),
        "pool_tokens_change": changes.map(|(_, pool_tokens)| signed(pool_tokens)),
        "sentence": sentence(gap),
    })
}

fn sentence(gap: &Gap) -> String {
    let Gap { from_slot, to_slot, cause } = gap;
    let why = match cause {
        GapCause::PrunedHistory => "the endpoint has no history of these slots; use one that keeps it".into(),
        GapCause::NotKept(signature) => format!("the endpoint does not keep transaction {signature} or its logs"),
        GapCause::TruncatedLogs(signature) => format!("the runtime truncated the logs of transaction {signature}"),
        GapCause::Unexplained { lamports, pool_tokens } => format!(
            "the next event starts {lamports} lamports and {pool_tokens} pool tokens (smallest units) from the end of the last one"
        ),
    };
    format!("gap: events can be missing in slots {from_slot} to {to_slot}: {why}")
}

/// News about the connection: a name, and a sentence.
#[derive(Debug, Eq, PartialEq)]
pub struct News {
    state: &'static str,
    sentence: String,
}

impl News {
    /// An endpoint that failed, and is asked again.
    pub fn failed(error: &impl fmt::Display) -> Self {
        Self { state: "failed", sentence: format!("{error}; retrying") }
    }
}

impl From<&Note> for News {
    fn from(note: &Note) -> Self {
        let (state, sentence) = match note {
            Note::CaughtUp => ("caught_up", "All events up to now are printed".into()),
            Note::Listening => ("listening", "Listening for new transactions".into()),
            Note::Polling { detail } => {
                ("polling", format!("No websocket ({detail}): searching the history every few seconds"))
            }
            Note::Lost { detail } => {
                ("lost", format!("The websocket was closed ({detail}): connecting again, and searching the history"))
            }
            Note::Failed(error) => return Self::failed(error),
        };
        Self { state, sentence }
    }
}
