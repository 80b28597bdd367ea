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
            ErrorKind, Result,
            reqwest::{
                Client, Response, StatusCode,
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

/// One endpoint.
pub(super) struct Transport {
    client: Client,
    url: String,
    /// Time that a request has in all, with its repeats.
    timeout: Duration,
    next_id: AtomicU64,
}

impl Transport {
    pub fn new(url: String, timeout: Duration) -> Self {
        let client = Client::builder()
            .default_headers(HttpSender::default_headers())
            .pool_idle_timeout(timeout)
            // A signed transaction goes to the endpoint that was named, and nowhere else.
            .redirect(Policy::none())
            .build()
            .expect("TLS needs nothing of the system");
        Self { client, url, timeout, next_id: AtomicU64::new(0) }
    }

    /// Asks, and asks again where the endpoint is asked too often and there is time for it.
    async fn ask(&self, body: &str) -> Result<Response> {
        let end = Instant::now() + self.timeout;
        let mut repeats = 0;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let request = self.client.post(&self.url).header(CONTENT_TYPE, "application/json").timeout(left);
            let response = request.body(body.to_owned()).send().await?;
            let pause = pause_before_repeat(&response);
            let is_in_time = pause < end.saturating_duration_since(Instant::now());
            if response.status() != StatusCode::TOO_MANY_REQUESTS || repeats == MOST_REPEATS || !is_in_time {
                return Ok(response);
            }
            repeats += 1;
            sleep(pause).await;
        }
    }
}

#[async_trait]
impl RpcSender for Transport {
    async fn send(&self, request: RpcRequest, params: Value) -> Result<Value> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let response = self.ask(&request.build_request_json(id, params).to_string()).await?;
        if response.status().is_redirection() {
            let detail =
                "it redirects to another URL, and nothing is sent where you did not say: give that URL instead";
            return Err(RpcError::ForUser(detail.into()).into());
        }
        result_of(&read(response.error_for_status()?).await?, id)
    }

    fn get_transport_stats(&self) -> RpcTransportStats {
        RpcTransportStats::default()
    }

    fn url(&self) -> String {
        self.url.clone()
    }
}

/// Time for which the endpoint wants to be left alone.
fn pause_before_repeat(response: &Response) -> Duration {
    let wanted = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    wanted.map_or(PAUSE, Duration::from_secs)
}

async fn read(mut response: Response) -> Result<Vec<u8>> {
    let mut bytes = vec![];
    loop {
        // It broke off, which it may not do the next time.
        let chunk = response.chunk().await.map_err(|error| ErrorKind::Io(io::Error::other(error.without_url())))?;
        let Some(chunk) = chunk else { return Ok(bytes) };
        if bytes.len() + chunk.len() > MOST_BYTES {
            return Err(nonsense(format!("it is longer than {MOST_BYTES} bytes")));
        }
        bytes.extend_from_slice(&chunk);
    }
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

fn refusal(mut error: Value) -> solana_rpc_client_api::client_error::Error {
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
fn nonsense(detail: String) -> solana_rpc_client_api::client_error::Error {
    RpcError::RpcRequestError(detail).into()
}
