//! The HTTP header `Retry-After`: seconds, or a date.

use {
    solana_rpc_client_api::client_error::reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER},
    std::time::{Duration, SystemTime},
};

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Time that an endpoint asks to wait, if any. A date is relative to the endpoint's clock if it sends `Date`.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let wanted = text(RETRY_AFTER)?.trim();
    if let Ok(seconds) = wanted.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let local = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let now = text(DATE).and_then(unix_time).unwrap_or_else(local);
    Some(Duration::from_secs(unix_time(wanted)?.saturating_sub(now)))
}

/// Unix time in seconds of an HTTP date such as `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, IMF-fixdate).
fn unix_time(date: &str) -> Option<u64> {
    let (_, date) = date.trim().split_once(", ")?;
    let mut parts = date.split_ascii_whitespace();
    let day: u64 = parts.next()?.parse().ok()?;
    let name = parts.next()?;
    let month = MONTHS.iter().position(|month| *month == name)? as u64 + 1;
    let year: u64 = parts.next()?.parse().ok()?;
    let clock: Vec<u64> = parts.next()?.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let &[hour, minute, second] = clock.as_slice() else { return None };
    let is_valid = (1970..10_000).contains(&year)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60
        && parts.next() == Some("GMT");
    // Days from 1970-01-01 in the Gregorian calendar. Years begin in March, so that leap days come last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = (365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day).checked_sub(719_469)?;
    is_valid.then_some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(after: &str, date: Option<&str>) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, after.parse().unwrap());
        if let Some(date) = date {
            headers.insert(DATE, date.parse().unwrap());
        }
        retry_after(&headers)
    }

    #[test]
    fn reads_seconds_and_dates() {
        for (date, seconds) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
            ("Tue, 29 Feb 2000 12:00:00 GMT", 951_825_600),
            ("Sat, 28 Nov 2026 13:25:11 GMT", 1_795_872_311),
        ] {
            assert_eq!(unix_time(date), Some(seconds), "{date}");
        }
        let date = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(wait("7", date), Some(Duration::from_secs(7)));
        assert_eq!(wait("Sun, 06 Nov 1994 08:50:07 GMT", date), Some(Duration::from_secs(30)));
        assert_eq!(wait("Sun, 06 Nov 1994 08:00:00 GMT", date), Some(Duration::ZERO));
        // Relative to the local clock.
        assert_eq!(wait("Sun, 06 Nov 1994 08:50:07 GMT", None), Some(Duration::ZERO));
        assert!(wait("Fri, 31 Dec 9999 23:59:59 GMT", None) > Some(Duration::from_secs(1 << 30)));
    }

    #[test]
    fn ignores_other_texts() {
        for text in [
            "",
            "soon",
            "-1",
            "1.5",
            "Sun, 06 Nov 1994",
            "Sun, 99 Nov 1994 08:49:37 GMT",
            "Sun, 06 Foo 1994 08:49:37 GMT",
        ] {
            assert_eq!(wait(text, None), None, "{text}");
        }
    }
}
