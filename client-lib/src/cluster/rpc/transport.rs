//! Requests over HTTP, to an endpoint that may be broken, or worse.
//!
//! The usual transport of the client underneath follows redirects, reads a body of any length, and waits for as long as an
//! endpoint says, up to ten minutes for one request. Here an answer has to come from where it was asked for, to what was asked,
//! in time, and of a size that somebody may mean.

use {
    async_trait::async_trait,
    serde_json::Value,
    solana_rpc_client::{
        http_sender::HttpSender,
        rpc_sender::{RpcSender, RpcTransportStats},
    },
    solana_rpc_client_api::{
        client_error::{
            Error, ErrorKind, Result,
            reqwest::{
                self, Client, ClientBuilder, Response, StatusCode,
                header::{CONTENT_TYPE, RETRY_AFTER},
                redirect::Policy,
            },
        },
        custom_error::JSON_RPC_SERVER_ERROR_SEND_TRANSACTION_PREFLIGHT_FAILURE,
        error_object::RpcErrorObject,
        request::{RpcError, RpcRequest, RpcResponseErrorData},
    },
    std::{
        io,
        sync::atomic::{AtomicU64, Ordering},
        time::Duration,
    },
    tokio::time::{Instant, sleep},
};

/// Bytes of the longest answer that is read, unpacked. The longest that is asked for holds some thousand lookup tables.
pub(super) const MOST_BYTES: usize = 64 << 20;

/// How often a request is repeated that came too soon after others.
const MOST_REPEATS: u32 = 5;

/// Time after which it is, where the endpoint does not say.
const PAUSE: Duration = Duration::from_millis(500);

/// Time for which an unused connection is kept. Less than the usual 5 seconds of servers, so that the client closes first.
const IDLE: Duration = Duration::from_secs(4);

/// One endpoint.
pub(super) struct Transport {
    /// Reuses connections.
    pooled: Client,
    /// Opens a connection for each request. Other idle connections of the pool may be closed too.
    unpooled: Client,
    url: String,
    /// Time that a request has in all, with its repeats.
    timeout: Duration,
    next_id: AtomicU64,
}

/// The body of an answer.
struct Answer {
    bytes: Vec<u8>,
    /// Why the connection of the first attempt was lost, if it was.
    lost: Option<Error>,
}

/// Why one attempt at a request failed.
enum Failure {
    /// The endpoint closed the connection before its answer was complete. It may have received the request.
    ConnectionLost(Error),
    /// The endpoint limits the rate of requests.
    RateLimited { pause: Duration, error: Error },
    /// Anything else, which an immediate repeat does not mend.
    Other(Error),
}

impl Failure {
    /// What `error` means for a repeat, reported as `report` says.
    fn of_http(error: reqwest::Error, report: impl FnOnce(reqwest::Error) -> Error) -> Self {
        // A failed connect is that of a new connection, and a timeout leaves no time for a repeat.
        if error.is_builder() || error.is_connect() || error.is_timeout() {
            return Self::Other(report(error));
        }
        Self::ConnectionLost(report(error))
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::ConnectionLost(error) | Failure::RateLimited { error, .. } | Failure::Other(error) => error,
        }
    }
}

impl Transport {
    pub fn new(url: String, timeout: Duration) -> Self {
        let client = || {
            Client::builder()
                .default_headers(HttpSender::default_headers())
                // A signed transaction goes to the endpoint that was named, and nowhere else.
                .redirect(Policy::none())
        };
        let build = |builder: ClientBuilder| builder.build().expect("TLS needs nothing of the system");
        Self {
            pooled: build(client().pool_idle_timeout(IDLE)),
            unpooled: build(client().pool_max_idle_per_host(0)),
            url,
            timeout,
            next_id: AtomicU64::new(0),
        }
    }

    /// Sends the request `body` until it is answered. It repeats:
    ///
    /// * after a pause, where the endpoint limits the rate of requests and the timeout leaves time for it;
    /// * at once and on a new connection, once and only if `is_idempotent`, where the connection was lost. Endpoints close
    ///   idle connections, and the client cannot tell a request that crossed such a close from one that was received.
    async fn ask(&self, body: &str, is_idempotent: bool) -> Result<Answer> {
        let end = Instant::now() + self.timeout;
        let (mut client, mut lost, mut pauses) = (&self.pooled, None, 0);
        loop {
            match self.attempt(client, body, end).await {
                Ok(bytes) => return Ok(Answer { bytes, lost }),
                Err(Failure::RateLimited { pause, .. })
                    if pauses < MOST_REPEATS && pause < end.saturating_duration_since(Instant::now()) =>
                {
                    pauses += 1;
                    sleep(pause).await;
                }
                Err(Failure::ConnectionLost(error)) if is_idempotent && lost.is_none() => {
                    lost = Some(error);
                    client = &self.unpooled;
                }
                Err(failure) => return Err(failure.into()),
            }
        }
    }

