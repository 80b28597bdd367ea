//! A JSON-RPC endpoint over HTTP in front of the honest cluster, which may answer something else than the cluster does.

use {
    super::wire,
    serde_json::{Value, json},
    std::{
        io::{BufRead as _, BufReader, Read as _, Write as _},
        net::{TcpListener, TcpStream},
        sync::{
            Mutex,
            atomic::{AtomicBool, Ordering},
        },
        thread,
    },
    tidepool_embedded::EmbeddedCluster,
};

/// A request, by its method and parameters.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    pub params: Value,
    /// Its number, which the answer has to repeat.
    pub id: Value,
}

/// What is said to a request.
pub enum Reply {
    /// An answer of JSON-RPC.
    Json(Value),
    /// A whole answer of HTTP, or a part of one, after which the connection is closed.
    Raw(Vec<u8>),
}

/// What an endpoint makes of a request, and of the honest answer to it, which it asks for if it wants.
pub type Lie<'a> = &'a (dyn Fn(&Request, &dyn Fn() -> Value) -> Reply + Sync);

/// An endpoint while it serves.
pub struct Endpoint {
    pub url: String,
    requests: Mutex<Vec<Request>>,
    is_over: AtomicBool,
}

impl Endpoint {
    /// Serves with `lie` in front of `cluster` while `work` lasts.
    pub fn serve<T>(cluster: &EmbeddedCluster, lie: Lie<'_>, work: impl FnOnce(&Self) -> T) -> T {
        Self::serve_accepted(cluster, &|_| true, lie, work)
    }

    /// As [`Self::serve`], but closes each connection at once whose number, from 0, is not `accepted`.
    pub fn serve_accepted<T>(
        cluster: &EmbeddedCluster,
        accepted: &(dyn Fn(usize) -> bool + Sync),
        lie: Lie<'_>,
        work: impl FnOnce(&Self) -> T,
    ) -> T {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let endpoint =
            Self { url: format!("http://{address}"), requests: Mutex::default(), is_over: AtomicBool::default() };
        thread::scope(|scope| {
            let endpoint = &endpoint;
            scope.spawn(move || {
                for (number, stream) in listener.incoming().enumerate() {
                    if endpoint.is_over.load(Ordering::Relaxed) {
                        return;
                    }
                    let stream = stream.expect("a connection");
                    if !accepted(number) {
                        continue;
                    }
                    scope.spawn(move || endpoint.converse(&stream, cluster, lie));
                }
            });
            // What fails in it must not leave the listener waiting.
            let worked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(endpoint)));
            endpoint.is_over.store(true, Ordering::Relaxed);
            drop(TcpStream::connect(address));
            worked.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    /// The transactions that were handed over, each once however often it came.
    pub fn transactions(&self) -> Vec<String> {
        let requests = self.requests();
        let sent = requests.iter().filter(|request| request.method == "sendTransaction");
        let mut sent: Vec<_> = sent.map(|request| request.params[0].to_string()).collect();
        sent.sort();
        sent.dedup();
        sent
    }

    /// All requests, in the order in which they came.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("no poisoned lock").clone()
    }

    fn converse(&self, stream: &TcpStream, cluster: &EmbeddedCluster, lie: Lie<'_>) {
        let (mut reader, mut writer) = (BufReader::new(stream), stream);
        while let Some(asked) = read(&mut reader) {
            let request = Request {
                method: asked["method"].as_str().unwrap_or_default().to_owned(),
                params: asked["params"].clone(),
                id: asked["id"].clone(),
            };
            self.requests.lock().expect("no poisoned lock").push(request.clone());
            let honest = || {
                let mut answer = wire::answer(cluster, &request);
                answer["jsonrpc"] = json!("2.0");
                answer["id"] = asked["id"].clone();
                answer
            };
            match lie(&request, &honest) {
                Reply::Json(answer) => {
                    let body = answer.to_string();
                    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
                    if writer.write_all((head + &body).as_bytes()).is_err() {
                        return;
                    }
                }
                Reply::Raw(bytes) => {
                    // The client has closed the connection.
                    let _ = writer.write_all(&bytes);
                    let _ = stream.shutdown(std::net::Shutdown::Both);
                    return;
                }
            }
        }
    }
}

/// The body of the next request on a connection.
fn read(reader: &mut BufReader<&TcpStream>) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}
