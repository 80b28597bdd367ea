//! `tidepool select`

mod facts;
pub mod files;
mod output;

use {
    crate::{context::Context, error::CliError, units::address},
    files::DataFile,
    output::Output,
    solana_address::Address,
    std::path::PathBuf,
    tidepool_client::cluster::Cluster,
    tidepool_selection::{Facts, Inputs, select, weights_file},
};

const EXAMPLE: &str = "\
Example:
  tidepool select 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA --policy policy.toml \\
      --data scores.csv --data geo=places.json --out weights.csv --save-facts facts.json
  tidepool select --facts facts.json --policy policy.toml --data scores.csv --explain";

/// Choose validators and their weights by a policy file
///
/// Reads facts about all validators from the cluster and the pool, and further ones from --data files: CSV with a heading, or
/// JSON, joined by vote account. The policy (TOML) has rules, formulas, caps for groups such as data centres, limits of counts,
/// and a margin by which a new validator has to be better than one of the pool. docs/selection.md explains it, with an example.
///
/// The answer is the weights file for `tidepool set-weights --file`, with digests of all inputs: the same inputs yield the same
/// bytes. If an input is invalid, or a cap cannot be met, nothing is written. Sends nothing; needs no keypair.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Address of the pool
    #[arg(value_name = "POOL", value_parser = address, required_unless_present = "facts")]
    pool: Option<Address>,

    /// Policy file (TOML)
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,

    /// CSV or JSON file with more facts; repeat for several. NAME=FILE puts NAME_ before the names of its columns
    #[arg(long, value_name = "[NAME=]FILE")]
    data: Vec<DataFile>,

    /// Read saved facts, not the cluster
    #[arg(long, value_name = "FILE")]
    facts: Option<PathBuf>,

    /// Save the facts of the cluster and the pool, so that the selection can be repeated
    #[arg(long, value_name = "FILE", conflicts_with = "facts")]
    save_facts: Option<PathBuf>,

    /// Write the weights to a file [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Give the reason for each excluded validator
    #[arg(long)]
    explain: bool,
}

impl Args {
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Output, CliError> {
        // A file that is wrong needs no cluster to be refused.
        let policy = files::policy(&self.policy)?;
        let tables = self.data.iter().map(DataFile::read).collect::<Result<Vec<_>, _>>()?;
        let facts = self.facts(context).await?;
        let inputs =
            Inputs { policy: &policy, policy_file: &self.policy.display().to_string(), facts: &facts, tables: &tables };
        let selection = select(&inputs)?;
        let file = weights_file(&selection);
        if let Some(path) = &self.save_facts {
            files::write(path, &facts.to_file())?;
        }
        if let Some(path) = &self.out {
            files::write(path, &file)?;
        }
        let output = Output::new(selection, file, self.out.as_deref(), self.save_facts.as_deref(), self.explain);
        if self.out.is_none() && !context.global.output.is_json() {
            // Standard output is the weights file.
            output.sentences(context.global.verbose).iter().for_each(|sentence| context.terminal.note(sentence));
        }
        Ok(output)
    }

    async fn facts<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Facts, CliError> {
        let Some(path) = &self.facts else {
            let pool =
                self.pool.ok_or_else(|| CliError::usage("missing pool: specify it, or saved facts with --facts"))?;
            return facts::read(context, &pool).await;
        };
        let facts = files::facts(path)?;
        match (self.pool, facts.pool) {
            (Some(wanted), Some(found)) if wanted != found => {
                let path = path.display();
                Err(CliError::usage(format!(
                    "{path} has the facts of pool {found}, not {wanted}: use the facts of that pool"
                )))
            }
            _ => Ok(facts),
        }
    }
}
