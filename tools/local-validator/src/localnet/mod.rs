//! `cargo xtask localnet`: a validator with a pool, a funded wallet and a crank, until Ctrl-C.

mod commands;
mod error;
mod folder;
mod genesis;
mod guide;
mod pool;
mod stop;

pub use {
    error::LocalnetError,
    guide::{PASTE, TRY},
};

use {
    crate::{
        ports,
        process::{Process, tie_to_this_thread},
        validator::{TestValidator, ValidatorSpec},
    },
    commands::Tidepool,
    folder::{Folder, State},
    guide::Ready,
    solana_account::Account,
    solana_address::Address,
    solana_keypair::{Keypair, read_keypair_file},
    solana_signer::Signer as _,
    std::{
        io::{self, Write as _},
        path::{self, Path, PathBuf},
        time::{Duration, Instant},
    },
    stop::Stop,
};

/// Validators of the pool, where the options do not say.
const VALIDATORS: u64 = 4;

/// Slots of an epoch, where the options do not say: some ten seconds.
const SLOTS_PER_EPOCH: u64 = 160;

/// Ticks of a slot, of some 8 ms each.
const TICKS_PER_SLOT: u64 = 8;

/// Time of a slot on an idle machine, in milliseconds.
const SLOT_MILLISECONDS: u64 = 8 * TICKS_PER_SLOT;

/// SOL of the wallet. The validator's own stake is 1,000,000 SOL: with all of the wallet on validators that do not vote, two
/// thirds of the stake still vote.
const WALLET_SOL: u64 = 10_000;

/// SOL of the wallet that pays for the crank.
const CRANK_SOL: u64 = 100;

/// Time for the validator's start, on a busy machine.
const START: Duration = Duration::from_secs(180);

/// Time for the crank's orderly end.
const GRACE: Duration = Duration::from_secs(3);

/// Options of `cargo xtask localnet`, and the paths that it adds.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Port of JSON-RPC; the 39 ports after it are used too
    #[arg(long)]
    pub rpc_port: u16,

    /// Validators of the pool [default: 4]
    #[arg(long)]
    pub validators: Option<u64>,

    /// Slots of an epoch [default: 160]
    #[arg(long)]
    pub slots_per_epoch: Option<u64>,

    /// Do not run `tidepool crank --watch`
    #[arg(long)]
    pub no_crank: bool,

    /// Folder for ledger, keypairs and configuration
    #[arg(long, value_name = "DIR")]
    pub folder: PathBuf,

    /// Resume the ledger in the folder, if there is one
    #[arg(long)]
    pub keep: bool,

    /// The `solana-test-validator`: an absolute path, or a name on the path
    #[arg(long, value_name = "FILE")]
    pub validator: PathBuf,

    /// The `tidepool` binary
    #[arg(long, value_name = "FILE")]
    pub tidepool: PathBuf,

    /// The program's ELF
    #[arg(long, value_name = "FILE")]
    pub program: PathBuf,
}

/// Runs the local network until a signal.
///
/// # Errors
/// [`LocalnetError`]; [`LocalnetError::Interrupted`] is the usual end.
pub fn run(options: &Options) -> Result<(), LocalnetError> {
    let stop = Stop::on_signals()?;
    let steps = Steps { began: Instant::now() };
    let folder = Folder::open(&options.folder)?;
    if let Some(taken) = ports::first_taken(options.rpc_port) {
        return Err(LocalnetError::PortTaken { taken, first: options.rpc_port });
    }
    let (mut state, accounts) = prepare(options, &folder)?;
    let wallet = wallet_address(&folder)?;
    let url = format!("http://127.0.0.1:{}", options.rpc_port);
    write_configuration(&folder, &url, &state)?;

    let mut validator = start(options, &folder, &state, &accounts, steps, &stop)?;
    let binary = absolute(&options.tidepool)?;
    let tidepool = Tidepool { binary: &binary, folder: &folder, stop: &stop };
    let pool = match state.pool {
        Some(pool) => pool,
        None => make_pool(tidepool, &mut state, &validator.1, steps)?,
    };
    write_configuration(&folder, &url, &state)?;
    folder.write_state(&state)?;

    // At the middle of the epoch: near its end, ten seconds leave too little time for transactions to land.
    let crank = "crank --watch --rebalance-at 50% --interval 2";
    let is_cranking = !options.no_crank;
    let ready = Ready {
        tidepool,
        state: &state,
        pool,
        wallet,
        url,
        faucet_port: options.rpc_port + ports::FAUCET,
        crank: crank.to_owned(),
        is_cranking,
        took: steps.began.elapsed(),
    };
    print(&ready.text())?;
    let mut cranking = if is_cranking {
        let mut arguments: Vec<String> = crank.split(' ').map(str::to_owned).collect();
        arguments.extend(["--keypair".into(), folder.join("crank.json").display().to_string()]);
        Some(tidepool.start(&arguments, &folder.join("crank.log"))?)
    } else {
        None
    };
    let ended = watch(&mut validator.0, &mut cranking, &folder, &stop);
    // Before the validator: without an endpoint the crank would retry.
    if let Some(crank) = cranking {
        crank.stop(GRACE);
    }
    ended
}

/// Progress lines.
#[derive(Clone, Copy)]
struct Steps {
    began: Instant,
}

impl Steps {
    fn begin(self, what: &str) -> Result<(), LocalnetError> {
        print(&format!("{:>3} s  {what}", self.began.elapsed().as_secs()))
    }
}

