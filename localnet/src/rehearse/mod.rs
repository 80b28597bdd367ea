//! A rehearsal with a live pool's accounts: Tidepool's program takes over the pool on an embedded cluster and updates it in the next
//! epoch.

mod change;
mod epochs;
mod extended;
mod holders;
mod input;
mod made;
mod movements;
mod planned;
mod report;
mod trade;

pub use {
    epochs::EpochFigures,
    extended::Extended,
    holders::ForHolders,
    input::{FetchError, InputError},
    made::Moving,
    planned::Planned,
};

use {
    crate::run::{
        self, Driver, Ledger, PoolRewards, RunError, Side, StageCost, Updated, next_epoch, under_management, update,
    },
    change::Change,
    input::SavedPool,
    made::Made,
    solana_address::Address,
    solana_native_token::LAMPORTS_PER_SOL,
    solana_rent::Rent,
    std::{
        io::{self, Write},
        path::PathBuf,
        time::Instant,
    },
    thiserror::Error,
    tidepool_cli::{
        config::Config,
        desired::{WantedFile, check_pool, check_program},
    },
    tidepool_client::{cluster::RpcCluster, pool::PoolSnapshot},
    tidepool_core::maths::ExchangeRate,
    tidepool_embedded::{EmbeddedCluster, EmbeddedClusterBuilder, ValidatorSpec},
};

/// Validators of the cluster that are not in the pool.
const OTHER_VALIDATORS: u64 = 20;

/// Minimum stake of these validators in lamports, about mainnet's.
const OTHER_STAKE: u64 = 400_000_000 * LAMPORTS_PER_SOL;

/// Minimum stake of these validators, as a multiple of the pool's stake. A cluster warms up and cools down 9 % of its stake per epoch:
/// with this factor, all of the pool's stake can change in one epoch.
const OTHER_STAKE_FACTOR: u64 = 25;

/// Initial lamports of the payer of all fees.
const PAYER_LAMPORTS: u64 = 1_000 * LAMPORTS_PER_SOL;

/// Options of the rehearsal.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Options {
    /// With --url the pool's address, otherwise a folder with the pool's accounts (pool, validator list, reserve, mint, the manager's
    /// fee account if at hand), each saved by `solana account ADDRESS --output json`
    #[arg(value_name = "POOL|DIR")]
    pub source: PathBuf,

    /// Read the live pool POOL from this cluster: URL of its JSON-RPC, or mainnet-beta, devnet, testnet, localhost
    #[arg(long, short, value_name = "URL")]
    pub url: Option<String>,

    /// Also read the stake and vote accounts of all validators; otherwise they are generated from the records
    #[arg(long, requires = "url")]
    pub stake_accounts: bool,

    /// Save the accounts that were read in this folder, for `rehearse DIR`; otherwise nothing is written
    #[arg(long, value_name = "DIR", requires = "url")]
    pub save: Option<PathBuf>,

    /// Epochs with rewards, without and then with the extension
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub epochs: u32,

    /// Weights for the part with the extension: a file as `tidepool set-weights --file` reads it, and `tidepool select` writes it
    /// [default: the pool's own weights; without any, each validator's stake]
    #[arg(long, value_name = "FILE")]
    pub weights: Option<PathBuf>,

    /// Keep the weights of validators not in --weights
    #[arg(long, requires = "weights")]
    pub others_keep: bool,

    /// Carry out a plan of `tidepool plan` on the extended pool, in each epoch the steps that need not wait. A file as `tidepool export`
    /// writes it is planned first; use one for a pool without the extension
    #[arg(long, value_name = "FILE", conflicts_with = "weights")]
    pub plan: Option<PathBuf>,

    /// Name all validators of a plan's steps
    #[arg(long, short, requires = "plan")]
    pub verbose: bool,

    /// The program's ELF file [default: the one that `cargo xtask build-program` has built]
    #[arg(long, value_name = "ELF")]
    pub program: Option<PathBuf>,

    /// Which way stake in motion moves where its validator stays in the pool; the records do not tell
    #[arg(long, value_enum, default_value_t)]
    pub moving: Moving,
}

/// Error of a rehearsal.
#[derive(Debug, Error)]
pub enum RehearseError {
    #[error(transparent)]
    Input(#[from] InputError),
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Run(#[from] RunError),
}

impl RehearseError {
    /// The exit code, as of `tidepool`: 2 for an invalid address or URL, 4 if the endpoint did not answer or answered wrongly, that of
    /// `tidepool apply` for a plan; otherwise 1.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Fetch(FetchError::Address { .. } | FetchError::Url { .. }) => 2,
            Self::Fetch(FetchError::File(error)) | Self::Run(RunError::File(error)) => error.exit() as u8,
            Self::Fetch(error) if error.is_endpoint_error() => 4,
            _ => 1,
        }
    }
}

