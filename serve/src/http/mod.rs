//! HTTP: connections with bounds, and the routes.

mod actions;
mod api;
mod asset;
mod body;
mod client;
mod connections;
mod headers;
mod limiter;
pub mod metrics;
mod pages;

pub use {
    asset::{SCRIPT, STYLE},
    body::Body,
};

use {
    crate::{problem::Problem, site::Site, worker::Job},
    axum::{
        Router,
        extract::{Request, State},
        http::{HeaderValue, StatusCode, header},
        middleware::{self, Next},
        response::{IntoResponse as _, Response},
        routing::get,
    },
    client::Peer,
    connections::Clients,
    limiter::Limiter,
    metrics::Metrics,
    std::{
        io,
        net::TcpListener as StdListener,
        sync::{Arc, Mutex, PoisonError},
        time::{Duration, Instant},
    },
    tokio::{
        net::TcpListener,
        sync::{Semaphore, mpsc, oneshot, watch},
        time::{sleep, timeout},
    },
};

/// Connections at a time. More wait in the system's queue.
const CONNECTIONS: usize = 2_048;

/// Time after which it listens again where the system refused a connection.
const AFTER_REFUSAL: Duration = Duration::from_millis(100);

/// What all requests share.
#[derive(Clone)]
pub struct Shared {
    site: watch::Receiver<Arc<Site>>,
    jobs: mpsc::Sender<Job>,
    limiter: Arc<Mutex<Limiter>>,
    metrics: Metrics,
    behind_proxy: bool,
}

impl Shared {
    /// What the requests to a server share.
    pub fn new(
        site: watch::Receiver<Arc<Site>>,
        jobs: mpsc::Sender<Job>,
        metrics: Metrics,
        behind_proxy: bool,
    ) -> Self {
        Self { site, jobs, limiter: Arc::default(), metrics, behind_proxy }
    }

    fn site(&self) -> Arc<Site> {
        Arc::clone(&self.site.borrow())
    }

    /// Takes `cost` from what a client may ask for.
    fn admit(&self, client: &Peer, cost: u32) -> Result<(), Problem> {
        let mut limiter = self.limiter.lock().unwrap_or_else(PoisonError::into_inner);
        limiter.take(client.group(), cost, Instant::now()).map_err(Problem::too_often)
    }

    /// Has a job done for a client.
    async fn work<T>(
        &self,
        client: &Peer,
        job: impl FnOnce(oneshot::Sender<Result<T, Problem>>) -> Job,
    ) -> Result<T, Problem> {
        self.admit(client, limiter::JOB)?;
        let (reply, done) = oneshot::channel();
        self.jobs.try_send(job(reply)).map_err(|_| Problem::busy())?;
        done.await.unwrap_or_else(|_| Err(Problem::busy()))
    }
}

fn router(shared: Shared) -> Router {
    Router::new()
        .route("/", get(pages::index))
        .route("/validators", get(pages::validators))
        .route("/quote", get(pages::quote))
        .route("/health", get(health))
        .route("/metrics", get(page_of_metrics))
        .route("/assets/{name}", get(asset::get))
        .merge(actions::routes(&shared))
        .merge(api::routes())
        .fallback(pages::not_found)
        .layer(middleware::from_fn_with_state(shared.clone(), watched))
        .with_state(shared)
}

/// Counts a request, and adds the headers of every answer.
async fn watched(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let route = metrics::route(request.uri().path());
    let began = Instant::now();
    let mut response = next.run(request).await;
    headers::secure(response.headers_mut());
    shared.metrics.answered(route, response.status(), began.elapsed());
    response
}

async fn health(State(shared): State<Shared>) -> Response {
    let site = shared.site();
    let status = if site.is_current() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let text = if site.is_current() { "ok\n" } else { "the pool cannot be read\n" };
    (status, [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], text).into_response()
}

async fn page_of_metrics(State(shared): State<Shared>) -> Response {
    let kind = HeaderValue::from_static(prometheus::TEXT_FORMAT);
    ([(header::CONTENT_TYPE, kind)], shared.metrics.text()).into_response()
}

/// Serves on a thread of its own, until `stopped` says true and open requests are finished.
///
/// # Errors
/// Errors of the system when it starts.
pub fn serve(listener: StdListener, shared: Shared, stopped: watch::Receiver<bool>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async { accept(TcpListener::from_std(listener)?, shared, stopped).await })
}

async fn accept(listener: TcpListener, shared: Shared, mut stopped: watch::Receiver<bool>) -> io::Result<()> {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let clients = Clients::default();
    let (metrics, behind_proxy) = (shared.metrics.clone(), shared.behind_proxy);
    let router = router(shared);
    let until = stopped.clone();
    loop {
        let accepted = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (listener.accept().await, place)
        };
        let (accepted, place) = tokio::select! {
            accepted = accepted => accepted,
            _ = stopped.wait_for(|stopped| *stopped) => break,
        };
        let Ok((stream, address)) = accepted else {
            sleep(AFTER_REFUSAL).await;
            continue;
        };
        // All connections of a proxy have its address.
        let of_client = if behind_proxy { None } else { Some(clients.enter(address)) };
        if matches!(of_client, Some(None)) {
            metrics.refused();
            continue;
        }
        let connection = connections::converse(stream, address, router.clone(), until.clone());
        let open = metrics.connection();
        tokio::spawn(async move {
            connection.await;
            drop((place, of_client, open));
        });
    }
    drop(listener);
    // All places are free when all connections have ended.
    let all = u32::try_from(CONNECTIONS).unwrap_or(u32::MAX);
    let _ = timeout(connections::GRACE, places.acquire_many(all)).await;
    Ok(())
}
