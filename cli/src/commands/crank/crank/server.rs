//! Serves figures to Prometheus: one page, over HTTP.

use {
    crate::error::CliError,
    http_body_util::Full,
    hyper::{
        Method, Request, Response, StatusCode,
        body::{Bytes, Incoming},
        header::{CONTENT_TYPE, HeaderValue},
        server::conn::http1,
        service::service_fn,
    },
    hyper_util::rt::{TokioIo, TokioTimer},
    prometheus::{Encoder as _, Registry, TEXT_FORMAT, TextEncoder},
    std::{convert::Infallible, time::Duration},
    tokio::{
        net::{TcpListener, TcpStream},
        task::JoinHandle,
        time::sleep,
    },
};

/// Time after which it listens again where the system refused a connection.
const AFTER_REFUSAL: Duration = Duration::from_millis(200);

/// Serves until it is dropped.
pub struct Server(JoinHandle<()>);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Server {
    /// Listens on `address`, such as `127.0.0.1:9184`.
    pub async fn start(address: &str, registry: Registry) -> Result<Self, CliError> {
        let listener = TcpListener::bind(address).await.map_err(|error| {
            CliError::usage(format!(
                "cannot serve metrics at {address} ({error}): specify an address of this machine and a free port, such as \
                 --metrics 127.0.0.1:9184"
            ))
        })?;
        Ok(Self(tokio::spawn(serve(listener, registry))))
    }
}

async fn serve(listener: TcpListener, registry: Registry) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(converse(stream, registry.clone()))),
            Err(_) => sleep(AFTER_REFUSAL).await,
        }
    }
}

async fn converse(stream: TcpStream, registry: Registry) {
    let service = service_fn(|request| {
        let response = answer(&registry, &request);
        async { Ok::<_, Infallible>(response) }
    });
    // A client that disconnects is not an error.
    let _ = http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service).await;
}

fn answer(registry: &Registry, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    if request.uri().path() != "/metrics" {
        return plain(StatusCode::NOT_FOUND, "Metrics are at /metrics.\n");
    }
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return plain(StatusCode::METHOD_NOT_ALLOWED, "Only GET and HEAD are supported.\n");
    }
    let mut page = vec![];
    match TextEncoder::new().encode(&registry.gather(), &mut page) {
        Ok(()) => {
            let mut response = plain(StatusCode::OK, page);
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(TEXT_FORMAT));
            response
        }
        Err(error) => plain(StatusCode::INTERNAL_SERVER_ERROR, format!("Cannot encode the metrics: {error}\n")),
    }
}

fn plain(status: StatusCode, text: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(text.into()));
    *response.status_mut() = status;
    response
}
