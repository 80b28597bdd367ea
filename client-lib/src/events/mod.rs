//! What a transaction changed, told by the events of its logs.
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
        Authority, AuthorityEvent, Change, Event, FeeEvent, FundsEvent, PolicyEvent, WeightsEvent,
    },
    totals::Totals,
};

use {
    base64::{Engine as _, prelude::BASE64_STANDARD},
    solana_address::Address,
};

/// The events that a transaction's logs hold.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct EventLog {
    /// The events of the program, in their order. None where the transaction failed: it then changed nothing.
    pub events: Vec<Event>,
    /// Whether the runtime dropped some of the logs, and events maybe with them.
    pub is_truncated: bool,
    /// Whether the transaction failed.
    pub has_failed: bool,
}

impl EventLog {
    /// The events that `program` emitted.
    ///
    /// `logs` are the runtime's lines, one string for each; a string is not to be split where it holds a line break, which is
    /// what a program has put there. Events count only where the runtime says that it is `program` that runs: whatever others
    /// log is theirs.
    pub fn of(logs: &[String], program: &Address) -> Self {
        let mut log = Self::default();
        // The programs that run, each called by the one before.
        let mut stack: Vec<Address> = Vec::new();
        for line in logs {
            match Line::of(line) {
                Line::Invoke { program, depth } if depth == stack.len() + 1 => stack.push(program),
                Line::Success { program } if stack.last() == Some(&program) => {
                    stack.pop();
                }
                Line::Failed => return Self { has_failed: true, events: vec![], ..log },
                // Lines that the runtime would not write after one another: what runs is no longer known.
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

/// A line of the logs, as far as it matters.
enum Line<'a> {
    /// A program begins to run.
    Invoke {
        program: Address,
        depth: usize,
    },
    /// It ends well.
    Success {
        program: Address,
    },
    /// It fails, and the transaction with it.
    Failed,
    /// It logs data.
    Data(&'a str),
    /// The runtime keeps no more.
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
        // `log:`, `return:` and the like are no addresses.
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
