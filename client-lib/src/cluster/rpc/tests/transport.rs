//! Endpoints that are slow, broken or redirect.

use {
    super::*,
    crate::cluster::rpc::transport::MAX_BYTES,
    std::{sync::atomic::AtomicUsize, sync::atomic::Ordering, thread::sleep},
};

/// Timeout in these tests. A busy machine still answers in this time.
const SHORT_TIMEOUT: Duration = Duration::from_secs(2);

/// An endpoint that passes every request and its connection to `respond`.
pub(super) fn raw(respond: impl Fn(&Value, &mut TcpStream) + Clone + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let respond = respond.clone();
            thread::spawn(move || {
                let mut stream = stream.unwrap();
                // One request per connection.
                if let Some(request) = read_request(&mut stream) {
                    respond(&request, &mut stream);
                }
            });
        }
    });
    url
}

/// An endpoint that writes these bytes after the header of a valid response.
pub(super) fn body(bytes: impl Into<Vec<u8>>) -> String {
    let bytes = bytes.into();
    raw(move |_, stream| {
        // A client that has read enough closes the connection.
        let _ = write!(stream, "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", bytes.len());
        let _ = stream.write_all(&bytes);
    })
}

fn head(head: &'static str) -> String {
    raw(move |_, stream| drop(write!(stream, "HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")))
}

pub(super) async fn height(url: String) -> Result<u64, ClusterError> {
    RpcCluster::with_timeout(url, Confirmation::Confirmed, SHORT_TIMEOUT).block_height().await
}

#[tokio::test]
async fn rejects_answer_to_other_request() {
    for bytes in [
        &br#"{"jsonrpc":"2.0","id":7,"result":12}"#[..],
        br#"{"jsonrpc":"2.0","id":"0","result":12}"#,
        br#"{"jsonrpc":"2.0","result":12}"#,
        br#"{"jsonrpc":"2.0","id":7,"error":{"code":-32601,"message":"Method not found"}}"#,
    ] {
        let error = height(body(bytes)).await.unwrap_err();
        assert!(matches!(error, ClusterError::UnexpectedAnswer { .. }) && !error.is_transient(), "{error}");
        assert!(error.to_string().contains("another request"), "{error}");
    }
    assert_eq!(height(body(br#"{"jsonrpc":"2.0","id":0,"result":12,"error":null}"#)).await.unwrap(), 12);
    let unread = height(body(br#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}"#)).await;
    assert!(matches!(unread, Err(ClusterError::Refused { .. })));
}

#[tokio::test]
async fn limits_body_size() {
    static WRITTEN: AtomicUsize = AtomicUsize::new(0);
    let url = raw(|_, stream| {
        let _ = write!(stream, "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n\"");
        let block = vec![b'a'; 1 << 20];
        while stream.write_all(&block).is_ok() {
            WRITTEN.fetch_add(block.len(), Ordering::Relaxed);
        }
    });
    let error = RpcCluster::new(url).block_height().await.unwrap_err();
    assert!(matches!(&error, ClusterError::UnexpectedAnswer { detail } if detail.contains("longer than")), "{error}");
    // Some bytes are in transit.
    assert!(WRITTEN.load(Ordering::Relaxed) < MAX_BYTES + (32 << 20));
}

#[tokio::test]
async fn interrupted_response_is_transient() {
    let silent = raw(|_, _| {});
    let half_a_head = raw(|_, stream| drop(write!(stream, "HTTP/1.1 200 OK\r\ncontent-le")));
    let half_a_body =
        raw(|_, stream| drop(write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{{\"jsonrpc\":\"2.0\",")));
    let half_a_chunk =
        raw(|_, stream| drop(write!(stream, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n20\r\n{{\"js")));
    for url in [silent, half_a_head, half_a_body, half_a_chunk] {
        let error = height(url).await.unwrap_err();
        assert!(matches!(error, ClusterError::Unreachable { .. }) && error.is_transient(), "{error}");
    }
    for status in ["500 Internal Server Error", "502 Bad Gateway", "503 Service Unavailable", "504 Gateway Timeout"] {
        let error = height(head(status)).await.unwrap_err();
        assert!(matches!(&error, ClusterError::Unreachable { detail } if detail.contains(&status[..3])), "{error}");
    }
}

#[tokio::test]
async fn timeout_limits_every_wait() {
    let mute = raw(|_, _| sleep(Duration::from_secs(30)));
    let slow = raw(|_, stream| {
        let _ = write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n");
        while stream.write_all(b" ").is_ok() {
            sleep(Duration::from_millis(50));
        }
    });
    for url in [mute, slow] {
        let began = Instant::now();
        let error = height(url).await.unwrap_err();
        assert!(matches!(error, ClusterError::Unreachable { .. }), "{error}");
        assert!((SHORT_TIMEOUT..3 * SHORT_TIMEOUT).contains(&began.elapsed()), "{:?}", began.elapsed());
    }
}

#[tokio::test]
async fn retries_rate_limit_within_timeout() {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let soon = raw(|request, stream| {
        if ASKED.fetch_add(1, Ordering::Relaxed) < 5 {
            drop(write!(
                stream,
                "HTTP/1.1 429 Slow Down\r\nretry-after: 0\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
            ));
        } else {
            let body = result(request, 12.into()).to_string();
            drop(write!(
                stream,
                "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            ));
        }
    });
    assert_eq!(height(soon).await.unwrap(), 12);
    // The default RPC client would wait for 119 seconds, five times.
    for late in
        ["429 Slow Down\r\nretry-after: 119", "429 Slow Down\r\nretry-after: 18446744073709551615", "429 Slow Down"]
    {
        let began = Instant::now();
        let error = height(head(late)).await.unwrap_err();
        assert!(matches!(error, ClusterError::RateLimited { .. }) && error.is_transient(), "{error}");
        assert!(began.elapsed() < 2 * SHORT_TIMEOUT, "{:?}", began.elapsed());
    }
}

#[tokio::test]
async fn does_not_follow_redirects() {
    static ELSEWHERE: AtomicUsize = AtomicUsize::new(0);
    let elsewhere = raw(|_, _| {
        ELSEWHERE.fetch_add(1, Ordering::Relaxed);
    });
    for (status, is_transient) in [
        ("301 Moved", false),
        ("302 Found", true),
        ("303 See Other", true),
        ("307 Temporary Redirect", true),
        ("308 Permanent Redirect", false),
    ] {
        let target = elsewhere.clone();
        let url = raw(move |_, stream| {
            drop(write!(
                stream,
                "HTTP/1.1 {status}\r\nlocation: {target}/?api-key=secret\r\ncontent-length: 0\r\n\r\n"
            ));
        });
        let error = RpcCluster::new(url).send(&transaction()).await.unwrap_err();
        assert!(error.to_string().contains("redirects are not followed"), "{error}");
        assert_eq!(error.is_transient(), is_transient, "{status}: {error}");
        assert!(error.is_endpoint_error() && !error.to_string().contains("secret"), "{error}");
    }
    assert_eq!(ELSEWHERE.load(Ordering::Relaxed), 0);
}
