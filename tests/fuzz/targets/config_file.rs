//! The settings of Solana's own tools.

#![no_main]

use {libfuzzer_sys::fuzz_target, tidepool_cli::config::Config};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = str::from_utf8(data) else { return };
    let Ok(config) = Config::parse(text) else { return };
    assert!(!config.url(None).is_empty());
    assert_eq!(config.url(Some("l")), "http://localhost:8899", "an argument comes first");
    assert_eq!(config.url(Some("")), config.url(None), "an empty one says nothing");
    assert!(!config.keypair(None).is_empty());
    assert_eq!(config.keypair(Some("-")), "-");
    assert_eq!(config.websocket_url(Some("d")), None, "that is another cluster's");
    assert!(config.websocket_url(None).is_none_or(|url| !url.is_empty()));
});
