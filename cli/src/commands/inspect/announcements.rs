//! `tidepool announcements`

use {
    crate::{
        context::Context,
        error::CliError,
        output::{Report, Text, write_fields},
        units::address,
        view::{limits::Announced, policy::policy_of},
    },
    serde::Serialize,
    solana_address::Address,
    std::fmt,
    tidepool_client::cluster::Cluster,
};

const EXAMPLE: &str = "\
Example:
  tidepool announcements 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA";

/// Show the announced changes of a pool, and when they can be made
///
/// In a pool with a notice the manager announces changes of authorities, deposit fees and policies before they can be made, so that
/// holders can leave. Manager and guardian can withdraw an announcement (`tidepool cancel-announcement`). Sends nothing; needs no
/// keypair.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Address of the pool
    #[arg(value_name = "POOL", value_parser = address)]
    pool: Address,
}

#[derive(Debug, Serialize)]
pub struct Output {
    pool: Text<Address>,
    /// The epoch of the cluster.
    epoch: u64,
    /// The notice of the pool; 0 for none.
    notice_epochs: u16,
    notice_seconds: u32,
    /// May withdraw announcements, as the manager may; `null` without a guardian.
    guardian: Option<Text<Address>>,
    announcements: Vec<Announced>,
}

impl Args {
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Output, CliError> {
        let snapshot = context.look_at(&self.pool).await?;
        policy_of(&snapshot)?;
        let limits = snapshot.limits();
        Ok(Output {
            pool: Text(self.pool),
            epoch: snapshot.epoch(),
            notice_epochs: limits.notice_epochs.get(),
            notice_seconds: limits.notice_seconds.get(),
            guardian: limits.guardian().copied().map(Text),
            announcements: Announced::of(&snapshot),
        })
    }
}

impl Report for Output {
    fn write(&self, f: &mut fmt::Formatter<'_>, _: bool) -> fmt::Result {
        let pool = self.pool;
        if self.announcements.is_empty() {
            writeln!(f, "Pool {pool} has no announced changes")?;
            if self.notice_epochs == 0 && self.notice_seconds == 0 {
                writeln!(f, "It has no notice: its manager can make changes at once")?;
            }
            return Ok(());
        }
        writeln!(f, "Announced changes of pool {pool}")?;
        for announced in &self.announcements {
            let kind = announced.kind.replace('_', "-");
            write_fields(
                f,
                &[
                    (announced.name, announced.value.clone()),
                    ("when", announced.when()),
                    ("to withdraw", format!("tidepool cancel-announcement {pool} {kind}")),
                ],
            )?;
        }
        let guardian = self.guardian.map_or(String::new(), |guardian| format!(", or its guardian {guardian}"));
        writeln!(f, "The pool's manager{guardian} can withdraw them")
    }
}
