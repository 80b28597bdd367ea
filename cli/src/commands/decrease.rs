//! `tidepool decrease`

use {
    super::validator::{Moved, StakerArgs},
    crate::{context::Context, error::CliError, units::Amount},
    solana_address::Address,
    tidepool_client::{actions, cluster::Cluster, plan::Plan, pool::PoolSnapshot},
};

const EXAMPLE: &str = "\
Example:
  tidepool decrease 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA \\
      FDNkPHBzqCiZybfNugS4hwYFBWwEMts639SVmedMX2ee 100 --staker staker.json";

/// Move stake from a validator to the reserve
///
/// It is deactivated at once, inactive from the next epoch on, and reaches the reserve with the first update then. Until
/// then the reserve lends the rent of the account in which it waits. Stake that was decreased earlier in the same epoch can
/// be decreased again. The pool's staker signs.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    #[command(flatten)]
    staker: StakerArgs,

    /// SOL to deactivate, or ALL but the least that a validator of the pool keeps
    #[arg(value_name = "SOL")]
    amount: Amount,
}

impl Args {
    /// Decreases the stake.
    ///
    /// # Errors
    /// [`CliError`].
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Moved, CliError> {
        let vote = self.staker.vote;
        let (fresh, staker) = self.staker.prepare(context).await?;
        let snapshot = &fresh.snapshot;
        let lamports = match self.amount {
            Amount::Exact(lamports) => lamports,
            Amount::All => all_but_the_least(snapshot, &vote),
        };
        let group = actions::decrease_validator_stake(snapshot, &vote, lamports)?;
        let plan = Plan::one("decrease the validator's stake", group);
        let sent = context.send(&plan, &[staker], snapshot.program_id()).await?;
        Ok(Moved::new("validator", "reserve", &fresh, vote, lamports, sent))
    }
}

fn all_but_the_least(snapshot: &PoolSnapshot, vote: &Address) -> u64 {
    let held =
        snapshot.validator(vote).and_then(|validator| validator.validator_stake().map(|account| account.lamports));
    held.unwrap_or(0).saturating_sub(snapshot.environment().minimum_stake_lamports())
}
