//! HTTP requests to an endpoint that may be faulty or hostile.
//!
//! The default transport of the RPC client follows redirects, reads bodies of any length, and waits up to ten minutes
//! for one request. This one accepts a response only from the given URL, to the request sent, in time, and up to a size
//! limit.
//!
//! Redirects are not followed. HTTP clients turn a POST redirected with 301, 302 or 303 into a GET without a body,
//! which no JSON-RPC endpoint serves. After 307 and 308 they would send a signed transaction to a host that the user
//! did not name.

use {
    super::{
        answer::{body_text, invalid_response, result_of},
        error::{from_status, is_rate_limit, unanswered, wrap},
        retry_after::retry_after,
    },
    async_trait::async_trait,
    serde_json::Value,
    solana_rpc_client::{
        http_sender::HttpSender,
        rpc_sender::{RpcSender, RpcTransportStats},
    },
    solana_rpc_client_api::{
        client_error::{
            Error, ErrorKind, Result,
            reqwest::{self, Client, ClientBuilder, Response, StatusCode, header::CONTENT_TYPE, redirect::Policy},
        },
        request::{RpcError, RpcRequest},
    },
    std::{
        sync::atomic::{AtomicU64, Ordering},
        time::Duration,
    },
    tokio::time::{Instant, sleep},
};

/// Most bytes of a response body that are read, after decompression. The longest expected one holds some thousand
/// lookup tables.
pub(super) const MAX_BYTES: usize = 64 << 20;

/// Most bytes of an HTTP error's body that are read.
const MAX_ERROR_BYTES: usize = 64 << 10;

/// Most repeats of a request that was rate-limited.
const MAX_REPEATS: u32 = 5;

/// Pause before such a repeat, if the endpoint names none.
const PAUSE: Duration = Duration::from_millis(500);

/// Time for which an idle connection is kept. It is less than the usual 5 seconds of servers, so that the client closes
/// first.
const IDLE: Duration = Duration::from_secs(4);

/// One endpoint.
pub(super) struct Transport {
    /// Reuses connections.
    pooled: Client,
    /// Opens a connection for each request. Other idle connections of the pool may be closed too.
    unpooled: Client,
    url: String,
    /// Timeout of a request, its repeats included.
    timeout: Duration,
    next_id: AtomicU64,
}

/// Error of one attempt at a request.
struct Failure {
    error: Error,
    repeat: Repeat,
}

/// Whether a request is repeated at once.
enum Repeat {
    Never,
    /// The endpoint closed the connection before its response was complete. It may have received the request.
    OnNewConnection,
    /// The endpoint limits the rate of requests: repeat after this time.
    After(Duration),
}

impl Failure {
    fn final_of(error: Error) -> Self {
        Self { error, repeat: Repeat::Never }
    }

    /// A request whose response did not arrive.
    fn of_http(error: reqwest::Error) -> Self {
        // A failed connect was on a new connection already, and a timeout leaves no time for a repeat.
        let is_final = error.is_builder() || error.is_connect() || error.is_timeout();
        let repeat = if is_final { Repeat::Never } else { Repeat::OnNewConnection };
        Self { error: wrap(unanswered(error)), repeat }
    }

    /// A response with an HTTP error status, and its body.
    fn of_status(status: StatusCode, body: &[u8], wait: Option<Duration>, id: u64) -> Self {
        let error = match result_of(body, id) {
            // Servers may give JSON-RPC errors an HTTP status of their own. The status of a gateway is more specific
            // than its code.
            Err(error) if !is_of_gateway(status) && is_json_rpc(&error) => error,
            _ => wrap(from_status(status, &body_text(body), wait)),
        };
        let repeat = match (status, wait) {
            // Load balancers send this on an idle connection before they close it.
            (StatusCode::REQUEST_TIMEOUT, _) => Repeat::OnNewConnection,
            (StatusCode::SERVICE_UNAVAILABLE, Some(wait)) => Repeat::After(wait),
            _ if is_rate_limit(&error) => Repeat::After(wait.unwrap_or(PAUSE)),
            _ => Repeat::Never,
        };
        Self { error, repeat }
    }
}

fn is_json_rpc(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::TransactionError(_) | ErrorKind::RpcError(RpcError::RpcResponseError { .. }))
}

