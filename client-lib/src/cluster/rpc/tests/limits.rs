//! Endpoints that serve fewer items per request than the protocol allows.

use {
    super::*,
    std::sync::{
        Arc, Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

/// Forms in which endpoints refuse a request for its size.
const REFUSALS: [(&str, &str); 7] = [
    ("413 Payload Too Large", "<html></html>"),
    ("400 Bad Request", r#"{"error":"Too many accounts"}"#),
    ("413 Payload Too Large", r#"{"jsonrpc":"2.0","id":0,"error":{"code":-32602,"message":"limit"}}"#),
    ("200 OK", r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32602,"message":"Too many inputs provided; max 5"}}"#),
    ("200 OK", r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32602,"message":"Invalid params"}}"#),
    ("200 OK", r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"request is too large"}}"#),
    ("200 OK", r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32603,"message":"number of keys exceeds 5"}}"#),
];

/// An endpoint that serves `most` items per request, each in the slot that `slot` returns. It records the sizes of
/// requests, with the first item of each.
struct Limited {
    cluster: RpcCluster,
    sizes: Arc<Mutex<Vec<(usize, String)>>>,
}

impl Limited {
    fn new(most: usize, refusal: (&'static str, &'static str), slot: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let sizes: Arc<Mutex<Vec<(usize, String)>>> = Arc::default();
        let (asked, slot) = (sizes.clone(), Arc::new(slot));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (asked, slot) = (asked.clone(), slot.clone());
                thread::spawn(move || {
                    let mut stream = stream.unwrap();
                    while let Some(request) = read_request(&mut stream) {
                        let items = request["params"][0].as_array().unwrap();
                        asked.lock().unwrap().push((items.len(), items[0].as_str().unwrap().to_owned()));
                        let value = match request["method"].as_str().unwrap() {
                            "getMultipleAccounts" => items.iter().map(account).collect(),
                            _ => vec![Value::Null; items.len()],
                        };
                        let body =
                            result(&request, json!({ "context": { "slot": slot() }, "value": value })).to_string();
                        let (status, body) = if items.len() > most { refusal } else { ("200 OK", body.as_str()) };
                        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
                        // In one write: the second of two would wait for the acknowledgement of the first.
                        let _ = stream.write_all(answer.as_bytes());
                    }
                });
            }
        });
        Self { cluster: RpcCluster::new(url), sizes }
    }

    fn sizes(&self) -> Vec<usize> {
        std::mem::take(&mut *self.sizes.lock().unwrap()).into_iter().map(|(size, _)| size).collect()
    }

    /// Those of requests for these addresses: the endpoint can still be reading requests that were given up before.
    fn sizes_of(&self, addresses: &[Address]) -> Vec<usize> {
        let asked = self.sizes.lock().unwrap();
        let of_these = |first: &str| addresses.iter().any(|address| address.to_string() == first);
        asked.iter().filter(|(_, first)| of_these(first)).map(|(size, _)| *size).collect()
    }
}

fn account(address: &Value) -> Value {
    let data = BASE64_STANDARD.encode(address.as_str().unwrap());
    json!({ "lamports": 7, "owner": "11111111111111111111111111111111", "data": [data, "base64"] })
}

fn addresses(count: usize) -> Vec<Address> {
    (0..count).map(|_| Address::new_unique()).collect()
}

#[track_caller]
fn check(addresses: &[Address], accounts: Result<Vec<Option<Account>>, ClusterError>) {
    let accounts = accounts.unwrap();
    assert_eq!(accounts.len(), addresses.len());
    for (address, account) in addresses.iter().zip(accounts) {
        assert_eq!(account.unwrap().data, address.to_string().into_bytes());
    }
}

#[tokio::test]
async fn halves_requests_and_remembers_size() {
    for refusal in REFUSALS {
        for (most, served) in [(1, 1), (5, 3), (75, 50), (99, 50), (100, 100)] {
            let endpoint = Limited::new(most, refusal, || 1);
            let (first, then) = (addresses(230), addresses(230));
            check(&first, endpoint.cluster.accounts(&first).await);
            check(&then, endpoint.cluster.accounts(&then).await);
            let sizes = endpoint.sizes_of(&then);
            assert!(
                sizes.iter().all(|size| *size <= served) && sizes.contains(&served),
                "{refusal:?} {most}: {sizes:?}"
            );
            assert_eq!(sizes.len(), then.len().div_ceil(served));
        }
    }
}

