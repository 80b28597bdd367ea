//! Transient errors: of gateways, faulty nodes and rate limits.

use {
    super::{
        transport::{body, height, raw},
        *,
    },
    std::{
        sync::atomic::{AtomicUsize, Ordering},
        time::SystemTime,
    },
};

/// Expected classification of a response.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Unreachable,
    RateLimited,
    TooLarge,
    Refused,
    TransactionRefused,
}

use Kind::*;

fn kind(error: &ClusterError) -> Kind {
    match error {
        ClusterError::Unreachable { .. } => Unreachable,
        ClusterError::RateLimited { .. } => RateLimited,
        ClusterError::TooLarge { .. } => TooLarge,
        ClusterError::Refused { .. } => Refused,
        ClusterError::TransactionRefused { .. } => TransactionRefused,
        other => panic!("{other:?}"),
    }
}

async fn kind_of(url: String) -> Kind {
    let error = height(url).await.unwrap_err();
    let kind = kind(&error);
    assert_eq!(error.is_transient(), matches!(kind, Unreachable | RateLimited), "{error}");
    assert_eq!(error.is_endpoint_error(), kind != TransactionRefused, "{error}");
    kind
}

#[tokio::test]
async fn classifies_error_codes() {
    for (code, message, expected) in [
        (-32_603, "Internal error", Unreachable),
        (-32_000, "Server error", Unreachable),
        (-32_001, "Block cleaned up", Unreachable),
        (-32_004, "Block not available for slot", Unreachable),
        (-32_005, "Node is behind by 42 slots", Unreachable),
        (-32_012, "Scan error", Unreachable),
        (-32_014, "Block status not yet available for slot", Unreachable),
        (-32_016, "Minimum context slot has not been reached", Unreachable),
        (-32_019, "Failed to query long-term storage; please try again", Unreachable),
        (-32_099, "a code that no one has defined yet", Unreachable),
        (17, "a provider's own code", Unreachable),
        (429, "", RateLimited),
        (-32_429, "max usage reached", RateLimited),
        (-32_005, "limit exceeded", RateLimited),
        (-32_007, "50/second request limit reached", RateLimited),
        (-32_003, "daily request limit reached", RateLimited),
        (-32_603, "Too Many Requests", RateLimited),
        (-32_602, "Too many inputs provided; max 100", TooLarge),
        (-32_602, "getMultipleAccounts is limited to a 5 range", TooLarge),
        (-32_000, "request too large", TooLarge),
        (-32_700, "Parse error", Refused),
        (-32_600, "Invalid request", Refused),
        (-32_601, "Method not found", Refused),
        (-32_602, "Invalid params", Refused),
        (-32_010, "excluded from account secondary indexes", Refused),
        (-32_011, "Transaction history is not available from this node", Refused),
        (-32_401, "Unauthorized", Refused),
        (403, "Forbidden", Refused),
        (-32_003, "Transaction signature verification failure", TransactionRefused),
    ] {
        let text = json!({ "jsonrpc": "2.0", "id": 0, "error": { "code": code, "message": message } }).to_string();
        assert_eq!(kind_of(body(text)).await, expected, "{code} {message}");
    }
}

