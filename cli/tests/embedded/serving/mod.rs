//! `tidepool serve`: every route over real connections, in front of the embedded cluster.

mod actions;
mod api;
mod hostile;
mod load;
mod pages;
mod visitors;

use {
    super::{
        harness::Stage,
        hooked::{Call, Hooked},
    },
    serde_json::Value,
    std::{
        net::SocketAddr,
        sync::atomic::{AtomicBool, AtomicUsize, Ordering},
        time::Duration,
    },
    tidepool_client::{
        cluster::{Cluster, ClusterError},
        send::Stop,
    },
    tidepool_serve::{Options, Server},
    tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpStream,
    },
};

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    head: String,
    pub body: Vec<u8>,
}

impl Answer {
    fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("the head ends");
        let head = String::from_utf8(bytes[..end].to_vec()).expect("heads are text");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        Self { status, head, body: bytes[end + 4..].to_vec() }
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The sentence of a problem.
    pub fn message(&self) -> String {
        self.json()["message"].as_str().expect("a message").to_owned()
    }
}

/// Sends a request as it is, and returns the answer.
pub async fn raw(address: SocketAddr, request: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    // The server may answer, and close, before it has read everything.
    let _ = stream.write_all(request).await;
    let mut bytes = vec![];
    let _ = stream.read_to_end(&mut bytes).await;
    Answer::parse(&bytes)
}

/// A request with headers, `name: value` each, and a body.
pub async fn ask(address: SocketAddr, method: &str, path: &str, headers: &[&str], body: &str) -> Answer {
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    let length = body.len();
    let head = format!("{method} {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n{headers}");
    raw(address, format!("{head}content-length: {length}\r\n\r\n{body}").as_bytes()).await
}

pub async fn get(address: SocketAddr, path: &str) -> Answer {
    ask(address, "GET", path, &[], "").await
}

pub async fn post(address: SocketAddr, path: &str, body: &Value) -> Answer {
    ask(address, "POST", path, &["content-type: application/json"], &body.to_string()).await
}

/// Serves a pool while `visit` runs, then stops.
pub async fn serve<C: Cluster, T>(
    cluster: &C,
    pool: &str,
    change: impl FnOnce(&mut Options),
    visit: impl AsyncFnOnce(SocketAddr) -> T,
) -> T {
    let mut options = Options {
        listen: "127.0.0.1:0".into(),
        // Once, unless a test changes it.
        refresh: Duration::from_secs(3_600),
        ..Options::new(pool.parse().expect("an address"))
    };
    change(&mut options);
    let server = Server::start(cluster, options).await.unwrap_or_else(|error| panic!("{error}"));
    let (address, stop) = (server.address(), Stop::default());
    let visiting = async {
        let visited = visit(address).await;
        stop.request();
        visited
    };
    let (served, visited) = tokio::join!(server.run(cluster, &stop), visiting);
    served.unwrap_or_else(|error| panic!("{error}"));
    visited
}

/// Serves a pool of the stage.
pub async fn visit<T>(stage: &Stage, pool: &str, visit: impl AsyncFnOnce(SocketAddr) -> T) -> T {
    serve(&stage.cluster, pool, |_| {}, visit).await
}

/// Asks until the answer is as wanted.
pub async fn until(address: SocketAddr, path: &str, is_wanted: impl Fn(&Answer) -> bool) -> Answer {
    loop {
        let answer = get(address, path).await;
        if is_wanted(&answer) {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Counts requests to a cluster, which can fail.
#[derive(Default)]
pub struct Endpoint {
    pub requests: AtomicUsize,
    pub is_down: AtomicBool,
}

impl Endpoint {
    pub fn count(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    /// A cluster behind this endpoint.
    pub fn of<'a>(
        &'a self,
        stage: &'a Stage,
    ) -> Hooked<'a, impl Fn(Call) -> Result<(), ClusterError> + Send + Sync + use<'a>> {
        let before = move |_| {
            self.requests.fetch_add(1, Ordering::Relaxed);
            if self.is_down.load(Ordering::Relaxed) {
                return Err(ClusterError::Unreachable { detail: "secret-key in the URL".into() });
            }
            Ok(())
        };
        Hooked { cluster: &stage.cluster, before }
    }
}
