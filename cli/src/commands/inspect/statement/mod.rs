//! `tidepool statement`

mod period;
mod rows;
mod text;

use {
    crate::{
        context::Context,
        error::CliError,
        output::{Report, Text},
        units::{Units, address},
    },
    period::{Bound, Period},
    rows::Row,
    serde::Serialize,
    solana_address::Address,
    std::fmt,
    tidepool_client::{
        cluster::Cluster,
        statement::{self, accruals, read_movements},
    },
};

const EXAMPLE: &str = "\
Example:
  tidepool statement --pool 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA --from 2026-01-01
  tidepool statement 5rLbJz6YGQLk6LtBrFwn9WqmWpFHKxZnPqmw5eSYcuGR --format csv";

/// Show a holder's deposits, withdrawals, rewards and costs in a period
///
/// Movements are those of the wallet's token accounts in the endpoint's history; what it does not keep is named as a gap. Rewards are
/// the growth of the balance's value at each update, by the ledger in the pool account. Costs are given first in first out and by the
/// average. Amounts are SOL, not a currency. Sends nothing; needs no keypair if WALLET is given.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Address of the wallet [default: your wallet]
    #[arg(value_name = "WALLET", value_parser = address)]
    wallet: Option<Address>,

    /// Address of the pool [default: TIDEPOOL_POOL, or the configuration file's]
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    pool: Option<Address>,

    /// First day (UTC) or epoch of the period [default: the first movement]
    #[arg(long, value_name = "DATE|EPOCH")]
    from: Option<Bound>,

    /// Last day (UTC) or epoch of the period [default: now]
    #[arg(long, value_name = "DATE|EPOCH")]
    to: Option<Bound>,

    /// Format: plain, csv or json
    #[arg(long, value_name = "FORMAT", value_enum, hide_possible_values = true, default_value_t)]
    format: StatementFormat,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
enum StatementFormat {
    #[default]
    Plain,
    Csv,
    Json,
}

#[derive(Debug, Serialize)]
pub struct Output {
    wallet: Text<Address>,
    pool: Text<Address>,
    /// The epoch of the cluster.
    epoch: u64,
    opening: Balance,
    closing: Balance,
    totals: Totals,
    /// In the period, the oldest first.
    rows: Vec<Row>,
    /// What the history does not tell, in sentences.
    gaps: Vec<String>,
    #[serde(skip)]
    format: StatementFormat,
}

/// A balance at a bound of the period.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
struct Balance {
    pool_tokens: u64,
    /// By the rate of the last update then; `null` if the ledger does not have it.
    lamports: Option<u64>,
    /// What it cost; `null` if unknown.
    first_in_cost_lamports: Option<u64>,
    average_cost_lamports: Option<u64>,
    /// What open exit tickets are to pay; `null` if unknown.
    owed_lamports: Option<u64>,
}

/// Sums over the period. `null` if a part is unknown.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
struct Totals {
    deposited_lamports: Option<u64>,
    /// Exit tickets count at their request.
    withdrawn_lamports: Option<u64>,
    /// Pool tokens of transfers.
    received_pool_tokens: u64,
    sent_pool_tokens: u64,
    accrued_lamports: i64,
    /// Gains of what left.
    first_in_gain_lamports: Option<i64>,
    average_gain_lamports: Option<i64>,
}

impl Args {
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Output, CliError> {
        if self.format == StatementFormat::Csv && context.global.output.is_json() {
            return Err(CliError::usage("--format csv cannot be combined with --output json: choose one of them"));
        }
        let wallet = match self.wallet {
            Some(wallet) => wallet,
            None => context.wallet()?.pubkey(),
        };
        let default = context.global.defaults.pool.as_ref().map(|default| default.address);
        let pool = self.pool.or(default).ok_or_else(|| {
            CliError::usage("missing pool: specify it with --pool, TIDEPOOL_POOL or the configuration file")
        })?;
        let snapshot = context.look_at(&pool).await?;
        let reading = read_movements(context.cluster, &snapshot, &wallet);
        let movements = context.watch("Reading the wallet's history", reading).await?;
        let recorded = snapshot.recorded();
        let accruals = accruals(&recorded, &movements);
        let mut gaps: Vec<_> = movements.gaps.iter().map(ToString::to_string).collect();
        gaps.extend(missing_rates(&snapshot, &movements));
        let period = Period { from: self.from, to: self.to };
        let book = rows::Book::new(&recorded, snapshot.rate(), period).keep(&movements, &accruals);
        Ok(Output {
            wallet: Text(wallet),
            pool: Text(pool),
            epoch: snapshot.epoch(),
            opening: book.opening,
            closing: book.closing,
            totals: book.totals,
            rows: book.rows,
            gaps,
            format: self.format,
        })
    }
}

/// Says from when on the ledger has no rates of a holder's time.
fn missing_rates(snapshot: &tidepool_client::pool::PoolSnapshot, movements: &statement::Movements) -> Option<String> {
    let first = movements.all.first().map_or(snapshot.epoch(), |movement| movement.epoch);
    match snapshot.recorded().last() {
        None => Some("the pool has no ledger: rewards of each epoch and values of transfers are unknown".into()),
        Some(oldest) if oldest.epoch > first && movements.balance > 0 => Some(format!(
            "the pool's ledger begins in epoch {}: rewards and values before it are unknown",
            oldest.epoch
        )),
        Some(_) => None,
    }
}

/// A signed amount in SOL or pool tokens, as a plain decimal.
fn signed(amount: i64) -> String {
    format!("{}{}", if amount < 0 { "-" } else { "" }, Units(amount.unsigned_abs()))
}

impl Report for Output {
    fn write(&self, f: &mut fmt::Formatter<'_>, _: bool) -> fmt::Result {
        match self.format {
            StatementFormat::Plain => text::write(f, self),
            StatementFormat::Csv => f.write_str(&rows::csv(self)),
            StatementFormat::Json => f.write_str(&crate::output::Format::Json.render(&crate::output::to_json(self))),
        }
    }
}
