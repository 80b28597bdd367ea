//! The embedded cluster behaves like a network: the bank pays rewards, and clients get the same results.

mod alpenglow;
mod client;
mod client_tickets;
mod deployment;
mod lookup_tables;
mod pool_client;
mod rewards;
mod setup;

use {
    solana_native_token::LAMPORTS_PER_SOL,
    tidepool_embedded::{EmbeddedCluster, ValidatorSpec},
};

const SOL: u64 = LAMPORTS_PER_SOL;

fn cluster_of(specs: impl IntoIterator<Item = ValidatorSpec>) -> EmbeddedCluster {
    EmbeddedCluster::builder().validator_specs(specs).start().expect("a cluster without programs needs nothing")
}
