//! Numbers and times as people read them.

use {
    chrono::DateTime,
    solana_address::Address,
    std::time::Duration,
    tidepool_client::{units::Units, words::duration},
};

const SOL: u64 = 1_000_000_000;

/// `1,234,567.89 SOL`: rounded down to two decimals from 100 SOL on, else exact.
pub fn short_sol(lamports: u64) -> String {
    if lamports < 100 * SOL {
        return format!("{} SOL", Units(lamports));
    }
    let hundredths = lamports / (SOL / 100);
    format!("{}.{:02} SOL", grouped(hundredths / 100), hundredths % 100)
}

/// `1,234,567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
}

/// `2026-11-30 14:05 UTC`.
pub fn utc(timestamp: i64) -> String {
    let time = DateTime::from_timestamp(timestamp, 0);
    time.map_or_else(|| format!("Unix time {timestamp}"), |time| time.format("%Y-%m-%d %H:%M UTC").to_string())
}

/// A share of a whole in percent, with two decimals.
pub fn share(part: u64, whole: u64) -> String {
    let hundredths = u128::from(part) * 10_000 / u128::from(whole.max(1));
    format!("{}.{:02} %", hundredths / 100, hundredths % 100)
}

/// A fraction as a percentage, with two decimals.
pub fn fraction(value: f64) -> String {
    format!("{:.2} %", value * 100.0)
}

/// `45 s`, `2 min`, `3 h 5 min`.
pub fn age(age: Duration) -> String {
    duration(age.as_secs())
}

/// `7ecoQa…vbLA`.
pub fn shortened(address: &Address) -> String {
    let text = address.to_string();
    let (first, last) = (text.get(..6).unwrap_or(&text), text.get(text.len().saturating_sub(4)..).unwrap_or_default());
    format!("{first}…{last}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_amounts_are_short() {
        assert_eq!(short_sol(1), "0.000000001 SOL");
        assert_eq!(short_sol(99_999_999_999), "99.999999999 SOL");
        assert_eq!(short_sol(1_234_567_899_999_999), "1,234,567.89 SOL");
        assert_eq!([0, 999, 1_000, 1_000_000].map(grouped), ["0", "999", "1,000", "1,000,000"]);
        assert_eq!(share(1, 3), "33.33 %");
        assert_eq!(share(u64::MAX, u64::MAX), "100.00 %");
        assert_eq!(utc(1_800_000_000), "2027-01-15 08:00 UTC");
        assert_eq!(fraction(0.0712), "7.12 %");
    }
}
