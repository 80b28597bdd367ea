//! Endpoints that close connections: idle, before a response, and within one.

use {
    super::*,
    futures_util::future::join_all,
    solana_rpc_client_api::request::RpcRequest,
    std::{
        net::Shutdown,
        sync::{Arc, Mutex},
    },
};

const SHORT: Duration = Duration::from_secs(2);

/// Requests in a row, for outcomes that depend on when the client sees a close.
const MANY: usize = 200;

/// The endpoint's next step on a connection. After the last step it closes the connection.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Responds and announces that the connection stays open.
    Answer,
    /// Responds and announces that it closes the connection, but leaves it open.
    LastAnswer,
    /// Responds with HTTP 429, to be repeated at once.
    RateLimit,
    /// Responds with HTTP 408.
    Timeout,
    /// Responds that the signature of the transaction is invalid.
    Refuse,
    /// Reads a request and does not respond.
    Ignore,
    /// Reads a part of a request, and resets the connection.
    Reset,
    /// Responds with the first part of a header.
    HalfHead,
    /// Responds with the first part of a body.
    HalfBody,
    /// Responds with the first part of a chunked body.
    HalfChunk,
    /// Reads a request, and keeps the connection open without a response.
    Wait,
}

use Step::*;

/// Steps after which no response has arrived.
const LOSSES: [&[Step]; 7] = [&[], &[Ignore], &[Reset], &[HalfHead], &[HalfBody], &[HalfChunk], &[Timeout]];

/// An endpoint with a script for each connection, in the order in which they are opened. The last script applies to all
/// later connections.
struct Scripted {
    url: String,
    /// The requests of each connection.
    connections: Arc<Mutex<Vec<Vec<Value>>>>,
}

