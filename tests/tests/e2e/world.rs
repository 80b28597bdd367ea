//! The validators that tests share. Each starts when the first test wants it, and ends with the world.

use {
    crate::{
        genesis::Genesis,
        harness::{
            cluster::{Cluster, ClusterSpec},
            wait_for,
        },
    },
    solana_address::Address,
    std::sync::OnceLock,
};

/// A test: its name, and what it does.
pub type Test = (&'static str, fn(&World));

/// Slots of the shortest epoch, which lasts two seconds.
const SHORT_EPOCH: u64 = 32;

/// Slots of an epoch that lasts ten seconds, in which several commands can be run one after another.
const EPOCH: u64 = 160;

/// Slots of an epoch that does not end while the tests run.
const LONG_EPOCH: u64 = 32_768;

/// Validators of a large pool.
pub const MANY: usize = 1_000;

/// A cluster that is far into its second epoch, and pools that were last updated in the first.
pub struct Settled {
    /// The cluster.
    pub cluster: Cluster,
    /// Pools of many validators.
    pub large: [Address; 2],
    /// A pool of three validators, which nobody updates.
    pub stale: Address,
}

/// The validators.
#[derive(Default)]
pub struct World {
    quick: OnceLock<Cluster>,
    steady: OnceLock<Cluster>,
    settled: OnceLock<Settled>,
}

impl World {
    /// A cluster with epochs of two seconds.
    pub fn quick(&self) -> &Cluster {
        self.quick.get_or_init(|| start(SHORT_EPOCH))
    }

    /// A cluster with epochs of ten seconds.
    pub fn steady(&self) -> &Cluster {
        self.steady.get_or_init(|| start(EPOCH))
    }

    /// A cluster whose epoch does not end.
    pub fn settled(&self) -> &Settled {
        self.settled.get_or_init(|| {
            let program_id = Address::new_unique();
            let mut genesis = Genesis::new(program_id);
            let large = [genesis.add_pool(MANY), genesis.add_pool(MANY)];
            let stale = genesis.add_pool(3);
            let accounts = genesis.into_accounts();
            let warp_slot = Some(LONG_EPOCH + 8);
            let cluster = Cluster::start(&ClusterSpec { slots_per_epoch: LONG_EPOCH, warp_slot, accounts, program_id });
            // Lookup tables want recent slots.
            wait_for("blocks", || (cluster.rpc.slot() > LONG_EPOCH + 32).then_some(()));
            Settled { cluster, large, stale }
        })
    }
}

fn start(slots_per_epoch: u64) -> Cluster {
    Cluster::start(&ClusterSpec { slots_per_epoch, program_id: Address::new_unique(), ..ClusterSpec::default() })
}
