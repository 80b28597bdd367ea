//! `tidepool history`

use {
    crate::{
        context::Context,
        error::CliError,
        output::{Report, Text},
        units::{Units, address, local_time},
        view::policy::policy_of,
    },
    serde::Serialize,
    solana_address::Address,
    std::fmt,
    tidepool_client::{
        cluster::Cluster,
        pool::{PoolSnapshot, Recorded},
        words::{duration, lamports_per_whole_token},
    },
};

const EXAMPLE: &str = "\
Example:
  tidepool history 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA
  tidepool history 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA --csv";

/// Show a pool's exchange rate and totals, epoch by epoch
///
/// From the ledger in the pool account: up to 180 updates, about a year. An epoch without an update has no row, and the next row has
/// the time of both. The last line draws the growth of the rate in each row, the oldest first. The pool needs the extension
/// (`tidepool extend-pool`). Sends nothing; needs no keypair.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Address of the pool
    #[arg(value_name = "POOL", value_parser = address)]
    pool: Address,

    /// Print comma-separated values, with the amounts in lamports and smallest units
    #[arg(long)]
    csv: bool,
}

#[derive(Debug, Serialize)]
pub struct Output {
    pub(super) pool: Text<Address>,
    /// The oldest first.
    pub(super) entries: Vec<Entry>,
    /// Rewards since the pool was extended, before the manager's fee. A gift to the pool counts as a reward.
    pub(super) reward_lamports: u64,
    /// Pool tokens of the manager's fee on rewards since the pool was extended.
    pub(super) fee_pool_tokens: u64,
    #[serde(skip)]
    pub(super) csv: bool,
}

/// The last update of an epoch.
#[derive(Debug, Serialize)]
pub(super) struct Entry {
    pub(super) epoch: u64,
    /// Unix time of the update, in seconds.
    pub(super) timestamp: i64,
    /// Epochs since the row before, and seconds; `null` in the first row.
    pub(super) epochs: Option<u64>,
    pub(super) seconds: Option<u32>,
    pub(super) total_lamports: u64,
    pub(super) pool_token_supply: u64,
    /// Rounded down; `null` without a supply.
    pub(super) lamports_per_whole_pool_token: Option<u64>,
    /// Growth of the exchange rate since the row before, in percent; `null` in the first row, and next to an empty pool.
    pub(super) growth_percent: Option<f64>,
}

impl Args {
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Output, CliError> {
        if self.csv && context.global.output.is_json() {
            return Err(CliError::usage("--csv cannot be combined with --output json: choose one of them"));
        }
        let snapshot = context.look_at(&self.pool).await?;
        policy_of(&snapshot)?;
        Ok(Output { csv: self.csv, ..Output::of(&snapshot) })
    }
}

impl Output {
    pub(super) fn of(snapshot: &PoolSnapshot) -> Self {
        let mut recorded = snapshot.recorded();
        recorded.reverse();
        let before = std::iter::once(None).chain(recorded.iter().map(Some));
        let entries = recorded.iter().zip(before).map(|(now, before)| Entry::of(now, before)).collect();
        let totals = snapshot.ledger().map_or((0, 0), |ledger| (ledger.rewards.get(), ledger.fees.get()));
        Self {
            pool: Text(snapshot.address()),
            entries,
            reward_lamports: totals.0,
            fee_pool_tokens: totals.1,
            csv: false,
        }
    }

