//! Events in the logs of a transaction.

use {
    super::Event,
    base64::{Engine as _, prelude::BASE64_STANDARD},
    solana_address::Address,
    std::{fmt, str::FromStr},
};

/// Programs that run without a line in the logs.
const SILENT: [Address; 3] =
    [solana_sdk_ids::ed25519_program::ID, solana_sdk_ids::secp256k1_program::ID, solana_sdk_ids::secp256r1_program::ID];

/// Where in a transaction an event was emitted. Written `INSTRUCTION.CALL.EVENT`, with `-` for no call.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Place {
    /// Index of the transaction's instruction, from 0.
    pub instruction: usize,
    /// Index of the call among those of the instruction, at any depth, from 0; `None` for the instruction itself.
    pub call: Option<usize>,
    /// Index of the event among those of this run of the program, from 0.
    pub event: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.call {
            Some(call) => write!(f, "{}.{call}.{}", self.instruction, self.event),
            None => write!(f, "{}.-.{}", self.instruction, self.event),
        }
    }
}

impl FromStr for Place {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.split('.');
        let mut part = || parts.next().ok_or(());
        let number = |text: &str| text.parse().map_err(|_| ());
        let instruction = number(part()?)?;
        let call = match part()? {
            "-" => None,
            call => Some(number(call)?),
        };
        let event = number(part()?)?;
        if parts.next().is_some() { Err(()) } else { Ok(Self { instruction, call, event }) }
    }
}

/// An event, and where it was emitted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LoggedEvent {
    /// Where it was emitted.
    pub place: Place,
    /// The event.
    pub event: Event,
}

/// Events of a transaction.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct EventLog {
    /// The program's events, in order. Empty if the transaction failed, which changed nothing.
    pub events: Vec<LoggedEvent>,
    /// Whether the runtime truncated the logs, possibly with events.
    pub is_truncated: bool,
    /// Whether the transaction failed.
    pub has_failed: bool,
}

/// A program that runs.
struct Frame {
    program: Address,
    /// As in [`Place`].
    call: Option<usize>,
    /// Its events so far.
    events: usize,
}

impl EventLog {
    /// Decodes the events that `program` emitted.
    ///
    /// `logs` are the runtime's lines, one string each. Do not split strings at line breaks, which come from programs.
    /// Events count only while the runtime's lines show that `program` runs, so other programs cannot forge them.
    /// Instructions of precompiles, such as signature checks, have no lines: without them in view, places count the
    /// instructions with lines. See [`Self::of_instructions`].
    pub fn of(logs: &[String], program: &Address) -> Self {
        Decoder::default().decode(logs, program)
    }

    /// Like [`Self::of`], with the programs of the transaction's instructions, which the logs have to agree with.
    pub fn of_instructions(logs: &[String], program: &Address, instructions: &[Address]) -> Self {
        Decoder { instructions: Some(instructions), ..Decoder::default() }.decode(logs, program)
    }
}

#[derive(Default)]
struct Decoder<'a> {
    /// Programs of the transaction's instructions, if they are known.
    instructions: Option<&'a [Address]>,
    /// The running programs, each called by the one before.
    stack: Vec<Frame>,
    /// Index of the next instruction.
    next: usize,
    /// Calls of the present instruction so far.
    calls: usize,
}

impl Decoder<'_> {
    fn decode(mut self, logs: &[String], wanted: &Address) -> EventLog {
        let mut log = EventLog::default();
        for line in logs {
            let is_plausible = match Line::of(line) {
                Line::Invoke { program, depth } => depth == self.stack.len() + 1 && self.enter(program),
                Line::Success { program } => self.stack.pop().is_some_and(|frame| frame.program == program),
                Line::Failed => return EventLog { has_failed: true, events: vec![], ..log },
                Line::Truncated => false,
                Line::Data(data) => {
                    log.events.extend(self.event(data, wanted));
                    true
                }
                Line::Other => true,
            };
            // Else lines are missing, and the running program is no longer known.
            if !is_plausible {
                log.is_truncated = true;
                return log;
            }
        }
        // The runtime writes a line at the end of each program, and runs all instructions.
        let rest = self.instructions.and_then(|instructions| instructions.get(self.next..)).unwrap_or_default();
        log.is_truncated = !self.stack.is_empty() || rest.iter().any(|named| !SILENT.contains(named));
        log
    }

    /// Notes that a program starts. False if it is not the one that the transaction names.
    fn enter(&mut self, program: Address) -> bool {
        let mut call = None;
        if self.stack.is_empty() {
            if let Some(instructions) = self.instructions {
                let rest = instructions.get(self.next..).unwrap_or_default();
                let silent = rest.iter().take_while(|named| SILENT.contains(named)).count();
                if rest.get(silent) != Some(&program) {
                    return false;
                }
                self.next += silent;
            }
            self.next += 1;
            self.calls = 0;
        } else {
            call = Some(self.calls);
            self.calls += 1;
        }
        self.stack.push(Frame { program, call, events: 0 });
        true
    }

    /// Decodes data, an event if the running program is `wanted`. An event is a single field.
    fn event(&mut self, data: &str, wanted: &Address) -> Option<LoggedEvent> {
        let instruction = self.next.checked_sub(1)?;
        let frame = self.stack.last_mut().filter(|frame| frame.program == *wanted)?;
        let event = Event::decode(&BASE64_STANDARD.decode(data).ok()?)?;
        let place = Place { instruction, call: frame.call, event: frame.events };
        frame.events += 1;
        Some(LoggedEvent { place, event })
    }
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
