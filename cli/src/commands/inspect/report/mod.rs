//! `tidepool report`

mod concentration;
mod csv;
mod figures;
mod flows;
mod html;
mod validators;

use {
    crate::{
        commands::manage::select::files,
        context::Context,
        error::CliError,
        output::{Format, Report, to_json},
        units::address,
    },
    figures::Figures,
    flows::Flows,
    serde::Serialize,
    solana_address::Address,
    std::{
        collections::HashMap,
        fmt, fs,
        path::{Path, PathBuf},
    },
    tidepool_client::cluster::Cluster,
};

const EXAMPLE: &str = "\
Example:
  tidepool report 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA --events --out report.html
  tidepool report 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA --format csv --out report.csv";

/// Write a report on a pool for its holders: rate, yield, fees, validators
///
/// The report is one HTML file without scripts and without links to other files, for screens and paper. Rates and totals are
/// those of the ledger in the pool account: up to 180 updates. A pool without the extension has no ledger, and its report
/// only the present figures. What a validator earned and cost is from the cluster's inflation rewards for the last epoch.
/// Deposits and withdrawals are in the history of the endpoint, which takes time to read: --events adds them.
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

    /// Read all events of the pool, for the deposits and withdrawals of each epoch
    #[arg(long)]
    events: bool,

    /// CSV or JSON with the columns vote and group: the report adds up the stake of each group
    #[arg(long, value_name = "FILE")]
    groups: Option<PathBuf>,
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
    #[serde(flatten)]
    figures: Figures,
    #[serde(skip)]
    format: ReportFormat,
}

impl Args {
    /// Whether it reads events, which a fork can drop before they are final.
    pub const fn reads_events(&self) -> bool {
        self.events
    }

    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Output, CliError> {
        if self.out.is_none() && self.format != ReportFormat::Json && context.global.output.is_json() {
            return Err(CliError::usage(
                "--output json has no room for a report in HTML or CSV: specify its file with --out, or --format json",
            ));
        }
        let groups = self.groups.as_deref().map_or_else(|| Ok(HashMap::new()), read_groups)?;
        let (flows, snapshot) = if self.events {
            let reading = Flows::read(context, self.pool);
            // The other figures are of the same state.
            let (flows, snapshot) = context.watch("Reading the events of the pool", reading).await?;
            (Some(flows), snapshot)
        } else {
            (None, context.look_at_stakes(&self.pool).await?)
        };
        let figures = Figures { flows, ..Figures::read(context, &snapshot, &groups, self.epochs.into()).await? };
        let mut output = Output { file: None, figures, format: self.format };
        if let Some(path) = &self.out {
            output.file = Some(path.display().to_string());
            fs::write(path, output.document())
                .map_err(|error| CliError::usage(format!("cannot write {} ({error}): check --out", path.display())))?;
        }
        Ok(output)
    }
}

fn read_groups(path: &Path) -> Result<HashMap<Address, String>, CliError> {
    files::table(path, None, "--groups")?.texts("group").ok_or_else(|| {
        CliError::usage(format!("{}, line 1, column 1: no column group: name it in the heading", path.display()))
    })
}

impl Output {
    /// The report as a file has it.
    fn document(&self) -> String {
        match self.format {
            ReportFormat::Html => html::document(&self.figures),
            ReportFormat::Csv => csv::document(&self.figures),
            ReportFormat::Json => Format::Json.render(&to_json(self)) + "\n",
        }
    }
}

impl Report for Output {
    fn write(&self, f: &mut fmt::Formatter<'_>, _: bool) -> fmt::Result {
        match &self.file {
            Some(file) => writeln!(f, "Report on pool {} written to {file}", self.figures.summary.address),
            None => f.write_str(&self.document()),
        }
    }
}
