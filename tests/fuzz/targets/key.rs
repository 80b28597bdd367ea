//! Keypair files, and where keys come from. No answer quotes what may be a secret.

#![no_main]

use {
    libfuzzer_sys::fuzz_target,
    tidepool_cli::keys::{KeySource, keypair},
};

fuzz_target!(|data: &[u8]| {
    check_file(data);
    if let Ok(text) = str::from_utf8(data) {
        check_source(text);
    }
});

/// A keypair is the 64 numbers that the file holds.
fn check_file(mut data: &[u8]) {
    let numbers = str::from_utf8(data).ok().and_then(|text| {
        let numbers = text.trim().strip_prefix('[')?.strip_suffix(']')?.split(',');
        numbers.map(|number| number.trim().parse::<u8>().ok()).collect::<Option<Vec<u8>>>()
    });
    if let Some(keypair) = keypair(&mut data) {
        assert_eq!(Some(keypair.to_bytes().to_vec()), numbers);
    }
}

/// Whatever may be a secret is forgotten, and the error does not show it either.
fn check_source(text: &str) {
    let parsed = text.parse::<KeySource>();
    // What follows `file:` is judged alone.
    let trimmed = text.strip_prefix("file:").unwrap_or(text).trim();
    if trimmed.starts_with('[') || trimmed.split_whitespace().count() >= 12 {
        let kept = matches!(&parsed, Ok(KeySource::File(_) | KeySource::Address(_)));
        assert!(!kept, "{parsed:?}");
    }
    match parsed {
        Ok(KeySource::File(path)) => assert_eq!(text.strip_prefix("file:").unwrap_or(text), path),
        Ok(KeySource::Address(address)) => assert_eq!(address.to_string().parse(), Ok(KeySource::Address(address))),
        Ok(KeySource::Stdin) => assert!(matches!(text, "-" | "stdin:")),
        Ok(KeySource::Prompt(_)) => assert!(text.starts_with("prompt:")),
        Ok(KeySource::Device(_)) => assert!(text.starts_with("usb:")),
        Ok(KeySource::Secret) => {}
        Err(error) => assert!(error.contains("usb://ledger"), "{error}"),
    }
}
