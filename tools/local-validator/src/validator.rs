//! A `solana-test-validator` with the pool program in its genesis.

use {
    crate::{ports, process::Process, rpc::Endpoint},
    base64::{Engine as _, prelude::BASE64_STANDARD},
    serde_json::json,
    solana_account::Account,
    solana_address::Address,
    std::{
        fs, io,
        net::Ipv4Addr,
        path::{Path, PathBuf},
        process::{Command, ExitStatus},
    },
    thiserror::Error,
};

/// Blocks after the first one before programs of the genesis can be called.
const BLOCKS_BEFORE_CALLS: u64 = 2;

/// The end of the output that an error shows, in characters.
const SHOWN_OUTPUT: usize = 2_000;

/// What a validator is to be like.
#[derive(Clone, Copy, Debug)]
pub struct ValidatorSpec<'a> {
    /// The `solana-test-validator`.
    pub binary: &'a Path,
    /// The program's ELF.
    pub program: &'a Path,
    /// The program's address.
    pub program_id: Address,
    /// Further programs, with their ELFs.
    pub more_programs: &'a [(Address, PathBuf)],
    /// Folder for ledger, genesis accounts and output. A ledger that is there is resumed.
    pub folder: &'a Path,
    /// Wallet that gets the 500 million SOL of the genesis.
    pub mint: Address,
    /// The port of JSON-RPC; the others follow, see [`ports`].
    pub rpc_port: u16,
    /// Ticks of a slot, of some 8 ms each.
    pub ticks_per_slot: u64,
    /// Slots of an epoch, 32 at least.
    pub slots_per_epoch: u64,
    /// The slot to begin with.
    pub warp_slot: Option<u64>,
    /// Whether the consensus is Alpenglow from the first slot on.
    pub alpenglow: bool,
    /// Further accounts of the genesis.
    pub accounts: &'a [(Address, Account)],
}

/// A validator that could not be started, or has ended.
#[derive(Debug, Error)]
pub enum ValidatorError {
    #[error("cannot start the validator: {}: {source}", path.display())]
    Start { path: PathBuf, source: io::Error },

    #[error("the validator ended ({status}): {output}")]
    Ended { status: ExitStatus, output: String },
}

impl ValidatorSpec<'_> {
    /// The file with the validator's output.
    pub fn output(&self) -> PathBuf {
        self.folder.join("validator.log")
    }

    /// Writes the accounts and returns the command line.
    ///
    /// # Errors
    /// [`ValidatorError::Start`] where a file cannot be written.
    pub fn command(&self) -> Result<Command, ValidatorError> {
        let port = self.rpc_port;
        let mut command = Command::new(self.binary);
        // The validator reads Solana's configuration: in this home there is none.
        command.env("HOME", self.folder).current_dir(self.folder);
        command.arg("--quiet").arg("--ledger").arg(self.folder.join("ledger"));
        command.args(["--mint", &self.mint.to_string(), "--ticks-per-slot", &self.ticks_per_slot.to_string()]);
        command.args(["--slots-per-epoch", &self.slots_per_epoch.to_string()]);
        command.args(["--bpf-program", &self.program_id.to_string()]).arg(self.program);
        for (program, elf) in self.more_programs {
            command.args(["--bpf-program", &program.to_string()]).arg(elf);
        }
        command.args(["--rpc-port", &port.to_string(), "--faucet-port", &(port + ports::FAUCET).to_string()]);
        command.args(["--gossip-port", &(port + ports::GOSSIP).to_string()]);
        command.args(["--dynamic-port-range", &format!("{}-{}", port + ports::DYNAMIC, port + ports::COUNT)]);
        if self.alpenglow {
            command.arg("--alpenglow");
        }
        if let Some(slot) = self.warp_slot {
            command.args(["--warp-slot", &slot.to_string()]);
        }
        if !self.accounts.is_empty() {
            let folder = self.folder.join("accounts");
            write_accounts(&folder, self.accounts)
                .map_err(|source| ValidatorError::Start { path: folder.clone(), source })?;
            command.arg("--account-dir").arg(folder);
        }
        let path = self.output();
        let output = fs::File::create(&path).and_then(|file| Ok([file.try_clone()?, file]));
        let [output, errors] = output.map_err(|source| ValidatorError::Start { path, source })?;
        command.stdout(output).stderr(errors);
        Ok(command)
    }

    /// Starts the command of [`Self::command`].
    ///
    /// # Errors
    /// [`ValidatorError::Start`].
    pub fn start(&self, command: &mut Command) -> Result<TestValidator, ValidatorError> {
        let failed = |source| ValidatorError::Start { path: self.binary.to_owned(), source };
        Ok(TestValidator {
            rpc: Endpoint { address: (Ipv4Addr::LOCALHOST, self.rpc_port).into() },
            process: Process::spawn(command).map_err(failed)?,
            output: self.output(),
            warp_slot: self.warp_slot.unwrap_or(0),
            first_slot: None,
        })
    }
}

/// A running validator. Dropping it kills the process.
#[derive(Debug)]
pub struct TestValidator {
    /// Its JSON-RPC endpoint.
    pub rpc: Endpoint,
    process: Process,
    output: PathBuf,
    warp_slot: u64,
    /// The first confirmed slot that was seen: a resumed ledger begins with old ones.
    first_slot: Option<u64>,
}

impl TestValidator {
    /// The validator's vote account, once it votes, makes blocks and the program can be called.
    ///
    /// # Errors
    /// [`ValidatorError::Ended`].
    pub fn ready(&mut self) -> Result<Option<Address>, ValidatorError> {
        self.check()?;
        Ok(self.find_vote())
    }

    /// Checks that it still runs.
    ///
    /// # Errors
    /// [`ValidatorError::Ended`].
    pub fn check(&mut self) -> Result<(), ValidatorError> {
        let Ok(Some(status)) = self.process.ended() else { return Ok(()) };
        let output = fs::read_to_string(&self.output).unwrap_or_default();
        let skipped = output.chars().count().saturating_sub(SHOWN_OUTPUT);
        Err(ValidatorError::Ended {
            status,
            output: output.chars().skip(skipped).collect::<String>().trim().to_owned(),
        })
    }

    fn find_vote(&mut self) -> Option<Address> {
        let slot = self.rpc.ask("getSlot", &json!([{ "commitment": "confirmed" }])).ok()?.as_u64()?;
        let first = (*self.first_slot.get_or_insert(slot)).max(self.warp_slot);
        self.rpc.ask("getHealth", &json!([])).ok()?;
        if slot <= first + BLOCKS_BEFORE_CALLS {
            return None;
        }
        let votes = self.rpc.ask("getVoteAccounts", &json!([{ "commitment": "processed" }])).ok()?;
        // Other vote accounts never vote.
        votes["current"][0]["votePubkey"].as_str()?.parse().ok()
    }
}

/// Writes accounts as `solana account --output json` does.
fn write_accounts(folder: &Path, accounts: &[(Address, Account)]) -> io::Result<()> {
    fs::create_dir(folder)?;
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
        fs::write(folder.join(format!("{address}.json")), json.to_string())?;
    }
    Ok(())
}