impl Scripted {
    fn new(script: &[&'static [Step]]) -> Self {
        let script = script.to_vec();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let connections: Arc<Mutex<Vec<Vec<Value>>>> = Arc::default();
        let opened = connections.clone();
        thread::spawn(move || {
            for (at, stream) in listener.incoming().enumerate() {
                let steps = script[at.min(script.len() - 1)];
                let opened = opened.clone();
                opened.lock().unwrap().push(vec![]);
                thread::spawn(move || {
                    let mut stream = stream.unwrap();
                    for step in steps {
                        if !step.perform(&mut stream, |request| opened.lock().unwrap()[at].push(request)) {
                            return;
                        }
                    }
                });
            }
        });
        Self { url, connections }
    }

    fn cluster(&self) -> RpcCluster {
        RpcCluster::new(self.url.clone())
    }

    fn opened(&self) -> usize {
        self.connections.lock().unwrap().len()
    }

    /// All requests received so far, in the order of their connections.
    fn requests(&self) -> Vec<Value> {
        self.connections.lock().unwrap().concat()
    }
}

impl Step {
    /// Performs the step; returns whether the connection stays open.
    fn perform(self, stream: &mut TcpStream, received: impl FnOnce(Value)) -> bool {
        if let Reset = self {
            // Closing a socket with unread bytes resets the connection.
            let _ = stream.read_exact(&mut [0]);
            return false;
        }
        let Some(request) = read_request(stream) else { return false };
        received(request.clone());
        let value = match request["method"].as_str().unwrap() {
            "getBlockHeight" => 12.into(),
            _ => Signature::default().to_string().into(),
        };
        let body = match self {
            Refuse => error(&request, -32_003, "Transaction signature verification failure"),
            _ => result(&request, value),
        };
        let body = body.to_string();
        let (length, half) = (body.len(), &body[..20]);
        let answer = match self {
            Answer | Refuse => {
                format!("HTTP/1.1 200 OK\r\nconnection: keep-alive\r\ncontent-length: {length}\r\n\r\n{body}")
            }
            LastAnswer => format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"),
            RateLimit => "HTTP/1.1 429 Too Many Requests\r\nretry-after: 0\r\ncontent-length: 0\r\n\r\n".to_owned(),
            Timeout => "HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n".to_owned(),
            HalfHead => "HTTP/1.1 200 OK\r\nconnec".to_owned(),
            HalfBody => format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{half}"),
            HalfChunk => format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{length:x}\r\n{half}"),
            Ignore | Reset | Wait => String::new(),
        };
        let is_open = stream.write_all(answer.as_bytes()).is_ok();
        if let Wait | LastAnswer = self {
            // Blocks until the client closes it.
            let _ = stream.read(&mut [0]);
        }
        if let Ignore = self {
            let _ = stream.shutdown(Shutdown::Both);
        }
        is_open
    }
}

#[tokio::test]
async fn repeats_request_on_closed_connection() {
    // The endpoint closes each connection when it has received the second request, or sooner.
    for kept in [&[Answer, Ignore] as &[_], &[Answer, Reset], &[Answer, HalfHead], &[Answer, Timeout], &[Answer]] {
        let endpoint = Scripted::new(&[kept]);
        let cluster = endpoint.cluster();
        for number in 0..MANY {
            let height = cluster.block_height().await;
            assert_eq!(height.unwrap_or_else(|error| panic!("{kept:?}, {number}: {error}")), 12);
        }
    }
}

#[tokio::test]
async fn repeats_request_after_pause_on_closed_connection() {
    for limited in [&[RateLimit] as &[_], &[RateLimit, Ignore], &[RateLimit, Reset]] {
        for _ in 0..MANY / 10 {
            let endpoint = Scripted::new(&[limited, &[Answer]]);
            assert_eq!(endpoint.cluster().block_height().await.unwrap(), 12, "{limited:?}");
        }
    }
}

#[tokio::test]
async fn lost_connection_keeps_repeat_limit() {
    let endpoint = Scripted::new(&[&[RateLimit, Ignore], &[RateLimit]]);
    let limited = endpoint.cluster().block_height().await.unwrap_err();
    assert!(matches!(limited, ClusterError::RateLimited { .. }), "{limited}");
    // One request, five repeats after a pause, and one at once.
    assert!(endpoint.requests().len() <= 7, "{}", endpoint.requests().len());
}

#[tokio::test]
async fn repeats_request_once_after_lost_connection() {
    for lost in LOSSES {
        let endpoint = Scripted::new(&[lost, &[Answer]]);
        let height = endpoint.cluster().block_height().await;
        assert_eq!(height.unwrap_or_else(|error| panic!("{lost:?}: {error}")), 12);
        assert_eq!(endpoint.opened(), 2, "{lost:?}");

        let endpoint = Scripted::new(&[lost]);
        let error = endpoint.cluster().block_height().await.unwrap_err();
        assert!(matches!(error, ClusterError::Unreachable { .. }) && error.is_transient(), "{lost:?}: {error}");
        assert_eq!(endpoint.opened(), 2, "{lost:?}");
    }
}

#[tokio::test]
async fn reports_lost_connection() {
    let error = Scripted::new(&[&[Ignore]]).cluster().block_height().await.unwrap_err();
    assert!(error.to_string().contains("connection closed before message completed"), "{error}");
}

#[tokio::test]
async fn timeout_includes_repeat() {
    let scripts: [([&[Step]; 2], _); 3] =
        [([&[Wait], &[Wait]], 1), ([&[Ignore], &[Wait]], 2), ([&[Wait], &[Answer]], 1)];
    join_all(scripts.map(|(script, opened)| async move {
        let endpoint = Scripted::new(&script);
        let cluster = RpcCluster::with_timeout(endpoint.url.clone(), Confirmation::Confirmed, SHORT);
        let began = Instant::now();
        let error = cluster.block_height().await.unwrap_err();
        assert!(matches!(error, ClusterError::Unreachable { .. }), "{error}");
        assert!((SHORT..2 * SHORT).contains(&began.elapsed()), "{:?}", began.elapsed());
        assert_eq!(endpoint.opened(), opened);
    }))
    .await;
}

#[tokio::test]
async fn does_not_reuse_closing_connection() {
    let endpoint = Scripted::new(&[&[LastAnswer]]);
    let cluster = endpoint.cluster();
    for _ in 0..3 {
        assert_eq!(cluster.block_height().await.unwrap(), 12);
    }
    assert_eq!((endpoint.opened(), endpoint.requests().len()), (3, 3));
}

#[tokio::test]
async fn repeats_same_signed_transaction() {
    for lost in [&[Ignore] as &[_], &[HalfHead], &[HalfBody], &[HalfChunk], &[Timeout]] {
        let endpoint = Scripted::new(&[lost, &[Answer]]);
        let sent = endpoint.cluster().send(&transaction()).await;
        assert_eq!(sent.unwrap_or_else(|error| panic!("{lost:?}: {error}")), Signature::default());
        let [first, second] = endpoint.requests().try_into().unwrap();
        assert_eq!(first, second);
    }
}

#[tokio::test]
async fn refused_repeat_leaves_outcome_unknown() {
    let refused = Scripted::new(&[&[Refuse]]).cluster().send(&transaction()).await.unwrap_err();
    assert!(matches!(refused, ClusterError::TransactionRefused { .. }), "{refused}");
    for lost in LOSSES {
        let open = Scripted::new(&[lost, &[Refuse]]).cluster().send(&transaction()).await.unwrap_err();
        assert!(matches!(open, ClusterError::Unreachable { .. }), "{lost:?}: {open}");
    }
}

#[tokio::test]
async fn does_not_repeat_non_idempotent_request() {
    for lost in LOSSES {
        let endpoint = Scripted::new(&[lost, &[Answer]]);
        let params = json!([Address::default().to_string(), 1]);
        let drop = endpoint.cluster().client().send::<String>(RpcRequest::RequestAirdrop, params).await;
        drop.unwrap_err();
        assert_eq!(endpoint.opened(), 1, "{lost:?}");
    }
}