    fn write_csv(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "epoch,timestamp,seconds,total_lamports,pool_token_supply,lamports_per_whole_pool_token,growth_percent"
        )?;
        for entry in &self.entries {
            let or_empty = |value: Option<String>| value.unwrap_or_default();
            writeln!(
                f,
                "{},{},{},{},{},{},{}",
                entry.epoch,
                entry.timestamp,
                or_empty(entry.seconds.map(|seconds| seconds.to_string())),
                entry.total_lamports,
                entry.pool_token_supply,
                or_empty(entry.lamports_per_whole_pool_token.map(|price| price.to_string())),
                or_empty(entry.growth_percent.map(|growth| format!("{growth:.9}"))),
            )?;
        }
        Ok(())
    }

    fn write_table(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.entries.is_empty() {
            return writeln!(f, "Pool {} has no update since it was extended", self.pool);
        }
        writeln!(f, "Updates of pool {}", self.pool)?;
        let head = ["epoch", "update", "after", "SOL", "pool tokens", "SOL per pool token", "growth"];
        let rows: Vec<_> = self.entries.iter().map(Entry::cells).collect();
        let width =
            |column: usize| rows.iter().map(|row| row[column].len()).chain([head[column].len()]).max().unwrap_or(0);
        let widths: Vec<_> = (0..head.len()).map(width).collect();
        for row in [head.map(str::to_owned)].iter().chain(&rows) {
            let cells: Vec<_> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:>width$}")).collect();
            writeln!(f, "  {}", cells.join("  "))?;
        }
        let growths: Vec<_> = self.entries.iter().skip(1).map(|entry| entry.growth_percent).collect();
        if growths.is_empty() { Ok(()) } else { writeln!(f, "  growth: {}", sparkline(&growths)) }
    }
}

impl Entry {
    fn of(now: &Recorded, before: Option<&Recorded>) -> Self {
        Self {
            epoch: now.epoch,
            timestamp: now.timestamp,
            epochs: before.map(|before| now.epoch.saturating_sub(before.epoch)),
            seconds: before.map(|_| now.seconds),
            total_lamports: now.rate.total_lamports.get(),
            pool_token_supply: now.rate.pool_token_supply.get(),
            lamports_per_whole_pool_token: lamports_per_whole_token(&now.rate),
            growth_percent: before.and_then(|before| now.growth_since(before)).map(|growth| growth * 100.0),
        }
    }

    fn cells(&self) -> [String; 7] {
        let after = match (self.epochs, self.seconds) {
            (Some(1), Some(seconds)) => duration(seconds.into()),
            (Some(epochs), Some(seconds)) => format!("{epochs} epochs, {}", duration(seconds.into())),
            _ => String::new(),
        };
        [
            self.epoch.to_string(),
            local_time(self.timestamp),
            after,
            Units(self.total_lamports).to_string(),
            Units(self.pool_token_supply).to_string(),
            self.lamports_per_whole_pool_token.map_or("none".into(), |price| Units(price).to_string()),
            self.growth_percent.map_or(String::new(), |growth| format!("{growth:.4} %")),
        ]
    }
}

/// A line of bars, the highest for the largest value; a space for a value that is not known.
fn sparkline(values: &[Option<f64>]) -> String {
    const BARS: [char; 8] =
        ['\u{2581}', '\u{2582}', '\u{2583}', '\u{2584}', '\u{2585}', '\u{2586}', '\u{2587}', '\u{2588}'];
    let known = || values.iter().copied().flatten();
    let (least, most) = (known().fold(f64::INFINITY, f64::min), known().fold(f64::NEG_INFINITY, f64::max));
    let bar = |value: f64| {
        let share = if most > least { (value - least) / (most - least) } else { 0.0 };
        BARS[((share * BARS.len() as f64) as usize).min(BARS.len() - 1)]
    };
    values.iter().map(|value| value.map_or(' ', bar)).collect()
}

impl Report for Output {
    fn write(&self, f: &mut fmt::Formatter<'_>, _: bool) -> fmt::Result {
        if self.csv { self.write_csv(f) } else { self.write_table(f) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_grow_with_values() {
        assert_eq!(sparkline(&[Some(0.0), None, Some(1.0), Some(2.0)]), "\u{2581} \u{2585}\u{2588}");
        assert_eq!(sparkline(&[Some(0.5), Some(0.5)]), "\u{2581}\u{2581}");
        assert_eq!(sparkline(&[Some(-1.0), Some(1.0)]), "\u{2581}\u{2588}");
        assert_eq!(sparkline(&[None]), " ");
    }
}
