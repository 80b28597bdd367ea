//! The validators that tests share. Each starts when the first test wants it, and ends with the world.

use {
    crate::harness::cluster::{Cluster, ClusterSpec},
    solana_address::Address,
    std::sync::OnceLock,
};

/// A test: its name, and what it does.
pub type Test = (&'static str, fn(&World));

/// Slots of the shortest epoch, which lasts two seconds.
const SHORT_EPOCH: u64 = 32;

/// The validators.
#[derive(Default)]
pub struct World {
    quick: OnceLock<Cluster>,
}

impl World {
    /// A cluster with epochs of two seconds.
    pub fn quick(&self) -> &Cluster {
        self.quick.get_or_init(|| {
            let spec = ClusterSpec {
                slots_per_epoch: SHORT_EPOCH,
                program_id: Address::new_unique(),
                ..ClusterSpec::default()
            };
            Cluster::start(&spec)
        })
    }
}
