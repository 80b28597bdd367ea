//! The page of a stake pool, for holders: figures, terms and risks in view, trades from a wallet, Solana Actions and Solana Pay.
//!
//! A server reads the pool in the background, and serves what it has read: requests to the cluster do not grow with visitors. It
//! holds no key. It builds unsigned transactions, each simulated, with limits and a slippage bound; the wallet signs and sends.
//!
//! ```no_run
//! use tidepool_client::{cluster::RpcCluster, send::Stop};
//! use tidepool_serve::{Options, Server};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let cluster = RpcCluster::new("http://localhost:8899");
//! let options = Options::new("7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA".parse()?);
//! let server = Server::start(&cluster, options).await?;
//! println!("http://{}", server.address());
//! server.run(&cluster, &Stop::default()).await?;
//! # Ok(())
//! # }
//! ```
//!
//! Two threads: one serves HTTP from memory, the other reads the cluster and builds transactions. So a slow endpoint or a long
//! list of validators delays no visitor.

pub mod chart;
mod http;
mod page;
mod problem;
mod read;
mod server;
mod site;
mod trade;
mod worker;

pub use server::{Options, ServeError, Server};
