//! Messages of transactions, which one person makes and another signs: everything that is signed is shown.

#![no_main]

use {
    base64::{Engine as _, prelude::BASE64_STANDARD},
    libfuzzer_sys::fuzz_target,
    tidepool_cli::message::{Message, program_name},
};

// A message's bytes, and text that should be one in base64.
fuzz_target!(|data: &[u8]| {
    if let Ok(text) = str::from_utf8(data) {
        check(text);
    }
    check(&BASE64_STANDARD.encode(data));
});

fn check(text: &str) {
    let Ok(message) = text.parse::<Message>() else { return };
    let Message(inner) = &message;
    assert_eq!(BASE64_STANDARD.encode(inner.serialize()), text.trim(), "every byte of it is read");
    assert_eq!(message.signers().len(), usize::from(inner.header().num_required_signatures));
    assert_eq!(message.signers().first().map(ToString::to_string), Some(message.payer()));
    let program = message.pool_program();
    assert!(program.is_none_or(|program| program_name(&program).is_none()));
    for program in [None, program, inner.static_account_keys().last().copied()] {
        // A line for each instruction, for who pays, and for the blockhash.
        let lines = message.lines(program);
        assert_eq!(lines.len(), inner.instructions().len() + 2);
        assert_eq!(message.instructions(program).len(), inner.instructions().len());
        assert!(lines.iter().all(|(_, what)| !what.is_empty()));
    }
}