/// Whether a status concerns the HTTP request alone, not the JSON-RPC request in it.
fn is_of_gateway(status: StatusCode) -> bool {
    status.is_redirection()
        || matches!(
            status,
            StatusCode::UNAUTHORIZED
                | StatusCode::PAYMENT_REQUIRED
                | StatusCode::FORBIDDEN
                | StatusCode::NOT_FOUND
                | StatusCode::REQUEST_TIMEOUT
                | StatusCode::PAYLOAD_TOO_LARGE
                | StatusCode::TOO_MANY_REQUESTS
        )
}

impl Transport {
    pub fn new(url: String, timeout: Duration) -> Self {
        let client = || {
            Client::builder()
                .default_headers(HttpSender::default_headers())
                // A signed transaction goes only to the endpoint that the user named.
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

    /// Sends the request `body` with the id `id` until it is answered. It repeats:
    ///
    /// * after a pause, if the endpoint limits the rate of requests and the timeout leaves time for it;
    /// * at once on a new connection, once and only if `is_idempotent`, if the connection was lost. Endpoints close
    ///   idle connections, and the client cannot tell whether the request was received before the close.
    ///
    /// An error includes that of the lost connection, if there was one.
    async fn ask(
        &self,
        body: &str,
        id: u64,
        is_idempotent: bool,
    ) -> std::result::Result<Value, (Error, Option<Error>)> {
        let end = Instant::now() + self.timeout;
        let (mut client, mut lost, mut limited, mut pauses) = (&self.pooled, None, None, 0);
        loop {
            let Failure { error, repeat } = match self.attempt(client, body, id, end).await {
                Ok(result) => return Ok(result),
                Err(failure) => failure,
            };
            match repeat {
                Repeat::After(pause)
                    if pauses < MAX_REPEATS && pause < end.saturating_duration_since(Instant::now()) =>
                {
                    pauses += 1;
                    limited = Some(error);
                    sleep(pause).await;
                }
                Repeat::OnNewConnection if is_idempotent && lost.is_none() => {
                    lost = Some(error);
                    client = &self.unpooled;
                }
                // The end of the time limit says less than the answer before it.
                _ => return Err((limited.filter(|_| Instant::now() >= end).unwrap_or(error), lost)),
            }
        }
    }

    /// Sends the request `body` once, and reads the response until `end`.
    async fn attempt(&self, client: &Client, body: &str, id: u64, end: Instant) -> std::result::Result<Value, Failure> {
        let left = end.saturating_duration_since(Instant::now());
        let request = client.post(&self.url).header(CONTENT_TYPE, "application/json").timeout(left);
        let response = request.body(body.to_owned()).send().await.map_err(Failure::of_http)?;
        let (status, wait) = (response.status(), retry_after(response.headers()));
        if status.is_success() {
            let body = read(response, MAX_BYTES).await?;
            result_of(&body, id).map_err(|error| {
                let is_limit = is_rate_limit(&error);
                let repeat = if is_limit { Repeat::After(wait.unwrap_or(PAUSE)) } else { Repeat::Never };
                Failure { error, repeat }
            })
        } else {
            // The status is known even if the body cannot be read.
            let body = read(response, MAX_ERROR_BYTES).await.unwrap_or_default();
            Err(Failure::of_status(status, &body, wait, id))
        }
    }
}

#[async_trait]
impl RpcSender for Transport {
    async fn send(&self, request: RpcRequest, params: Value) -> Result<Value> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let body = request.build_request_json(id, params).to_string();
        self.ask(&body, id, is_idempotent(request)).await.map_err(|(error, lost)| match lost {
            // The endpoint may have received the first copy, and may refuse the second for that reason.
            Some(lost) if request == RpcRequest::SendTransaction => lost,
            _ => error,
        })
    }

    fn get_transport_stats(&self) -> RpcTransportStats {
        RpcTransportStats::default()
    }

    fn url(&self) -> String {
        self.url.clone()
    }
}

/// Whether receiving the request twice has the effect of receiving it once. A signed transaction lands once.
fn is_idempotent(request: RpcRequest) -> bool {
    !matches!(
        request,
        RpcRequest::Custom { .. } | RpcRequest::DeregisterNode | RpcRequest::RegisterNode | RpcRequest::RequestAirdrop
    )
}

async fn read(mut response: Response, most: usize) -> std::result::Result<Vec<u8>, Failure> {
    let mut bytes = vec![];
    while let Some(chunk) = response.chunk().await.map_err(Failure::of_http)? {
        if bytes.len() + chunk.len() > most {
            return Err(Failure::final_of(invalid_response(format!("it is longer than {most} bytes"))));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
