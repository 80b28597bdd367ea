//! The server as a whole: its options, its start and its end.

use {
    crate::{
        http::{self, Shared, metrics::Metrics},
        read::Reading,
        site::Site,
        worker::{self, Worker},
    },
    solana_address::Address,
    std::{
        io,
        net::{SocketAddr, TcpListener},
        sync::Arc,
        thread,
        time::Duration,
    },
    tidepool_client::{
        cluster::Cluster,
        pool::PoolError,
        send::{ComputeUnitPrice, Stop},
    },
    tokio::{sync::watch, time::sleep},
};

/// Time between two looks at a [`Stop`].
const STOP_EVERY: Duration = Duration::from_millis(50);

/// Options of a server.
#[derive(Clone, Debug)]
pub struct Options {
    /// The pool.
    pub pool: Address,
    /// The address and port to listen at; port 0 for any free port.
    pub listen: String,
    /// The URL that wallets reach the server at, such as `https://stake.example`; needed for QR codes and for Actions
    /// behind a reverse proxy. Derived from the address without it.
    pub public_url: Option<String>,
    /// Whether the last address in `X-Forwarded-For` is that of the client: behind a reverse proxy that sets it.
    pub behind_proxy: bool,
    /// Time between two reads of the pool.
    pub refresh: Duration,
    /// The program that must own the pool, if set.
    pub program_id: Option<Address>,
    /// Price of a compute unit in the transactions for wallets.
    pub compute_unit_price: ComputeUnitPrice,
}

impl Options {
    /// The default options for a pool: on loopback, port 8080, read every 15 seconds.
    pub fn new(pool: Address) -> Self {
        Self {
            pool,
            listen: "127.0.0.1:8080".into(),
            public_url: None,
            behind_proxy: false,
            refresh: Duration::from_secs(15),
            program_id: None,
            compute_unit_price: ComputeUnitPrice::default(),
        }
    }
}

/// Why a server does not start, or ends.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The pool cannot be read.
    #[error(transparent)]
    Pool(#[from] PoolError),
    /// It cannot listen there.
    #[error("cannot listen at {address} ({error}): specify an address of this machine and a free port")]
    Listen {
        /// The address.
        address: String,
        /// The error of the system.
        error: io::Error,
    },
    /// The thread that serves HTTP ended.
    #[error("the HTTP server ended: start it again")]
    Ended,
}

/// A server that has read its pool and listens.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    options: Options,
    site: Site,
    metrics: Metrics,
}

impl Server {
    /// Reads the pool, and listens.
    ///
    /// # Errors
    /// [`ServeError`].
    pub async fn start<C: Cluster>(cluster: &C, options: Options) -> Result<Self, ServeError> {
        let cannot = |error| ServeError::Listen { address: options.listen.clone(), error };
        let listener = TcpListener::bind(&options.listen).map_err(cannot)?;
        listener.set_nonblocking(true).map_err(cannot)?;
        let address = listener.local_addr().map_err(cannot)?;
        let reading = Reading::first(cluster, &options.pool, options.program_id).await?;
        let genesis = cluster.genesis_hash().await.map_err(PoolError::from)?;
        let url = options.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
        let site = Site::new(Arc::new(reading), url.trim_end_matches('/').to_owned(), genesis);
        Ok(Self { listener, address, options, site, metrics: Metrics::default() })
    }

    /// The address that it listens at.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until a stop is requested, then finishes open requests.
    ///
    /// # Errors
    /// [`ServeError::Ended`].
    pub async fn run<C: Cluster>(self, cluster: &C, stop: &Stop) -> Result<(), ServeError> {
        let Self { listener, options, site, metrics, .. } = self;
        metrics.read(&site);
        let (site_sender, site) = watch::channel(Arc::new(site));
        let (jobs, queue) = worker::queue();
        let (stopping, stopped) = watch::channel(false);
        let shared = Shared::new(site, jobs, metrics.clone(), options.behind_proxy);
        let serving = thread::spawn(move || http::serve(listener, shared, stopped));
        let worker = Worker::new(cluster, options, site_sender, metrics);
        let is_over = async {
            while !stop.is_requested() && !serving.is_finished() {
                sleep(STOP_EVERY).await;
            }
            // Ends when all connections have ended: the worker still serves them.
            let _ = stopping.send(true);
            while !serving.is_finished() {
                sleep(STOP_EVERY).await;
            }
        };
        tokio::select! {
            () = worker.run(queue) => {}
            () = is_over => {}
        }
        serving.join().ok().and_then(Result::ok).ok_or(ServeError::Ended)
    }
}
