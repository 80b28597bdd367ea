//! `tidepool demote`

use {
    crate::{
        args::{UpdateFirst, ValidatorArgs},
        context::Context,
        message::extension::ground_name,
        output::{Landed, Report, Text, write_fields, write_signatures},
        units::sol,
        unsent::Halt,
        view::{demotion::Demotion, policy::policy_of},
    },
    serde::Serialize,
    solana_address::Address,
    std::fmt,
    tidepool_client::{
        cluster::Cluster,
        plan::{self, Plan, VoteAccounts},
        pool::StakeSelection,
    },
};

const EXAMPLE: &str = "\
Example:
  tidepool demote 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA \\
      FDNkPHBzqCiZybfNugS4hwYFBWwEMts639SVmedMX2ee";

/// Demote a validator for a ground of the pool's policy
///
/// Permissionless: any fee payer can run it, at the cost of transaction fees. The validator's vote account proves the ground. It takes no new stake, and rebalances return
/// its stake to the reserve first. After the cooldown the staker can reinstate it with a weight. The crank demotes by itself. See
/// `tidepool set-demotion-policy` for the grounds and the bounds of an epoch.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    #[command(flatten)]
    validator: ValidatorArgs,

    #[command(flatten)]
    update_first: UpdateFirst,
}

#[derive(Debug, Serialize)]
pub struct Output {
    pool: Text<Address>,
    epoch: u64,
    #[serde(flatten)]
    demotion: Demotion,
    /// The first epoch in which the staker can reinstate it.
    reinstatable_from_epoch: u64,
    transactions: Vec<Landed>,
    #[serde(skip)]
    fields: [(&'static str, String); 2],
}

impl Args {
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Output, Halt> {
        let ValidatorArgs { pool, vote } = self.validator;
        let fresh = context.fresh(&pool, StakeSelection::None, self.update_first).await?;
        let snapshot = &fresh.snapshot;
        policy_of(snapshot)?;
        let mut votes = plan::judged_votes(snapshot);
        if !votes.contains(&vote) {
            votes.push(vote);
        }
        let accounts = context.watch("Reading vote accounts", context.cluster.accounts(&votes)).await?;
        let accounts: VoteAccounts = votes.into_iter().zip(accounts).collect();
        let (group, demotion) = plan::demotion_of(snapshot, &accounts, &vote)?;
        let sent = context.send(&Plan::one("demote a validator", group), &[], snapshot.program_id()).await?;
        let cooldown = snapshot.extension().map_or(0, |extension| extension.demotion.cooldown_epochs.get());
        Ok(Output {
            pool: Text(pool),
            epoch: snapshot.epoch(),
            demotion: Demotion::from(&demotion),
            reinstatable_from_epoch: snapshot.epoch().saturating_add(cooldown.into()),
            transactions: fresh.and(sent),
            fields: [("stake", sol(demotion.lamports)), ("ground", ground_name(demotion.ground).into())],
        })
    }
}

impl Report for Output {
    fn write(&self, f: &mut fmt::Formatter<'_>, _: bool) -> fmt::Result {
        writeln!(f, "Demoted validator {} of pool {}", self.demotion.vote(), self.pool)?;
        write_fields(f, &self.fields)?;
        let when = format!("from epoch {} on, with a weight of the staker", self.reinstatable_from_epoch);
        write_fields(f, &[("reinstated", when)])?;
        write_signatures(f, &self.transactions)
    }
}