/// The state of a kept ledger, or that of a fresh one with the accounts of its genesis.
fn prepare(options: &Options, folder: &Folder) -> Result<(State, Vec<(Address, Account)>), LocalnetError> {
    if let Some(state) = folder.state().filter(|_| options.keep) {
        let validators = state.votes.len() as u64;
        for (option, kept, given) in [
            ("--validators", validators, options.validators),
            ("--slots-per-epoch", state.slots_per_epoch, options.slots_per_epoch),
        ] {
            if let Some(given) = given.filter(|given| *given != kept) {
                return Err(LocalnetError::OtherSettings { folder: folder.path().to_owned(), option, kept, given });
            }
        }
        return Ok((state, vec![]));
    }
    folder.clear()?;
    let wallet = genesis::wallet(&folder.join("wallet.json"), WALLET_SOL)?;
    let crank = genesis::wallet(&folder.join("crank.json"), CRANK_SOL)?;
    let without_votes = options.validators.unwrap_or(VALIDATORS).saturating_sub(1);
    let votes: Vec<_> = (0..without_votes).map(|_| genesis::vote_account(&wallet.0)).collect();
    let state = State {
        program_id: Keypair::new().pubkey(),
        slots_per_epoch: options.slots_per_epoch.unwrap_or(SLOTS_PER_EPOCH),
        votes: votes.iter().map(|(vote, _)| *vote).collect(),
        pool: None,
    };
    Ok((state, [wallet, crank].into_iter().chain(votes).collect()))
}

fn wallet_address(folder: &Folder) -> Result<Address, LocalnetError> {
    let path = folder.join("wallet.json");
    let keypair = read_keypair_file(&path).map_err(|error| error.to_string());
    let keypair = keypair.map_err(|error| LocalnetError::file(path)(io::Error::other(error)))?;
    Ok(keypair.pubkey())
}

/// Writes the configuration of Solana's tools, and that of `tidepool`.
fn write_configuration(folder: &Folder, url: &str, state: &State) -> Result<(), LocalnetError> {
    // JSON strings are YAML strings, also with blanks and quotes in a path.
    let wallet = serde_json::Value::from(folder.join("wallet.json").display().to_string());
    folder.write(
        "config.yml",
        &format!("---\njson_rpc_url: \"{url}\"\nwebsocket_url: ''\nkeypair_path: {wallet}\ncommitment: confirmed\n"),
    )?;
    let pool = state.pool.map(|pool| format!("pool: {pool}\n")).unwrap_or_default();
    let config = serde_json::Value::from(folder.join("config.yml").display().to_string());
    folder.write("tidepool.yml", &format!("solana_config: {config}\nprogram_id: {}\n{pool}", state.program_id))
}

/// Starts the validator, and waits until it is ready; returns it with its vote account.
fn start(
    options: &Options,
    folder: &Folder,
    state: &State,
    accounts: &[(Address, Account)],
    steps: Steps,
    stop: &Stop,
) -> Result<(TestValidator, Address), LocalnetError> {
    let program = absolute(&options.program)?;
    let spec = ValidatorSpec {
        binary: &options.validator,
        program: &program,
        program_id: state.program_id,
        more_programs: &[],
        folder: folder.path(),
        mint: Keypair::new().pubkey(),
        rpc_port: options.rpc_port,
        ticks_per_slot: TICKS_PER_SLOT,
        slots_per_epoch: state.slots_per_epoch,
        warp_slot: None,
        alpenglow: false,
        accounts,
    };
    steps.begin(if state.pool.is_some() { "Resuming the validator" } else { "Starting the validator" })?;
    let mut command = spec.command()?;
    tie_to_this_thread(&mut command);
    let mut validator = spec.start(&mut command)?;
    let began = Instant::now();
    let vote = stop.wait_for(|| {
        if began.elapsed() > START {
            let log = folder.join("ledger").join("validator.log");
            return Err(LocalnetError::NotReady { waited: START, log });
        }
        Ok(validator.ready()?)
    })?;
    Ok((validator, vote))
}

/// Makes the pool, with all validators and their weights.
fn make_pool(
    tidepool: Tidepool<'_>,
    state: &mut State,
    vote: &Address,
    steps: Steps,
) -> Result<Address, LocalnetError> {
    steps.begin("Creating the pool")?;
    let pool = pool::create(tidepool, &state.program_id)?;
    state.votes.insert(0, *vote);
    let count = state.votes.len();
    for (index, vote) in state.votes.iter().enumerate() {
        steps.begin(&format!("Adding validator {} of {count}", index + 1))?;
        pool::add_validator(tidepool, &pool, vote)?;
    }
    steps.begin("Setting the weights")?;
    pool::set_weights(tidepool, &pool, &state.votes)?;
    state.pool = Some(pool);
    Ok(pool)
}

/// Waits for a signal, or the validator's end. A crank that ends is reported, and the rest goes on.
fn watch(
    validator: &mut TestValidator,
    crank: &mut Option<Process>,
    folder: &Folder,
    stop: &Stop,
) -> Result<(), LocalnetError> {
    stop.wait_for(|| {
        validator.check()?;
        if let Some(Ok(Some(status))) = crank.as_mut().map(Process::ended) {
            eprintln!("error: the crank ended ({status}): see {}", folder.join("crank.log").display());
            *crank = None;
        }
        Ok(None::<()>)
    })
}

/// Prints a line; without a reader there is nothing to run for.
fn print(line: &str) -> Result<(), LocalnetError> {
    writeln!(io::stdout(), "{line}").map_err(LocalnetError::Output)
}

fn absolute(path: &Path) -> Result<PathBuf, LocalnetError> {
    path::absolute(path).map_err(LocalnetError::file(path))
}
