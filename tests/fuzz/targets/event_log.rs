//! Log lines of a transaction, as the client reads events from them.

#![no_main]

use {
    base64::{Engine as _, prelude::BASE64_STANDARD},
    libfuzzer_sys::fuzz_target,
    solana_address::Address,
    tidepool_client::events::{Event, EventLog, Totals},
};

/// Whose events are wanted. In a corpus it reads `11111111111111111111111111111112`.
const PROGRAM: Address = Address::new_from_array({
    let mut bytes = [0; 32];
    bytes[31] = 1;
    bytes
});

// Lines of text, or the data of one event.
fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let log = EventLog::of(&lines, &PROGRAM);
    assert!(!log.has_failed || log.events.is_empty(), "a transaction that failed changed nothing");
    let data_lines = lines.iter().filter(|line| line.starts_with("Program data: ")).count();
    assert!(log.events.len() <= data_lines);
    let totals = |log: &EventLog| Totals::of(log.events.iter().map(|logged| &logged.event), &Address::default());
    assert_eq!(totals(&log), totals(&log));
    check_strangers(&lines, &log);
    check_decoding(data);
});

/// Lines of other programs are not events, and lines that tell nothing change nothing.
fn check_strangers(lines: &[String], log: &EventLog) {
    let stranger = Address::new_from_array([7; 32]);
    if !lines.iter().any(|line| line.contains(&stranger.to_string())) {
        assert!(EventLog::of(lines, &stranger).events.is_empty());
    }
    let chatty: Vec<String> = lines.iter().flat_map(|line| ["Program log: chat".to_owned(), line.clone()]).collect();
    assert_eq!(&EventLog::of(&chatty, &PROGRAM), log);
}

/// An event that is logged between the lines of its program is read from them, and from nothing less.
fn check_decoding(data: &[u8]) {
    let Some(event) = Event::decode(data) else { return };
    assert!(Event::decode(&data[..data.len() - 1]).is_none());
    let whose = [format!("Program {PROGRAM} invoke [1]"), format!("Program {PROGRAM} success")];
    let line = format!("Program data: {}", BASE64_STANDARD.encode(data));
    let log = EventLog::of(&[whose[0].clone(), line.clone(), whose[1].clone()], &PROGRAM);
    assert_eq!(log.events.iter().map(|logged| logged.event).collect::<Vec<_>>(), [event]);
    assert!(EventLog::of(&[line], &PROGRAM).events.is_empty());
}
