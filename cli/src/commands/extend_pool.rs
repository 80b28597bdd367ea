//! `tidepool extend-pool`

use {
    super::wallet::check_balance,
    crate::{
        args::address,
        context::Context,
        error::CliError,
        keys::KeySource,
        output::{CommandOutput, Landed, Text, to_json, write_fields, write_signatures},
        units::sol,
    },
    serde::Serialize,
    serde_json::Value,
    solana_address::Address,
    std::fmt,
    tidepool_client::{actions, cluster::Cluster, plan::Plan, pool::StakeSelection},
    tidepool_interface::state::EXTENDED_POOL_LENGTH,
};

const EXAMPLE: &str = "\
Example:
  tidepool extend-pool 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA --manager manager.json";

/// Give a pool weights and a policy, by which it spreads its stake
///
/// Lengthens the pool's account, whose rent the fee payer pays, and costs nothing else. The pool behaves as before until
/// weights are set with `tidepool set-weights`; wallets and other tools notice nothing, then or later. The pool's program has to
/// be Tidepool. The pool's manager signs.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// The pool
    #[arg(value_name = "POOL", value_parser = address)]
    pool: Address,

    /// Key of the pool's manager [default: your wallet's]
    #[arg(long, value_name = "KEYPAIR")]
    manager: Option<KeySource>,
}

/// A pool that has been extended.
#[derive(Debug, Serialize)]
pub struct Output {
    pool: Text<Address>,
    /// Lamports of rent that were paid.
    rent_lamports: u64,
    account_bytes_before: usize,
    account_bytes: usize,
    transactions: Vec<Landed>,
}

impl Args {
    /// Extends it.
    ///
    /// # Errors
    /// [`CliError`].
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Output, CliError> {
        context.terminal.check_consent()?;
        let snapshot = context.read_for_planning(&self.pool, StakeSelection::None).await?;
        let payer = context.fee_payer()?.pubkey();
        let group = actions::extend_pool(&snapshot, &payer)?;
        let expected = snapshot.pool().head.manager;
        let manager = context.authority("the pool's manager", "--manager", self.manager.as_ref(), expected)?;
        let rent_lamports = actions::extension_rent(&snapshot);
        check_balance(context, &payer, rent_lamports).await?;
        let length = snapshot.accounts().pool.data.len();
        let lines = [
            ("you pay", format!("{} of rent, which stays in the pool's account", sol(rent_lamports))),
            ("account", format!("{length} bytes now, {} then", length.max(EXTENDED_POOL_LENGTH))),
            ("behaviour", "as before, until weights are set".into()),
        ];
        context.terminal.confirm(&format!("Extend pool {}", self.pool), &lines)?;
        let plan = Plan::one("extend the pool", group);
        let transactions = context.send(&plan, &[manager], snapshot.program_id()).await?;
        Ok(Output {
            pool: Text(self.pool),
            rent_lamports,
            account_bytes_before: length,
            account_bytes: length.max(EXTENDED_POOL_LENGTH),
            transactions,
        })
    }
}

impl CommandOutput for Output {
    fn display(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Extended pool {}", self.pool)?;
        write_fields(
            f,
            &[
                ("rent", sol(self.rent_lamports)),
                ("next", "it behaves as before until weights are set: `tidepool set-weights`".into()),
            ],
        )?;
        write_signatures(f, &self.transactions)
    }

    fn json(&self) -> Value {
        to_json(self)
    }
}
