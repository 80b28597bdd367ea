//! The HTTP header `Retry-After`: seconds, or a date.

use {
    httpdate::parse_http_date,
    solana_rpc_client_api::client_error::reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER},
    std::time::{Duration, SystemTime},
};

/// Time that an endpoint asks to wait, if any. A date is relative to the endpoint's clock if it sends `Date`.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let wanted = text(RETRY_AFTER)?.trim();
    if let Ok(seconds) = wanted.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let now = text(DATE).and_then(|date| parse_http_date(date).ok()).unwrap_or_else(SystemTime::now);
    Some(parse_http_date(wanted).ok()?.duration_since(now).unwrap_or_default())
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
