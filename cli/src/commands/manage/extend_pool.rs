//! `tidepool extend-pool`

use {
    crate::{
        context::Context,
        output::Line,
        settings::{Answer, ManagerArgs, Setting},
        units::sol,
        unsent::Halt,
    },
    serde::Serialize,
    solana_address::Address,
    tidepool_client::{actions, cluster::Cluster},
    tidepool_interface::state::EXTENDED_POOL_LENGTH,
};

const EXAMPLE: &str = "\
Example:
  tidepool extend-pool 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA --manager manager.json";

/// Add the extension to a pool: weights, a policy and rebalancing
///
/// Lengthens the pool account from 611 to 739 bytes, whose rent the fee payer pays. The pool behaves as before until weights
/// are set with `tidepool set-weights`. Searches for pools with `dataSize: 611` no longer find it. The pool's program must be
/// Tidepool. Signed by the pool's manager.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    #[command(flatten)]
    manager: ManagerArgs,
}

#[derive(Debug, Serialize)]
pub struct Extension {
    rent_lamports: u64,
    account_bytes_before: usize,
    account_bytes: usize,
}

impl Args {
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Answer<Extension>, Halt> {
        let fresh = self.manager.read(context).await?;
        let snapshot = &fresh.snapshot;
        let payer = context.fee_payer()?.pubkey();
        let group = actions::extend_pool(snapshot, &payer)?;
        let length = snapshot.accounts().pool.data.len();
        let setting = Extension {
            rent_lamports: actions::extension_rent(snapshot),
            account_bytes_before: length,
            account_bytes: length.max(EXTENDED_POOL_LENGTH),
        };
        self.manager.set(context, &fresh, setting, group).await
    }
}

impl Setting for Extension {
    fn subject(&self) -> String {
        "the extension".into()
    }

    /// A pool that has the extension is refused.
    fn is_changed(&self) -> bool {
        true
    }

    fn paid_lamports(&self) -> u64 {
        self.rent_lamports
    }

    fn lines(&self) -> Vec<Line> {
        vec![
            ("rent", format!("{}, kept in the pool account", sol(self.rent_lamports))),
            ("account", format!("{} bytes now, {} then", self.account_bytes_before, self.account_bytes)),
            ("behaviour", "unchanged until weights are set".into()),
        ]
    }

    fn to_do(&self, pool: &Address) -> String {
        format!("Extend pool {pool}")
    }

    fn done(&self, pool: &Address) -> String {
        format!("Extended pool {pool}")
    }

    fn lines_when_done(&self) -> Vec<Line> {
        vec![
            ("rent", sol(self.rent_lamports)),
            ("next", "unchanged until weights are set: `tidepool set-weights`".into()),
        ]
    }
}
