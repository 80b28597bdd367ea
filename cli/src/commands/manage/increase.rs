//! `tidepool increase`

use {
    crate::{
        context::Context,
        units::Amount,
        unsent::Halt,
        validators::{Moved, StakerArgs, check_vote_account},
    },
    tidepool_client::{actions, cluster::Cluster, plan::Plan},
};

const EXAMPLE: &str = "\
Example:
  tidepool increase 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA \\
      FDNkPHBzqCiZybfNugS4hwYFBWwEMts639SVmedMX2ee 250.5 --staker staker.json";

/// Increase a validator's stake from the reserve
///
/// Stake is delegated at once, is active from the next epoch, and is merged into the validator stake account by that epoch's
/// first update. The reserve also pays the rent of the transient stake account. Can be repeated within an epoch. Signed by the
/// pool's staker.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    #[command(flatten)]
    staker: StakerArgs,

    /// SOL to delegate, or ALL for everything that the reserve can spare
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
            Amount::All => snapshot.withdrawable_reserve_lamports().saturating_sub(snapshot.environment().stake_rent()),
        };
        let group = actions::increase_validator_stake(snapshot, &vote, lamports)?;
        check_vote_account(context, &vote).await?;
        let plan = Plan::one("increase the validator's stake", group);
        let sent = context.send(&plan, &[staker], snapshot.program_id()).await?;
        Ok(Moved::new("reserve", "validator", &fresh, vote, lamports, sent))
    }
}