    /// Sends the request `body` once, and reads the answer up to `end`.
    async fn attempt(&self, client: &Client, body: &str, end: Instant) -> std::result::Result<Vec<u8>, Failure> {
        let left = end.saturating_duration_since(Instant::now());
        let request = client.post(&self.url).header(CONTENT_TYPE, "application/json").timeout(left);
        let response =
            request.body(body.to_owned()).send().await.map_err(|error| Failure::of_http(error, Error::from))?;
        if response.status().is_redirection() {
            let detail =
                "it redirects to another URL, and nothing is sent where you did not say: give that URL instead";
            return Err(Failure::Other(RpcError::ForUser(detail.into()).into()));
        }
        let pause = pause_before_repeat(&response);
        match response.error_for_status() {
            Ok(response) => read(response).await,
            Err(error) => Err(match error.status() {
                Some(StatusCode::TOO_MANY_REQUESTS) => Failure::RateLimited { pause, error: error.into() },
                // Load balancers answer this on an idle connection before they close it.
                Some(StatusCode::REQUEST_TIMEOUT) => Failure::ConnectionLost(error.into()),
                _ => Failure::Other(error.into()),
            }),
        }
    }
}

#[async_trait]
impl RpcSender for Transport {
    async fn send(&self, request: RpcRequest, params: Value) -> Result<Value> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let answer = self.ask(&request.build_request_json(id, params).to_string(), is_idempotent(request)).await?;
        match (result_of(&answer.bytes, id), answer.lost) {
            // The endpoint may have received the first copy, and may refuse the second for that reason.
            (Err(_), Some(lost)) if request == RpcRequest::SendTransaction => Err(lost),
            (result, _) => result,
        }
    }

    fn get_transport_stats(&self) -> RpcTransportStats {
        RpcTransportStats::default()
    }

    fn url(&self) -> String {
        self.url.clone()
    }
}

/// Whether a request that is received twice has the effect of one. A signed transaction lands once.
fn is_idempotent(request: RpcRequest) -> bool {
    !matches!(
        request,
        RpcRequest::Custom { .. } | RpcRequest::DeregisterNode | RpcRequest::RegisterNode | RpcRequest::RequestAirdrop
    )
}

/// Time for which the endpoint wants to be left alone.
fn pause_before_repeat(response: &Response) -> Duration {
    let wanted = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    wanted.map_or(PAUSE, Duration::from_secs)
}

async fn read(mut response: Response) -> std::result::Result<Vec<u8>, Failure> {
    // Reported as I/O: `reqwest` calls each failure in a body a decoding error, a lost connection included.
    let report = |error: reqwest::Error| ErrorKind::Io(io::Error::other(error.without_url())).into();
    let mut bytes = vec![];
    while let Some(chunk) = response.chunk().await.map_err(|error| Failure::of_http(error, report))? {
        if bytes.len() + chunk.len() > MOST_BYTES {
            return Err(Failure::Other(nonsense(format!("it is longer than {MOST_BYTES} bytes"))));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// What the body `bytes` answers to the request `id`.
fn result_of(bytes: &[u8], id: u64) -> Result<Value> {
    let mut answer: Value =
        serde_json::from_slice(bytes).map_err(|error| nonsense(format!("it is no JSON: {error}")))?;
    let Some(object) = answer.as_object_mut() else { return Err(nonsense("it is no JSON object".into())) };
    let error = object.remove("error").filter(|error| !error.is_null());
    let answered = object.get("id").unwrap_or(&Value::Null);
    // Who could not read the request does not know its number either.
    if answered.as_u64() != Some(id) && !(error.is_some() && answered.is_null()) {
        return Err(nonsense("it is that of another request".into()));
    }
    match error {
        None => Ok(object.remove("result").unwrap_or(Value::Null)),
        Some(error) => Err(refusal(error)),
    }
}

fn refusal(mut error: Value) -> Error {
    let data = error.get_mut("data").map(Value::take).unwrap_or_default();
    let Ok(RpcErrorObject { code, message }) = serde_json::from_value(error) else {
        return nonsense("it is an error without a code or a message".into());
    };
    let data = match code {
        JSON_RPC_SERVER_ERROR_SEND_TRANSACTION_PREFLIGHT_FAILURE => serde_json::from_value(data)
            .map_or(RpcResponseErrorData::Empty, RpcResponseErrorData::SendTransactionPreflightFailure),
        _ => RpcResponseErrorData::Empty,
    };
    RpcError::RpcResponseError { code, message, data }.into()
}

/// An answer that makes no sense.
fn nonsense(detail: String) -> Error {
    RpcError::RpcRequestError(detail).into()
}
