//! Times as people write and read them: `2026-11-30 14:05 +01:00`.

use {
    chrono::{DateTime, Local, TimeZone as _},
    std::time::{Duration, SystemTime, UNIX_EPOCH},
    tidepool_client::units::seconds,
};

/// Reads a time of a second or more.
pub fn positive_seconds(text: &str) -> Result<u32, String> {
    match seconds(text)? {
        0 => Err(format!("invalid time {text}: expected a second or more")),
        seconds => Ok(seconds),
    }
}

/// Unix time.
pub fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// A Unix time in seconds, in the time zone of this machine.
pub fn local_time(timestamp: i64) -> String {
    let time = Local.timestamp_opt(timestamp, 0).single();
    time.map_or_else(|| format!("Unix time {timestamp}"), |time| time.format("%Y-%m-%d %H:%M %:z").to_string())
}

/// A Unix time in seconds as ISO 8601 in UTC, which programs read: `2026-11-30T13:05:00Z`.
pub fn utc_time(timestamp: i64) -> String {
    let time = DateTime::from_timestamp(timestamp, 0);
    time.map_or_else(|| format!("Unix time {timestamp}"), |time| time.format("%Y-%m-%dT%H:%M:%SZ").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_local() {
        let shown = local_time(1_800_000_000);
        assert!(shown.starts_with("2027-01-1") && shown.len() == "2027-01-15 08:00 +00:00".len(), "{shown}");
        assert_eq!(local_time(i64::MAX), format!("Unix time {}", i64::MAX));
    }

    #[test]
    fn times_for_programs_are_utc() {
        assert_eq!(utc_time(1_800_000_000), "2027-01-15T08:00:00Z");
        assert_eq!(utc_time(i64::MAX), format!("Unix time {}", i64::MAX));
    }
}
