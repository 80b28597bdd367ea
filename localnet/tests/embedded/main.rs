//! The embedded cluster behaves as a cluster does: rewards are paid by the bank, and a client sees what it would see
//! on a network.

mod client;
mod deployment;
mod lookup_tables;
mod rewards;
mod setup;

use {
    solana_native_token::LAMPORTS_PER_SOL,
    tidepool_localnet::embedded::{EmbeddedCluster, ValidatorSpec},
};

const SOL: u64 = LAMPORTS_PER_SOL;

fn cluster_of(specs: impl IntoIterator<Item = ValidatorSpec>) -> EmbeddedCluster {
    EmbeddedCluster::builder().validator_specs(specs).start().expect("a cluster without programs needs nothing")
}
