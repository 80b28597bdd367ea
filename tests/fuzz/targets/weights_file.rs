//! Files with weights: CSV and JSON.

#![no_main]

use {
    libfuzzer_sys::fuzz_target,
    std::collections::HashSet,
    tidepool_cli::weights_file::{Entry, Place, Problem, parse},
};

fuzz_target!(|data: &[u8]| match parse(data) {
    Ok(entries) => check_entries(data, &entries),
    Err(Problem { place, what }) => {
        check_place(data, place);
        assert!(!what.is_empty() && !what.ends_with('.'), "{what}");
    }
});

/// Each validator once, in a place of the file; and the same weights when they are written plainly.
fn check_entries(data: &[u8], entries: &[Entry]) {
    assert!(!entries.is_empty());
    let votes: HashSet<_> = entries.iter().map(|entry| entry.vote).collect();
    assert_eq!(votes.len(), entries.len());
    entries.iter().for_each(|entry| check_place(data, entry.place));
    let plain: String = entries.iter().map(|entry| format!("{},{}\n", entry.vote, entry.weight.relative)).collect();
    let again = parse(plain.as_bytes()).expect("plain weights are read");
    assert_eq!(again.len(), entries.len());
    for (index, (again, entry)) in again.iter().zip(entries).enumerate() {
        assert_eq!((again.vote, again.weight.relative), (entry.vote, entry.weight.relative));
        assert_eq!(again.weight.whole, entry.weight.whole);
        assert_eq!(again.place, Place { line: index + 1, column: 1 });
    }
}

/// Lines and characters are counted from 1, and the line is one of the file's.
fn check_place(data: &[u8], place: Place) {
    let lines = data.iter().filter(|byte| **byte == b'\n').count() + 1;
    assert!((1..=lines).contains(&place.line), "{place:?}");
    // The end of a line is a place, too, and so is what comes after the end of the file.
    assert!((1..=data.len() + 2).contains(&place.column), "{place:?}");
}
