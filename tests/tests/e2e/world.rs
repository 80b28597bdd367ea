//! The validators that tests share. Each starts when the first test wants it, and ends with the world.

use {
    crate::{
        genesis::Genesis,
        harness::{
            cluster::{Cluster, ClusterSpec},
            path_from, wait_for,
        },
        multisig,
    },
    solana_address::Address,
    std::{
        panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
        sync::{Arc, Mutex, OnceLock, PoisonError},
        thread,
        time::Duration,
    },
};

/// A test: its name, and what it does.
pub type Test = (&'static str, fn(&World));

/// Ticks of a slot, and slots of an epoch, for epochs of two seconds.
const QUICK: (u64, u64) = (4, 64);

/// The same for epochs of ten seconds, in which several commands can be run one after another.
const STEADY: (u64, u64) = (8, 160);

/// The same under Alpenglow, whose slots are as long as their ticks say, for epochs of six seconds.
const ALPENGLOW: (u64, u64) = (8, 128);

/// How often a test is run at most whose validator stands still.
const ATTEMPTS: usize = 3;

/// Time in which a validator that is alive makes a block.
const LIFE_SIGN: Duration = Duration::from_secs(10);

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
    /// A pool of three validators, which is never updated.
    pub stale: Address,
}

/// The validators.
#[derive(Default)]
pub struct World {
    quick: Mutex<Option<Arc<Cluster>>>,
    steady: OnceLock<Cluster>,
    alpenglow: OnceLock<(Cluster, Address)>,
    settled: OnceLock<Settled>,
}

impl World {
    /// A cluster with epochs of two seconds.
    pub fn quick(&self) -> Arc<Cluster> {
        let mut quick = self.quick.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(quick.get_or_insert_with(|| Arc::new(start(QUICK))))
    }

    /// Runs a test on the cluster with epochs of two seconds, and again on another one where the validator itself has stood still,
    /// which says nothing about the tested code. Who leads is known up to the end of the epoch after the root's: with epochs that
    /// short, a validator that gets no processor for a second or two may fall so far behind with its votes that no validator leads.
    pub fn on_quick(&self, test: impl Fn(&Cluster)) {
        let mut attempts = ATTEMPTS;
        loop {
            let cluster = self.quick();
            attempts -= 1;
            match catch_unwind(AssertUnwindSafe(|| test(&cluster))) {
                Ok(()) => return,
                Err(panic) if attempts == 0 || !stands_still(&cluster) => resume_unwind(panic),
                Err(_) => {
                    println!("the validator stands still: the test begins again with another one");
                    let mut quick = self.quick.lock().unwrap_or_else(PoisonError::into_inner);
                    // Unless another test has put one there.
                    quick.take_if(|quick| Arc::ptr_eq(quick, &cluster));
                }
            }
        }
    }

    /// A cluster with epochs of ten seconds, and the multisig's program.
    pub fn steady(&self) -> &Cluster {
        self.steady.get_or_init(|| {
            Cluster::start(&ClusterSpec {
                ticks_per_slot: STEADY.0,
                slots_per_epoch: STEADY.1,
                accounts: multisig::accounts(),
                program_id: Address::new_unique(),
                more_programs: vec![(tidepool_squads::PROGRAM_ID, path_from("E2E_SQUADS"))],
                ..ClusterSpec::default()
            })
        })
    }

    /// A cluster whose consensus is Alpenglow, and a pool of many validators that was last updated in epoch 0. It pays no rewards.
    pub fn alpenglow(&self) -> &(Cluster, Address) {
        self.alpenglow.get_or_init(|| {
            let program_id = Address::new_unique();
            let mut genesis = Genesis::new(program_id);
            let large = genesis.add_pool(MANY);
            let cluster = Cluster::start(&ClusterSpec {
                ticks_per_slot: ALPENGLOW.0,
                slots_per_epoch: ALPENGLOW.1,
                warp_slot: None,
                alpenglow: true,
                accounts: genesis.into_accounts(),
                program_id,
                more_programs: vec![],
            });
            (cluster, large)
        })
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
            let cluster = Cluster::start(&ClusterSpec {
                ticks_per_slot: STEADY.0,
                slots_per_epoch: LONG_EPOCH,
                warp_slot,
                alpenglow: false,
                accounts,
                program_id,
                more_programs: vec![],
            });
            // Lookup tables want recent slots.
            wait_for("blocks", || (cluster.rpc.slot() > LONG_EPOCH + 32).then_some(()));
            Settled { cluster, large, stale }
        })
    }
}

fn stands_still(cluster: &Cluster) -> bool {
    let before = cluster.rpc.slot();
    thread::sleep(LIFE_SIGN);
    cluster.rpc.slot() == before
}

fn start((ticks_per_slot, slots_per_epoch): (u64, u64)) -> Cluster {
    let program_id = Address::new_unique();
    Cluster::start(&ClusterSpec { ticks_per_slot, slots_per_epoch, program_id, ..ClusterSpec::default() })
}