#[tokio::test]
async fn classifies_http_statuses() {
    for (status, text, expected) in [
        ("302 Found", "", Unreachable),
        ("408 Request Timeout", "", Unreachable),
        ("425 Too Early", "", Unreachable),
        ("500 Internal Server Error", "", Unreachable),
        ("502 Bad Gateway", "<html></html>", Unreachable),
        ("503 Service Unavailable", "", Unreachable),
        ("504 Gateway Timeout", "", Unreachable),
        ("500 Oops", r#"{"jsonrpc":"2.0","id":0,"error":{"code":-32603,"message":"x"}}"#, Unreachable),
        ("400 Bad Request", r#"{"jsonrpc":"2.0","id":0,"error":{"code":-32603,"message":"x"}}"#, Unreachable),
        ("429 Too Many Requests", "", RateLimited),
        ("429 Too Many Requests", r#"{"jsonrpc":"2.0","id":0,"error":{"code":-32603,"message":"x"}}"#, RateLimited),
        ("403 Forbidden", r#"{"message":"Rate limit exceeded"}"#, RateLimited),
        ("503 Service Unavailable", "throttled", RateLimited),
        ("413 Payload Too Large", "", TooLarge),
        ("400 Bad Request", "too many accounts", TooLarge),
        (
            "400 Bad Request",
            r#"{"jsonrpc":"2.0","id":0,"error":{"code":-32602,"message":"too many inputs"}}"#,
            TooLarge,
        ),
        ("400 Bad Request", "", Refused),
        ("401 Unauthorized", "", Refused),
        ("402 Payment Required", "", Refused),
        ("403 Forbidden", "your key is not known", Refused),
        ("403 Forbidden", r#"{"jsonrpc":"2.0","id":0,"error":{"code":-32000,"message":"x"}}"#, Refused),
        ("404 Not Found", "<html></html>", Refused),
        ("405 Method Not Allowed", "", Refused),
        ("500 Oops", r#"{"jsonrpc":"2.0","id":0,"error":{"code":-32601,"message":"x"}}"#, Refused),
        ("301 Moved Permanently", "", Refused),
        ("308 Permanent Redirect", "", Refused),
    ] {
        let answer = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{text}", text.len());
        let url = raw(move |_, stream| drop(stream.write_all(answer.as_bytes())));
        assert_eq!(kind_of(url).await, expected, "{status} {text}");
    }
}

#[tokio::test]
async fn body_other_than_json_rpc_is_transient() {
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    for (bytes, expected) in [
        (&b""[..], Unreachable),
        (b"<html><body>502 Bad Gateway</body></html>", Unreachable),
        (br#"{"jsonrpc":"2.0","id":0,"result":12"#, Unreachable),
        (b"{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":\"\xff\xfe\"}", Unreachable),
        (deep.as_bytes(), Unreachable),
        (br#""Service Unavailable""#, Unreachable),
        (b"[]", Unreachable),
        (b"null", Unreachable),
        (br#"{"message":"Internal server error"}"#, Unreachable),
        (br#"{"jsonrpc":"2.0","id":0,"error":"no"}"#, Unreachable),
        (br#"{"jsonrpc":"2.0","id":0,"error":{"code":"x"}}"#, Unreachable),
        (br#"{"error":{"code":429}}"#, RateLimited),
        (br#"{"error":{"code":"429","message":"no"}}"#, RateLimited),
        (br#"{"error":{"code":429,"message":"Too many requests"},"id":7}"#, RateLimited),
        (br#"{"error":"rate limit"}"#, RateLimited),
        (br#"{"error":{"message":"You have been throttled"}}"#, RateLimited),
        (br#"{"message":"API rate limit exceeded"}"#, RateLimited),
        (br#"{"jsonrpc":"2.0","id":0,"error":{"code":-32000,"message":"Too many requests for a specific RPC call"}}"#, RateLimited),
        (b"rate limit exceeded", RateLimited),
        (br#""Too many requests""#, RateLimited),
    ] {
        assert_eq!(kind_of(body(bytes)).await, expected, "{}", String::from_utf8_lossy(&bytes[..bytes.len().min(99)]));
    }
    let error = height(body(b"")).await.unwrap_err().to_string();
    assert!(error.contains("its answer is empty"), "{error}");
    let error = height(body(b"<html>Sign in</html>")).await.unwrap_err().to_string();
    assert!(error.contains("not JSON-RPC: <html>Sign in</html>"), "{error}");
}

/// An HTTP date, `seconds` from now.
fn date(seconds: i64) -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let at = now.checked_add_signed(seconds).unwrap();
    let (mut year, mut day) = (1970, at / 86_400);
    let leap = |year: u64| u64::from(year.is_multiple_of(4));
    while day >= 365 + leap(year) {
        day -= 365 + leap(year);
        year += 1;
    }
    let lengths = [31, 28 + leap(year), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while day >= lengths[month] {
        day -= lengths[month];
        month += 1;
    }
    let name = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][month];
    let (hour, minute, second) = (at / 3_600 % 24, at / 60 % 60, at % 60);
    format!("Mon, {:02} {name} {year} {hour:02}:{minute:02}:{second:02} GMT", day + 1)
}

#[tokio::test]
async fn waits_for_every_form_of_rate_limit() {
    let http = |head: String, body: &str| format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let until = |status: &str, seconds| http(format!("{status}\r\nretry-after: {}", date(seconds)), "");
    // The endpoint's clock is an hour slow.
    let behind = || format!("429 Slow Down\r\nretry-after: {}\r\ndate: {}", date(-3_599), date(-3_600));
    let limits: [(&dyn Fn() -> String, u64); 7] = [
        (&|| http("429 Slow Down\r\nretry-after: 1".into(), ""), 1_000),
        (&|| until("429 Slow Down", 2), 1_000),
        (&|| http(behind(), ""), 900),
        (&|| until("503 Busy", 2), 1_000),
        (&|| http("200 OK\r\nretry-after: 1".into(), r#"{"error":{"code":429}}"#), 1_000),
        (&|| http("200 OK".into(), "rate limit"), 500),
        (&|| until("429 Slow Down", -60), 0),
    ];
    for (limit, least) in limits {
        let (limit, least) = (limit(), Duration::from_millis(least));
        let asked: &'static AtomicUsize = Box::leak(Box::default());
        let said = limit.clone();
        let url = raw(move |request, stream| {
            let body = result(request, 12.into()).to_string();
            let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            let answer = if asked.fetch_add(1, Ordering::Relaxed) == 0 { said.clone() } else { answer };
            let _ = stream.write_all(answer.as_bytes());
        });
        let began = Instant::now();
        assert_eq!(RpcCluster::new(url).block_height().await.unwrap(), 12, "{limit}");
        assert!(
            began.elapsed() >= least && began.elapsed() < least + Duration::from_secs(2),
            "{limit}: {:?}",
            began.elapsed()
        );
    }
}

#[tokio::test]
async fn reports_wait_beyond_timeout() {
    let url = raw(|_, stream| {
        drop(write!(stream, "HTTP/1.1 429 No\r\nretry-after: {}\r\ncontent-length: 0\r\n\r\n", date(3_600)))
    });
    let error = height(url).await.unwrap_err();
    let wait = error.retry_after().unwrap();
    assert!((3_590..=3_600).contains(&wait.as_secs()), "{wait:?}");
}
