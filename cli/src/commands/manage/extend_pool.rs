//! `tidepool extend-pool`

use {
    crate::{
        context::Context,
        settings::{Answer, Change, ManagerArgs},
        units::sol,
        unsent::Halt,
    },
    serde::Serialize,
    tidepool_client::{actions, cluster::Cluster},
    tidepool_interface::state::EXTENDED_POOL_LENGTH,
};

const EXAMPLE: &str = "\
Example:
  tidepool extend-pool 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA --manager manager.json";

/// Add the extension to a pool: weights, a policy and rebalancing
///
/// Lengthens the pool account from 611 to 5,987 bytes, whose rent the fee payer pays. The pool behaves as before until weights
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
        let rent = sol(setting.rent_lamports);
        let lines = vec![
            ("rent", format!("{rent}, kept in the pool account")),
            ("account", format!("{} bytes now, {} then", setting.account_bytes_before, setting.account_bytes)),
            ("behaviour", "unchanged until weights are set".into()),
        ];
        let next = "unchanged until weights are set: `tidepool set-weights`".into();
        let change = Change {
            paid_lamports: setting.rent_lamports,
            lines_when_done: vec![("rent", rent), ("next", next)],
            verbs: Some(["Extend", "Extended"]),
            // A pool that has the extension is refused.
            ..Change::new("the extension", true, lines)
        };
        self.manager.set(context, &fresh, (setting, change), group).await
    }
}
