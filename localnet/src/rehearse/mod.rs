//! A rehearsal with a live pool's accounts: Tidepool's program takes over the pool on an embedded cluster and updates it in the next
//! epoch.

mod extended;
mod holders;
mod input;
mod made;
mod report;
mod trade;

pub use {extended::Extended, holders::ForHolders, input::InputError, made::Moving};

use {
    crate::run::{
        self, Driver, Ledger, PoolRewards, RunError, Side, StageCost, Updated, next_epoch, under_management, update,
    },
    input::SavedPool,
    made::Made,
    solana_native_token::LAMPORTS_PER_SOL,
    solana_rent::Rent,
    std::{
        io::{self, Write},
        path::PathBuf,
        time::Instant,
    },
    thiserror::Error,
    tidepool_client::pool::PoolSnapshot,
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
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Folder with the pool's accounts (pool, validator list, reserve, mint, the manager's fee account if at hand), each saved by
    /// `solana account ADDRESS --output json`
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,

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
    Run(#[from] RunError),
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
    /// The pool at the end.
    pub last: PoolSnapshot,
    /// The books.
    pub ledger: Ledger,
    /// The result with the extension; `None` for a pool without stake.
    pub extended: Option<Extended>,
}

/// Runs the rehearsal and writes it to `out`.
///
/// # Errors
/// [`InputError`], with the file; [`RunError`], for example a mismatch if a record stays stale or a lamport is missing.
pub async fn run(options: &Options, out: &mut dyn Write) -> Result<DryRun, RehearseError> {
    let began = Instant::now();
    let mut saved = SavedPool::read(&options.folder)?;
    let snapshot = made::snapshot(&saved, &Rent::default()).map_err(RunError::from)?;
    report::write_saved(out, &snapshot)?;
    let strangers = saved.set_aside_strangers(&snapshot);
    let made = made::make(&saved, &snapshot, options.moving);
    report::write_made(out, &made)?;
    report::write_strangers(out, &strangers)?;
    let cluster = start(options, &saved, &snapshot, made.clone())?;
    let driver = Driver::new(&cluster, saved.program_id(), PAYER_LAMPORTS);
    let mut rehearsed = rehearse(&driver, &snapshot, out).await?;
    // Starts again from the same accounts, for a comparison with the extension.
    let cluster = start(options, &saved, &snapshot, made)?;
    let driver = Driver::new(&cluster, saved.program_id(), PAYER_LAMPORTS);
    rehearsed.extended = extended::rehearse(driver, &snapshot, &rehearsed, out).await?;
    report::write_time(out, began.elapsed())?;
    Ok(rehearsed)
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
    let others = saved.others.values().map(|saved| (saved.address, saved.account.clone()));
    let builder = with_stake(EmbeddedCluster::builder(), snapshot)
        .start_epoch(made::start_epoch(snapshot))
        .accounts(made.accounts)
        .accounts(others)
        .accounts(own);
    Ok(run::start(builder, saved.program_id(), options.program.as_deref())?)
}

fn with_stake(builder: EmbeddedClusterBuilder, snapshot: &PoolSnapshot) -> EmbeddedClusterBuilder {
    let pool = snapshot.rate().total_lamports.get();
    let stake = OTHER_STAKE.max(pool.saturating_mul(OTHER_STAKE_FACTOR).min(u64::MAX / 4));
    let spec = ValidatorSpec { stake_lamports: stake / OTHER_VALIDATORS, ..ValidatorSpec::default() };
    builder.validator_specs((0..OTHER_VALIDATORS).map(|_| spec.clone()))
}

async fn rehearse(driver: &Driver<'_>, saved: &PoolSnapshot, out: &mut dyn Write) -> Result<DryRun, RunError> {
    let mut ledger = Ledger::default();
    book(&mut ledger, Side::Entered, driver, saved);
    let rewards = next_epoch(driver.cluster(), saved)?;
    ledger.book(Side::Entered, format!("rewards paid in epoch {}", rewards.epoch), rewards.total);
    let before = driver.read(&saved.address(), saved.program_id()).await?;
    let Updated { snapshot: updated, reward, fee, stages } = update(driver, &before).await?;
    report::write_update(out, &before, &updated, &rewards, &stages)?;
    report::write_rate(out, saved.rate(), updated.rate(), reward, &fee)?;

    let last = trade::trade(driver, &updated, &mut ledger, out).await?;
    book(&mut ledger, Side::Held, driver, &last);
    RunError::check(
        "the pool's total, in lamports,",
        under_management(driver, &last),
        last.rate().total_lamports.get(),
    )?;
    report::write_books(out, &last, &ledger)?;
    ledger.check()?;
    Ok(DryRun { saved_rate: saved.rate(), rewards, stages, updated, last, ledger, extended: None })
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
