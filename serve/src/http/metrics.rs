//! Figures for Prometheus.

use {
    crate::site::Site,
    axum::http::StatusCode,
    prometheus::{
        Encoder as _, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, Opts, Registry, TextEncoder,
        core::Collector,
    },
    std::time::{Duration, UNIX_EPOCH},
};

/// Bounds of the time for an answer, in seconds.
const BUCKETS: [f64; 7] = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10.0];

/// Figures of a server. Clones are the same.
#[derive(Clone)]
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    seconds: Histogram,
    connections: IntGauge,
    refused: IntCounter,
    jobs: IntCounterVec,
    read_at: IntGauge,
    read_failures: IntCounter,
}

/// An open connection; it counts until it is dropped.
pub struct Connection(IntGauge);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let registry = Registry::new();
        Self {
            requests: add(
                &registry,
                IntCounterVec::new(
                    Opts::new("tidepool_serve_requests_total", "HTTP requests, by route and status."),
                    &["route", "status"],
                ),
            ),
            seconds: add(
                &registry,
                Histogram::with_opts(
                    HistogramOpts::new(
                        "tidepool_serve_request_seconds",
                        "Time until the answer of an HTTP request, in seconds.",
                    )
                    .buckets(BUCKETS.to_vec()),
                ),
            ),
            connections: add(&registry, IntGauge::new("tidepool_serve_connections", "Open connections.")),
            refused: add(
                &registry,
                IntCounter::new(
                    "tidepool_serve_refused_connections_total",
                    "Connections of clients that have too many, closed at once.",
                ),
            ),
            jobs: add(
                &registry,
                IntCounterVec::new(
                    Opts::new("tidepool_serve_jobs_total", "Work at the cluster for wallets, by kind and outcome."),
                    &["kind", "outcome"],
                ),
            ),
            read_at: add(
                &registry,
                IntGauge::new(
                    "tidepool_serve_read_timestamp_seconds",
                    "Unix time in seconds of the last read of the pool.",
                ),
            ),
            read_failures: add(
                &registry,
                IntCounter::new("tidepool_serve_read_failures_total", "Reads of the pool that failed."),
            ),
            registry,
        }
    }
}

fn add<T: Collector + Clone + 'static>(registry: &Registry, figure: prometheus::Result<T>) -> T {
    let figure = figure.expect("names of figures and labels are valid");
    let _ = registry.register(Box::new(figure.clone()));
    figure
}

impl Metrics {
    /// A read of the pool, or a failure.
    pub fn read(&self, site: &Site) {
        if site.is_failed() {
            self.read_failures.inc();
        }
        let at = site.reading.at.duration_since(UNIX_EPOCH).unwrap_or_default();
        self.read_at.set(i64::try_from(at.as_secs()).unwrap_or(i64::MAX));
    }

    /// Work for a wallet.
    pub fn worked(&self, kind: &str, succeeded: bool) {
        self.jobs.with_label_values(&[kind, if succeeded { "done" } else { "failed" }]).inc();
    }

    /// An answer.
    pub(super) fn answered(&self, route: &str, status: StatusCode, took: Duration) {
        self.requests.with_label_values(&[route, status.as_str()]).inc();
        self.seconds.observe(took.as_secs_f64());
    }

    /// A connection.
    pub(super) fn connection(&self) -> Connection {
        self.connections.inc();
        Connection(self.connections.clone())
    }

    /// A connection of a client that has too many.
    pub(super) fn refused(&self) {
        self.refused.inc();
    }

    /// All figures, as Prometheus reads them.
    pub(super) fn text(&self) -> Vec<u8> {
        let mut page = vec![];
        // Memory can be written to.
        let _ = TextEncoder::new().encode(&self.registry.gather(), &mut page);
        page
    }
}

/// The label of a path: one of a few, whatever clients ask for.
pub fn route(path: &str) -> &'static str {
    const ROUTES: [&str; 16] = [
        "/",
        "/validators",
        "/quote",
        "/health",
        "/metrics",
        "/actions.json",
        "/actions/stake",
        "/actions/unstake",
        "/actions/ticket",
        "/actions/unstake-stake",
        "/api/pool",
        "/api/quote",
        "/api/transaction",
        "/api/wallet",
        "/api/status",
        "/api/send",
    ];
    let known = ROUTES.into_iter().find(|route| *route == path);
    known.unwrap_or(if path.starts_with("/assets/") { "/assets" } else { "other" })
}