impl From<io::Error> for RehearseError {
    fn from(error: io::Error) -> Self {
        Self::Run(error.into())
    }
}

/// Result of a rehearsal.
#[derive(Clone, Debug)]
pub struct DryRun {
    /// The saved exchange rate.
    pub saved_rate: ExchangeRate,
    /// Rewards of the pool's stake.
    pub rewards: PoolRewards,
    /// Cost of the update, by stage.
    pub stages: Vec<StageCost>,
    /// The pool after the update, before deposits and withdrawals.
    pub updated: PoolSnapshot,
    /// The epochs after the first one.
    pub epochs: Vec<EpochFigures>,
    /// The pool at the end.
    pub last: PoolSnapshot,
    /// The books.
    pub ledger: Ledger,
    /// The result with the extension; `None` with a plan, and for a pool without stake.
    pub extended: Option<Extended>,
    /// The result with a plan.
    pub planned: Option<Planned>,
}

/// Runs the rehearsal and writes it to `out`.
///
/// # Errors
/// [`InputError`], with the file; [`FetchError`]; [`RunError`], for example a mismatch if a record stays stale or a lamport is missing.
pub async fn run(options: &Options, out: &mut dyn Write) -> Result<DryRun, RehearseError> {
    let began = Instant::now();
    // An unreadable file needs no pool to be refused.
    let mut change = Change::read(options)?;
    let omits_metadata = change.omit_metadata();
    let mut saved = match &options.url {
        Some(url) => read_live(options, url, change.plan()).await?,
        None => SavedPool::read(&options.source)?,
    };
    let snapshot = made::snapshot(&saved, &Rent::default()).map_err(RunError::from)?;
    let (mut named, mut added, mut not_checked) = (vec![], vec![], false);
    if let Some(plan) = change.plan() {
        check_pool(plan.path(), plan.head(), &saved.address).map_err(RunError::from)?;
        check_program(plan.path(), plan.head(), &saved.program_id()).map_err(RunError::from)?;
        named = plan.desired().other_accounts(&snapshot);
        if options.url.is_none() {
            added = plan.desired().added(&snapshot);
            not_checked = plan.head().cluster.is_some();
        }
    }
    report::write_saved(out, &snapshot, saved.clock.as_ref())?;
    let strangers = saved.set_aside_strangers(&snapshot, &named);
    let made = made::make(&saved, &snapshot, options.moving, &added);
    report::write_made(out, saved.others.len(), &made)?;
    report::write_strangers(out, &strangers)?;
    if omits_metadata {
        report::figure(out, "left out", "metadata: the embedded cluster has no metadata program")?;
    }
    if not_checked {
        report::figure(out, "not checked", "the cluster of the plan: a folder does not name its own")?;
    }
    if let Some(folder) = &options.save {
        report::write_copy(out, saved.save(folder)?, folder)?;
    }
    if let Some(plan) = change.plan() {
        // On a cluster of its own: a plan that is refused leaves nothing half done.
        let cluster = start(options, &saved, &snapshot, made.clone())?;
        let driver = Driver::new(&cluster, saved.program_id(), PAYER_LAMPORTS);
        planned::check(&driver, &snapshot, plan).await?;
    }
    let cluster = start(options, &saved, &snapshot, made.clone())?;
    let driver = Driver::new(&cluster, saved.program_id(), PAYER_LAMPORTS);
    let mut rehearsed = rehearse(&driver, &snapshot, options.epochs, out).await?;
    // Starts again from the same accounts, for a comparison with the extension.
    let cluster = start(options, &saved, &snapshot, made)?;
    let driver = Driver::new(&cluster, saved.program_id(), PAYER_LAMPORTS);
    match &change {
        Change::Weights(weights) => {
            rehearsed.extended = extended::rehearse(driver, &snapshot, &rehearsed, weights, out).await?;
        }
        Change::Plan(plan) => {
            rehearsed.planned =
                Some(planned::rehearse(driver, &snapshot, &rehearsed, plan, options.verbose, out).await?);
        }
    }
    report::write_time(out, began.elapsed())?;
    Ok(rehearsed)
}

