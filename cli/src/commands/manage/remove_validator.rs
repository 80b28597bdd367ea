//! `tidepool remove-validator`

use {
    crate::{
        context::Context,
        output::{Landed, Report, Text, write_signatures},
        units::sol,
        unsent::Halt,
        validators::{StakerArgs, hint_after_removing},
    },
    serde::Serialize,
    solana_address::Address,
    std::fmt,
    tidepool_client::{actions, cluster::Cluster, plan::Plan},
};

const EXAMPLE: &str = "\
Example:
  tidepool remove-validator 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA \\
      FDNkPHBzqCiZybfNugS4hwYFBWwEMts639SVmedMX2ee --staker staker.json";

/// Remove a validator from a pool
///
/// Deactivates all stake of the validator. The first update in the next epoch merges it into the reserve and removes the
/// validator from the list. Signed by the pool's staker.
///
/// The stake counts towards the turnover budget. If it exceeds the budget, decrease the validator's stake first (`tidepool
/// decrease`), within the budget in each epoch, and remove the validator once the rest fits. Two minimum delegations (2 SOL)
/// fit in each epoch, whatever the budget.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    #[command(flatten)]
    staker: StakerArgs,
}

#[derive(Debug, Serialize)]
pub struct Output {
    pool: Text<Address>,
    vote: Text<Address>,
    /// Lamports that are being deactivated, rent included.
    lamports: u64,
    /// What becomes of its weight.
    hint: Option<String>,
    transactions: Vec<Landed>,
}

impl Args {
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Output, Halt> {
        let vote = self.staker.vote();
        let (fresh, staker) = self.staker.prepare(context).await?;
        let snapshot = &fresh.snapshot;
        let group = actions::remove_validator(snapshot, &vote)?;
        let held = snapshot.validator(&vote).map(|validator| validator.record.stake_lamports());
        let plan = Plan::one("remove the validator", group);
        let sent = context.send(&plan, &[staker], snapshot.program_id()).await?;
        Ok(Output {
            pool: Text(snapshot.address()),
            vote: Text(vote),
            lamports: held.transpose().ok().flatten().unwrap_or(0),
            hint: hint_after_removing(snapshot, &vote),
            transactions: fresh.and(sent),
        })
    }
}

impl Report for Output {
    fn write(&self, f: &mut fmt::Formatter<'_>, _: bool) -> fmt::Result {
        writeln!(
            f,
            "Validator {} is being removed from pool {}: {} are deactivating, and reach the reserve with the first update of \
             the next epoch",
            self.vote,
            self.pool,
            sol(self.lamports)
        )?;
        write_signatures(f, &self.transactions)?;
        self.hint.iter().try_for_each(|hint| writeln!(f, "Note: {hint}"))
    }
}
