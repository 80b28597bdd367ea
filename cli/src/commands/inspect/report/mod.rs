//! `tidepool report`

mod concentration;
mod csv;
mod html;
mod validators;

use {
    super::{history, show},
    crate::{
        context::Context,
        error::CliError,
        output::{Report, Text, to_json},
        units::{Units, address},
    },
    concentration::Concentration,
    serde::Serialize,
    solana_address::Address,
    std::{collections::HashMap, fmt, fs, path::PathBuf},
    tidepool_client::{
        cluster::Cluster,
        control::{Control, Power, Upgrades},
        pool::PoolSnapshot,
        vote::ValidatorSurvey,
    },
    validators::{Rewards, Validator},
};

const EXAMPLE: &str = "\
Example:
  tidepool report 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA --out report.html
  tidepool report 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA --format csv --out report.csv";

/// Write a report on a pool for its holders: rate, yield, rewards, fees, validators, limits, keys
///
/// The report is one HTML file without scripts and without links to other files, for screens and paper. Rates and totals are
/// those of the ledger in the pool account: up to 180 updates. A pool without the extension has no ledger, and its report
/// only the present figures. What a validator earned and cost is from the cluster's inflation rewards for the last epoch.
/// Sends nothing; needs no keypair.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Address of the pool
    #[arg(value_name = "POOL", value_parser = address)]
    pool: Address,

    /// File to write; an existing file is replaced [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Format of the report: html, json, or csv with a figure in each row
    #[arg(long, value_name = "FORMAT", value_enum, hide_possible_values = true, default_value_t)]
    format: ReportFormat,

    /// Number of updates in the report, the newest ones
    #[arg(long, value_name = "N", default_value_t = 180, value_parser = clap::value_parser!(u16).range(1..=180))]
    epochs: u16,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
enum ReportFormat {
    #[default]
    Html,
    Json,
    Csv,
}

#[derive(Debug, Serialize)]
pub struct Output {
    /// The file that was written; `null` for standard output.
    file: Option<String>,
    /// Unix time of the cluster's clock, in seconds.
    timestamp: i64,
    /// As of `show`.
    summary: show::Output,
    /// As of `history`; `null` without the extension.
    ledger: Option<history::Output>,
    #[serde(flatten)]
    rewards: Rewards,
    /// The one with the largest stake first.
    validators: Vec<Validator>,
    concentration: Concentration,
    control: Keys,
    #[serde(skip)]
    format: ReportFormat,
}

/// Who can change what.
#[derive(Debug, Serialize)]
struct Keys {
    roles: Vec<Role>,
    /// Who can replace the program, in words.
    upgrades: String,
    /// The key that can; `null` if none can, or if it is unknown.
    upgrade_authority: Option<Text<Address>>,
}

#[derive(Debug, Serialize)]
struct Role {
    role: &'static str,
    can: &'static str,
    address: Text<Address>,
    /// `key`, `derived` or `account`.
    key_kind: &'static str,
    #[serde(skip)]
    words: String,
}

impl Args {
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Output, CliError> {
        if self.out.is_none() && self.format != ReportFormat::Json && context.global.output.is_json() {
            return Err(CliError::usage(
                "--output json has no room for a report in HTML or CSV: specify its file with --out, or --format json",
            ));
        }
        let snapshot = context.look_at_stakes(&self.pool).await?;
        let mut output = self.read(context, &snapshot).await?;
        if let Some(path) = &self.out {
            output.file = Some(path.display().to_string());
            fs::write(path, output.document())
                .map_err(|error| CliError::usage(format!("cannot write {} ({error}): check --out", path.display())))?;
        }
        Ok(output)
    }

    async fn read<C: Cluster>(&self, context: &Context<'_, C>, snapshot: &PoolSnapshot) -> Result<Output, CliError> {
        let cluster = context.cluster;
        let reading = ValidatorSurvey::of_pool(cluster, snapshot);
        let survey = context.watch("Reading vote accounts", reading).await?;
        let groups = HashMap::new();
        let (validators, rewards) = validators::read(cluster, snapshot, &survey, &groups).await?;
        let ledger = snapshot.ledger().is_some().then(|| {
            let mut ledger = history::Output::of(snapshot);
            let surplus = ledger.entries.len().saturating_sub(self.epochs.into());
            ledger.entries.drain(..surplus);
            ledger
        });
        Ok(Output {
            file: None,
            timestamp: snapshot.environment().clock.unix_timestamp,
            summary: show::Output::read(cluster, snapshot, &survey).await?,
            ledger,
            rewards,
            concentration: Concentration::of(&validators),
            validators,
            control: Keys::from(&Control::read(cluster, snapshot).await?),
            format: self.format,
        })
    }
}

/// How the supply changed from one update to the next; `None` for the first.
fn supply_changes(entries: &[history::Entry]) -> Vec<Option<String>> {
    let before = std::iter::once(None).chain(entries.iter().map(|entry| Some(entry.pool_token_supply)));
    let change = |(entry, before): (&history::Entry, Option<u64>)| {
        let (before, now) = (before?, entry.pool_token_supply);
        Some(format!("{}{}", if now < before { "-" } else { "" }, Units(now.abs_diff(before))))
    };
    entries.iter().zip(before).map(change).collect()
}

impl From<&Control> for Keys {
    fn from(control: &Control) -> Self {
        let role = |power: &Power| Role {
            role: power.role,
            can: power.can,
            address: Text(power.key),
            key_kind: power.kind.name(),
            words: power.kind.to_string(),
        };
        Self {
            roles: control.powers.iter().map(role).collect(),
            upgrades: control.upgrades.to_string(),
            upgrade_authority: match control.upgrades {
                Upgrades::By(key, _) => Some(Text(key)),
                Upgrades::None | Upgrades::Unknown => None,
            },
        }
    }
}

impl Output {
    /// The report as a file has it.
    fn document(&self) -> String {
        match self.format {
            ReportFormat::Html => html::document(self),
            ReportFormat::Csv => csv::document(self),
            ReportFormat::Json => crate::output::Format::Json.render(&to_json(self)) + "\n",
        }
    }
}

impl Report for Output {
    fn write(&self, f: &mut fmt::Formatter<'_>, _: bool) -> fmt::Result {
        match &self.file {
            Some(file) => writeln!(f, "Report on pool {} written to {file}", self.summary.address),
            None => f.write_str(&self.document()),
        }
    }
}
