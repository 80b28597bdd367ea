//! `tidepool export`

use {
    super::select::files,
    crate::{
        context::Context,
        desired::export,
        error::CliError,
        output::{Report, Text},
        units::address,
    },
    serde::Serialize,
    solana_address::Address,
    std::{fmt, path::PathBuf},
    tidepool_client::{
        cluster::Cluster,
        desired::{Desired, Live},
    },
};

const EXAMPLE: &str = "\
Example:
  tidepool export 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA --out pool.toml";

/// Write the settings and validators of a pool to a file
///
/// The file (TOML) has the pool's validators with their weights, fees, policies, limits, authorities, preferred validators, and
/// the metadata of its token, with units in comments. Keep it under version control, change it, and carry the change out with
/// `tidepool plan` and `tidepool apply`. Sends nothing; needs no keypair.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Address of the pool
    #[arg(value_name = "POOL", value_parser = address)]
    pool: Address,

    /// Write to a file [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
pub struct Output {
    pool: Text<Address>,
    /// The file; `null` if it was not written.
    file: Option<String>,
    /// What it holds.
    text: String,
}

impl Args {
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Output, CliError> {
        let snapshot = context.look_at(&self.pool).await?;
        let live = Live::read(context.cluster, snapshot, &Desired::default()).await?;
        let text = export(&live, context.cluster.genesis_hash().await?);
        if let Some(path) = &self.out {
            files::write(path, &text)?;
        }
        let file = self.out.as_ref().map(|path| path.display().to_string());
        Ok(Output { pool: Text(self.pool), file, text })
    }
}

impl Report for Output {
    fn write(&self, f: &mut fmt::Formatter<'_>, _: bool) -> fmt::Result {
        match &self.file {
            None => f.write_str(&self.text),
            Some(file) => writeln!(f, "Wrote pool {} to {file}: change it, then run `tidepool plan {file}`", self.pool),
        }
    }
}
