//! A solana-test-validator with the program on it, on ports of its own.

use {
    super::{path_from, rpc::Rpc, wait_for},
    base64::{Engine as _, prelude::BASE64_STANDARD},
    serde_json::json,
    solana_account::Account,
    solana_address::Address,
    solana_keypair::Keypair,
    solana_signer::Signer as _,
    solana_system_interface::instruction::transfer,
    std::{
        fs,
        net::{Ipv4Addr, TcpListener, UdpSocket},
        path::Path,
        process::{Child, Command, Stdio},
        sync::atomic::{AtomicU16, Ordering},
    },
    tempfile::TempDir,
};

/// Ports of one validator: RPC, subscriptions, faucet, gossip, and what it chooses itself.
const PORTS: u16 = 40;

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
    /// Accounts that exist from the start.
    pub accounts: Vec<(Address, Account)>,
    /// The program.
    pub program_id: Address,
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
    process: Child,
    /// Ledger and log; removed with the cluster.
    folder: TempDir,
}

impl Cluster {
    /// Starts a validator, and waits until it makes blocks.
    pub fn start(spec: &ClusterSpec) -> Self {
        let folder = tempfile::Builder::new().prefix("tidepool-e2e-").tempdir().expect("a folder for the ledger");
        let rich = Keypair::new();
        let port = free_ports();
        let output = fs::File::create(folder.path().join("output")).expect("the folder can be written to");
        let errors = output.try_clone().expect("the file can be opened twice");
        let process = command(spec, folder.path(), &rich.pubkey(), port)
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .spawn()
            .expect("the validator starts");
        let rpc = Rpc { address: (Ipv4Addr::LOCALHOST, port).into() };
        // Made at once, so that the process ends also where the rest fails.
        let program_id = spec.program_id;
        let mut cluster = Self { rpc, program_id, vote: Address::default(), rich, process, folder };
        cluster.wait_until_healthy(spec.warp_slot.unwrap_or(0));
        cluster.vote = wait_for("a vote", || {
            let votes = rpc.get("getVoteAccounts", &json!([{ "commitment": "processed" }]));
            votes["current"][0]["votePubkey"].as_str()?.parse().ok()
        });
        cluster
    }

    fn wait_until_healthy(&mut self, first: u64) {
        let rpc = self.rpc;
        let output = self.folder.path().join("output");
        let process = &mut self.process;
        wait_for("the validator", || {
            if let Ok(Some(status)) = process.try_wait() {
                panic!("the validator ended ({status}): {}", fs::read_to_string(&output).unwrap_or_default());
            }
            let slot = rpc.ask("getSlot", &json!([{ "commitment": "confirmed" }])).ok()?.as_u64()?;
            (slot > first && rpc.ask("getHealth", &json!([])).is_ok()).then_some(())
        });
        // The program is part of the genesis, and may be called a slot later.
        wait_for("two more blocks", || {
            let slot = rpc.ask("getSlot", &json!([{ "commitment": "confirmed" }])).ok()?.as_u64()?;
            (slot > first + 2).then_some(())
        });
    }

    /// Gives lamports to somebody.
    pub fn fund(&self, to: &Address, lamports: u64) {
        self.rpc.send(&[transfer(&self.rich.pubkey(), to, lamports)], &[&self.rich]);
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // It may have ended before, which whoever was using it has noticed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn command(spec: &ClusterSpec, folder: &Path, mint: &Address, port: u16) -> Command {
    let mut command = Command::new(path_from("E2E_VALIDATOR"));
    // The validator reads Solana's configuration; this way there is none.
    command.env("HOME", folder).current_dir(folder).arg("--quiet").arg("--ledger").arg(folder.join("ledger"));
    command.args(["--mint", &mint.to_string(), "--ticks-per-slot", &spec.ticks_per_slot.to_string()]);
    command.args(["--slots-per-epoch", &spec.slots_per_epoch.to_string()]);
    command.args(["--bpf-program", &spec.program_id.to_string()]).arg(path_from("E2E_PROGRAM"));
    command.args(["--rpc-port", &port.to_string(), "--faucet-port", &(port + 2).to_string()]);
    command.args(["--gossip-port", &(port + 3).to_string()]);
    command.args(["--dynamic-port-range", &format!("{}-{}", port + 4, port + PORTS)]);
    if let Some(slot) = spec.warp_slot {
        command.args(["--warp-slot", &slot.to_string()]);
    }
    if !spec.accounts.is_empty() {
        let accounts = folder.join("accounts");
        write_accounts(&accounts, &spec.accounts);
        command.arg("--account-dir").arg(accounts);
    }
    command
}

/// Writes accounts as `solana account --output json` does.
fn write_accounts(folder: &Path, accounts: &[(Address, Account)]) {
    fs::create_dir(folder).expect("the folder can be written to");
    for (address, account) in accounts {
        let json = json!({
            "pubkey": address.to_string(),
            "account": {
                "lamports": account.lamports,
                "data": [BASE64_STANDARD.encode(&account.data), "base64"],
                "owner": account.owner.to_string(),
                "executable": account.executable,
                "rentEpoch": u64::MAX,
                "space": account.data.len(),
            },
        });
        fs::write(folder.join(format!("{address}.json")), json.to_string()).expect("the folder can be written to");
    }
}

/// The first of enough free ports in a row. No two validators of this process get the same.
fn free_ports() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let blocks = (LAST_PORT - FIRST_PORT) / PORTS;
    // So that two runs at the same time begin at different places.
    let offset = u16::try_from(std::process::id() % u32::from(blocks)).expect("it is less than a u16");
    let is_free = |port| {
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() && UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
    };
    for _ in 0..blocks {
        let block = (NEXT.fetch_add(1, Ordering::Relaxed) + offset) % blocks;
        let first = FIRST_PORT + block * PORTS;
        if (first..first + PORTS).all(is_free) {
            return first;
        }
    }
    panic!("there are no {PORTS} free ports in a row between {FIRST_PORT} and {LAST_PORT}");
}
