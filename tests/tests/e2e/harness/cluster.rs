//! A solana-test-validator with the program on it, on ports of its own.

use {
    super::{path_from, rpc::Rpc, wait_for},
    local_validator::{
        ports,
        validator::{TestValidator, ValidatorSpec},
    },
    solana_account::Account,
    solana_address::Address,
    solana_keypair::Keypair,
    solana_signer::Signer as _,
    solana_system_interface::instruction::transfer,
    std::{
        path::PathBuf,
        sync::atomic::{AtomicU16, Ordering},
    },
    tempfile::TempDir,
};

/// Where ports are looked for: below those that the system gives away.
const FIRST_PORT: u16 = 12_000;
const LAST_PORT: u16 = 30_000;

/// What a cluster is to be like.
#[derive(Default)]
pub struct ClusterSpec {
    /// Ticks of a slot, of some 8 ms each.
    pub ticks_per_slot: u64,
    /// Slots of an epoch; 32 is the least.
    pub slots_per_epoch: u64,
    /// The slot to begin with.
    pub warp_slot: Option<u64>,
    /// Whether the consensus is Alpenglow from the first slot on.
    pub alpenglow: bool,
    /// Accounts that exist from the start.
    pub accounts: Vec<(Address, Account)>,
    /// The program.
    pub program_id: Address,
    /// Further programs, with their ELFs.
    pub more_programs: Vec<(Address, PathBuf)>,
}

/// A running validator. It ends with this.
pub struct Cluster {
    /// Its endpoint.
    pub rpc: Rpc,
    /// The program.
    pub program_id: Address,
    /// The vote account of the one validator, which earns rewards.
    pub vote: Address,
    rich: Keypair,
    /// Ends with the cluster, before its folder.
    _validator: TestValidator,
    /// Ledger and log; removed with the cluster.
    _folder: TempDir,
}

impl Cluster {
    /// Starts a validator, and waits until it makes blocks and votes.
    pub fn start(spec: &ClusterSpec) -> Self {
        let folder = tempfile::Builder::new().prefix("tidepool-e2e-").tempdir().expect("a folder for the ledger");
        let rich = Keypair::new();
        let validator = ValidatorSpec {
            binary: &path_from("E2E_VALIDATOR"),
            program: &path_from("E2E_PROGRAM"),
            program_id: spec.program_id,
            more_programs: &spec.more_programs,
            folder: folder.path(),
            mint: rich.pubkey(),
            rpc_port: free_ports(),
            ticks_per_slot: spec.ticks_per_slot,
            slots_per_epoch: spec.slots_per_epoch,
            warp_slot: spec.warp_slot,
            alpenglow: spec.alpenglow,
            accounts: &spec.accounts,
        };
        let started = validator.command().and_then(|mut command| validator.start(&mut command));
        let mut validator = started.unwrap_or_else(|error| panic!("{error}"));
        let vote = wait_for("the validator", || validator.ready().unwrap_or_else(|error| panic!("{error}")));
        let rpc = Rpc { address: validator.rpc.address };
        Self { rpc, program_id: spec.program_id, vote, rich, _validator: validator, _folder: folder }
    }

    /// Airdrops lamports.
    pub fn fund(&self, to: &Address, lamports: u64) {
        self.rpc.send(&[transfer(&self.rich.pubkey(), to, lamports)], &[&self.rich]);
    }
}

/// The first of enough free ports in a row. No two validators of this process get the same.
pub fn free_ports() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let blocks = (LAST_PORT - FIRST_PORT) / ports::COUNT;
    // So that two runs at the same time begin at different places.
    let offset = u16::try_from(std::process::id() % u32::from(blocks)).expect("it is less than a u16");
    for _ in 0..blocks {
        let block = (NEXT.fetch_add(1, Ordering::Relaxed) + offset) % blocks;
        let first = FIRST_PORT + block * ports::COUNT;
        if ports::first_taken(first).is_none() {
            return first;
        }
    }
    panic!("there are no {} free ports in a row between {FIRST_PORT} and {LAST_PORT}", ports::COUNT);
}
