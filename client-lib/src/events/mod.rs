//! Changes of a transaction, decoded from the events in its logs.
//!
//! ```no_run
//! # use solana_address::Address;
//! # use solana_signature::Signature;
//! # use tidepool_client::{cluster::Cluster, events::{EventLog, Totals}};
//! # async fn example(cluster: &impl Cluster, signature: &Signature, program: &Address, pool: &Address) -> Result<(), Box<dyn std::error::Error>> {
//! let execution = cluster.execution(signature).await?.ok_or("the cluster does not keep it")?;
//! let log = EventLog::of(&execution.logs, program);
//! let totals = Totals::of(&log.events, pool);
//! println!("{} lamports more", totals.total_lamports);
//! # Ok(())
//! # }
//! ```

mod totals;

#[cfg(test)]
mod tests;

pub use {
    tidepool_interface::event::{
        AnnouncementEvent, AnnouncementStep, Authority, AuthorityEvent, Change, DemotionEvent, DemotionPolicyEvent,
        Event, ExitEvent, ExitStep, FeeEvent, FundsEvent, LimitsEvent, PolicyEvent, WeightsEvent,
    },
    totals::Totals,
};

use {
    base64::{Engine as _, prelude::BASE64_STANDARD},
    solana_address::Address,
};

/// Events of a transaction.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct EventLog {
    /// The program's events, in order. Empty if the transaction failed, which changed nothing.
    pub events: Vec<Event>,
    /// Whether the runtime truncated the logs, possibly with events.
    pub is_truncated: bool,
    /// Whether the transaction failed.
    pub has_failed: bool,
}

impl EventLog {
    /// Decodes the events that `program` emitted.
    ///
    /// `logs` are the runtime's lines, one string each. Do not split strings at line breaks, which come from programs.
    /// Events count only while the runtime's lines show that `program` runs, so other programs cannot forge them.
    pub fn of(logs: &[String], program: &Address) -> Self {
        let mut log = Self::default();
        // The running programs, each called by the one before.
        let mut stack: Vec<Address> = Vec::new();
        for line in logs {
            match Line::of(line) {
                Line::Invoke { program, depth } if depth == stack.len() + 1 => stack.push(program),
                Line::Success { program } if stack.last() == Some(&program) => {
                    stack.pop();
                }
                Line::Failed => return Self { has_failed: true, events: vec![], ..log },
                // A sequence that the runtime would not write: the running program is no longer known.
                Line::Invoke { .. } | Line::Success { .. } | Line::Truncated => {
                    log.is_truncated = true;
                    return log;
                }
                Line::Data(data) if stack.last() == Some(program) => log.events.extend(decode(data)),
                Line::Data(_) | Line::Other => {}
            }
        }
        log
    }
}

/// An event is a single field.
fn decode(data: &str) -> Option<Event> {
    Event::decode(&BASE64_STANDARD.decode(data).ok()?)
}

enum Line<'a> {
    /// A program starts.
    Invoke {
        program: Address,
        depth: usize,
    },
    /// A program succeeds.
    Success {
        program: Address,
    },
    /// A program fails, and the transaction with it.
    Failed,
    /// A program logs data.
    Data(&'a str),
    /// The runtime truncates the logs.
    Truncated,
    Other,
}

impl<'a> Line<'a> {
    fn of(line: &'a str) -> Self {
        if line == "Log truncated" {
            return Self::Truncated;
        }
        let Some(rest) = line.strip_prefix("Program ") else { return Self::Other };
        if let Some(data) = rest.strip_prefix("data: ") {
            return Self::Data(data);
        }
        // `log:`, `return:` and the like are not addresses.
        let Some((program, what)) = rest.split_once(' ') else { return Self::Other };
        let Ok(program) = program.parse() else { return Self::Other };
        if what == "success" {
            return Self::Success { program };
        }
        if what.starts_with("failed") {
            return Self::Failed;
        }
        let depth = what.strip_prefix("invoke [").and_then(|depth| depth.strip_suffix(']'));
        match depth.and_then(|depth| depth.parse().ok()) {
            Some(depth) => Self::Invoke { program, depth },
            None => Self::Other,
        }
    }
}