/// Reads the pool from the cluster at `url`.
async fn read_live(options: &Options, url: &str, plan: Option<&WantedFile>) -> Result<SavedPool, RehearseError> {
    let given = options.source.display().to_string();
    let pool: Address = given.parse().map_err(|_| FetchError::Address { given })?;
    let url = Config::default().url(Some(url));
    if !url.starts_with("http://") && !url.starts_with("https://") {
        return Err(FetchError::Url { given: url }.into());
    }
    if let Some(folder) = &options.save {
        input::check_is_free(folder)?;
    }
    let cluster = RpcCluster::new(url);
    Ok(Box::pin(input::fetch(&cluster, &pool, options.stake_accounts, plan)).await?)
}

/// A cluster with the pool on it.
fn start(
    options: &Options,
    saved: &SavedPool,
    snapshot: &PoolSnapshot,
    made: Made,
) -> Result<EmbeddedCluster, RunError> {
    let (head, accounts) = (&snapshot.pool().head, &saved.accounts);
    let own = [
        (saved.address, Some(accounts.pool.clone())),
        (head.validator_list, Some(accounts.validator_list.clone())),
        (head.reserve_stake, Some(accounts.reserve_stake.clone())),
        (head.pool_mint, Some(accounts.pool_mint.clone())),
        (head.manager_fee_account, accounts.manager_fee_account.clone()),
    ];
    let own = own.into_iter().filter_map(|(address, account)| Some((address, account?)));
    let others = saved.others.clone();
    let mut builder = with_stake(EmbeddedCluster::builder(), snapshot);
    if let Some(clock) = &saved.clock {
        // Notices end at a time.
        builder = builder.start_time(clock.unix_timestamp);
    }
    let builder =
        builder.start_epoch(made::start_epoch(saved, snapshot)).accounts(made.accounts).accounts(others).accounts(own);
    Ok(run::start(builder, saved.program_id(), options.program.as_deref())?)
}

fn with_stake(builder: EmbeddedClusterBuilder, snapshot: &PoolSnapshot) -> EmbeddedClusterBuilder {
    let pool = snapshot.rate().total_lamports.get();
    let stake = OTHER_STAKE.max(pool.saturating_mul(OTHER_STAKE_FACTOR).min(u64::MAX / 4));
    let spec = ValidatorSpec { stake_lamports: stake / OTHER_VALIDATORS, ..ValidatorSpec::default() };
    builder.validator_specs((0..OTHER_VALIDATORS).map(|_| spec.clone()))
}

async fn rehearse(
    driver: &Driver<'_>,
    saved: &PoolSnapshot,
    epochs: u32,
    out: &mut dyn Write,
) -> Result<DryRun, RunError> {
    let mut ledger = Ledger::default();
    book(&mut ledger, Side::Entered, driver, saved);
    let rewards = next_epoch(driver.cluster(), saved)?;
    ledger.book(Side::Entered, format!("rewards paid in epoch {}", rewards.epoch), rewards.total);
    let before = driver.read(&saved.address(), saved.program_id()).await?;
    let Updated { snapshot: updated, reward, fee, stages } = update(driver, &before).await?;
    report::write_update(out, &before, &updated, &rewards, &stages)?;
    report::write_rate(out, saved.rate(), updated.rate(), reward, &fee)?;

    let traded = trade::trade(driver, &updated, &mut ledger, out).await?;
    let (epochs, last) = epochs::update(driver, traded, epochs.saturating_sub(1), &mut ledger, out).await?;
    book(&mut ledger, Side::Held, driver, &last);
    RunError::check(
        "the pool's total, in lamports,",
        under_management(driver, &last),
        last.rate().total_lamports.get(),
    )?;
    report::write_books(out, &last, &ledger)?;
    ledger.check()?;
    Ok(DryRun {
        saved_rate: saved.rate(),
        rewards,
        stages,
        updated,
        epochs,
        last,
        ledger,
        extended: None,
        planned: None,
    })
}

/// Books all balances of the pool.
fn book(ledger: &mut Ledger, side: Side, driver: &Driver<'_>, snapshot: &PoolSnapshot) {
    let cluster = driver.cluster();
    ledger.book(side, "reserve", cluster.lamports(&snapshot.pool().head.reserve_stake));
    let addresses = snapshot.stake_addresses();
    let validators = addresses.iter().map(|addresses| cluster.lamports(&addresses.validator));
    ledger.book(side, "validator stake accounts", validators.sum());
    let transients = addresses.iter().map(|addresses| cluster.lamports(&addresses.transient));
    ledger.book(side, "transient stake accounts", transients.sum());
}
