//! Logs of a transaction, as a person can read them.

use {
    super::{event::describe, program_name},
    solana_address::Address,
    std::fmt,
    tidepool_client::{
        events::EventLog,
        text::{Form, visible},
    },
};

/// Logs with programs by their names, calls indented, and the pool's events in words.
#[derive(Debug)]
pub struct Decoded {
    lines: Vec<String>,
    events: Vec<String>,
}

impl Decoded {
    /// Decodes the logs of a transaction that calls the stake pool program `program_id`.
    pub fn new(logs: &[String], program_id: Address) -> Self {
        let mut depth = 0;
        let lines =
            logs.iter().filter_map(|line| decode(&visible(line, Form::OneLine), &program_id, &mut depth)).collect();
        let events = EventLog::of(logs, &program_id).events.iter().map(|logged| describe(&logged.event)).collect();
        Self { lines, events }
    }

    /// The events of the stake pool program.
    pub fn events(&self) -> &[String] {
        &self.events
    }
}

/// A line in short, or nothing for one that says nothing.
fn decode(line: &str, program_id: &Address, depth: &mut usize) -> Option<String> {
    let indented = |depth: usize, text: &str| Some(format!("{:indent$}{text}", "", indent = 2 * depth));
    let Some(rest) = line.strip_prefix("Program ") else { return indented(*depth, line) };
    if let Some(text) = rest.strip_prefix("log: ") {
        return indented(*depth, text);
    }
    if rest.starts_with("data: ") || rest.starts_with("return: ") {
        return None;
    }
    let (program, what) = rest.split_once(' ')?;
    if what.starts_with("invoke [") {
        let line = indented(*depth, &name_of(program, program_id));
        *depth += 1;
        return line;
    }
    if what == "success" {
        *depth = depth.saturating_sub(1);
        return None;
    }
    if what.starts_with("failed") {
        *depth = depth.saturating_sub(1);
        return indented(*depth, &format!("{} {what}", name_of(program, program_id)));
    }
    None
}

fn name_of(program: &str, program_id: &Address) -> String {
    if program_id.to_string() == program {
        return "stake pool program".into();
    }
    let known = program.parse().ok().and_then(|address| program_name(&address));
    known.map_or_else(|| program.to_owned(), str::to_owned)
}

impl fmt::Display for Decoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|line| writeln!(f, "    {line}"))?;
        self.events.iter().try_for_each(|event| writeln!(f, "    event: {event}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_have_names_and_calls_are_indented() {
        let pool = Address::new_from_array([4; 32]);
        let token = tidepool_interface::address::TOKEN_PROGRAM_ID;
        let logs = [
            format!("Program {pool} invoke [1]"),
            "Program log: Instruction: DepositSol".into(),
            format!("Program {token} invoke [2]"),
            format!("Program {token} consumed 100 of 200 compute units"),
            format!("Program {token} success"),
            format!("Program {pool} failed: custom program error: 0x11"),
        ];
        let decoded = Decoded::new(&logs, pool);
        let expected = [
            "stake pool program",
            "  Instruction: DepositSol",
            "  token program",
            "stake pool program failed: custom program error: 0x11",
        ];
        assert_eq!(decoded.lines, expected);
        assert!(decoded.events().is_empty());
    }

    #[test]
    fn logged_text_is_visible_and_stays_on_its_line() {
        let logs = ["Program log: fine\u{1b}[2J\n\u{202e}error\u{e0041}".to_owned()];
        let decoded = Decoded::new(&logs, Address::default());
        assert_eq!(decoded.lines, [r"fine\u{1b}[2J\u{a}\u{202e}error\u{e0041}"]);
    }
}
