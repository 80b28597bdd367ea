//! `tidepool decrease`

use {
    crate::{
        context::Context,
        units::Amount,
        unsent::Halt,
        validators::{Moved, StakerArgs},
    },
    solana_address::Address,
    tidepool_client::{actions, cluster::Cluster, plan::Plan, pool::PoolSnapshot},
};

const EXAMPLE: &str = "\
Example:
  tidepool decrease 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA \\
      FDNkPHBzqCiZybfNugS4hwYFBWwEMts639SVmedMX2ee 100 --staker staker.json";

/// Decrease a validator's stake and return it to the reserve
///
/// Stake is deactivated at once, is inactive from the next epoch, and is merged into the reserve by that epoch's first update.
/// Until then the reserve lends the rent of the transient stake account. Can be repeated within an epoch. Signed by the pool's
/// staker.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    #[command(flatten)]
    staker: StakerArgs,

    /// SOL to deactivate, or ALL for everything above the minimum that stays with a validator
    #[arg(value_name = "SOL")]
    amount: Amount,
}

impl Args {
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Moved, Halt> {
        let vote = self.staker.vote();
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