#[tokio::test]
async fn halves_requests_for_statuses() {
    let endpoint = Limited::new(100, REFUSALS[0], || 1);
    assert_eq!(endpoint.cluster.statuses(&[Signature::default(); 600]).await.unwrap().len(), 600);
    endpoint.sizes();
    endpoint.cluster.statuses(&[Signature::default(); 600]).await.unwrap();
    let mut sizes = endpoint.sizes();
    sizes.sort();
    assert_eq!(sizes, [&[24], [64; 9].as_slice()].concat());
}

#[tokio::test]
async fn refusal_of_single_account_is_final() {
    let endpoint = Limited::new(0, REFUSALS[0], || 1);
    let error = endpoint.cluster.accounts(&addresses(100)).await.unwrap_err();
    assert!(matches!(error, ClusterError::Refused { .. }) && !error.is_transient(), "{error}");
    assert_eq!(endpoint.sizes().into_iter().min(), Some(1));
    // An ambiguous error is not about the size if a single account is requested.
    let error = Limited::new(0, REFUSALS[6], || 1).cluster.accounts(&addresses(100)).await.unwrap_err();
    assert!(matches!(error, ClusterError::Unreachable { .. }), "{error}");
}

#[tokio::test]
async fn keeps_served_size_after_one_refusal() {
    let most = Arc::new(AtomicUsize::new(100));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (allowed, sizes) = (most.clone(), Arc::new(Mutex::new(vec![])));
    let asked = sizes.clone();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let Some(request) = read_request(&mut stream) else { continue };
            let items = request["params"][0].as_array().unwrap();
            asked.lock().unwrap().push(items.len());
            let value: Vec<_> = items.iter().map(account).collect();
            let body = result(&request, json!({ "context": { "slot": 1 }, "value": value })).to_string();
            let is_refused = items.len() > allowed.load(Ordering::Relaxed);
            let (status, body) = if is_refused { ("413 No", "") } else { ("200 OK", body.as_str()) };
            let head = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length");
            let _ = write!(stream, "{head}: {}\r\n\r\n{body}", body.len());
        }
    });
    let (cluster, addresses) = (RpcCluster::new(url), addresses(100));
    check(&addresses, cluster.accounts(&addresses).await);
    most.store(30, Ordering::Relaxed);
    check(&addresses, cluster.accounts(&addresses).await);
    most.store(100, Ordering::Relaxed);
    sizes.lock().unwrap().clear();
    check(&addresses, cluster.accounts(&addresses).await);
    assert_eq!(*sizes.lock().unwrap(), [100]);
}

#[tokio::test]
async fn reads_until_all_requests_share_slot() {
    // The slot changes with each of the first requests, then stays.
    let requests = AtomicU64::new(0);
    let endpoint = Limited::new(5, REFUSALS[0], move || requests.fetch_add(1, Ordering::Relaxed).min(8));
    let addresses = addresses(11);
    check(&addresses, endpoint.cluster.accounts_of_one_slot(&addresses).await);
    // One refusal, and four attempts of three requests.
    assert_eq!(endpoint.sizes().len(), 1 + 4 * 3);
}

#[tokio::test]
async fn reports_changing_slot() {
    let slot = AtomicU64::new(0);
    let endpoint = Limited::new(5, REFUSALS[0], move || slot.fetch_add(1, Ordering::Relaxed));
    let addresses = addresses(11);
    let error = endpoint.cluster.accounts_of_one_slot(&addresses).await.unwrap_err();
    assert!(matches!(error, ClusterError::SlotChanged { wanted: 11, served: 5 }) && error.is_transient(), "{error}");
    // Requests that need no common slot are served.
    check(&addresses, endpoint.cluster.accounts(&addresses).await);
    check(&addresses[..5], endpoint.cluster.accounts_of_one_slot(&addresses[..5]).await);
}
