//! `tidepool rebalance`

mod output;

use {
    crate::{
        args::{LookupArgs, UpdateFirst},
        context::Context,
        error::CliError,
        output::Landed,
        units::address,
        unsent::Halt,
        view::policy::policy_of,
    },
    output::Output,
    solana_address::Address,
    tidepool_client::{
        cluster::Cluster,
        crank::CrankOptions,
        pack::{self, PackOptions},
        plan::RebalanceOptions,
        pool::StakeSelection,
    },
};

const EXAMPLE: &str = "\
Example:
  tidepool rebalance 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA --dry-run
  tidepool rebalance 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA --fee-payer payer.json";

/// Move a pool's stake towards the targets of its weights
///
/// Permissionless: any fee payer can run it, at the cost of transaction fees; amounts follow from the pool's state alone.
/// Delegates the reserve above its target to validators below target, and deactivates stake of validators above target, within
/// the policy. Moved stake takes effect in the next epoch. If nothing moves, shows the reason.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Address of the pool
    #[arg(value_name = "POOL", value_parser = address)]
    pool: Address,

    #[command(flatten)]
    lookup: LookupArgs,

    #[command(flatten)]
    update_first: UpdateFirst,
}

impl Args {
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Output, Halt> {
        if context.global.transactions.dry_run {
            return self.rehearse(context).await;
        }
        let snapshot = context.read_for_planning(&self.pool, StakeSelection::Transient).await?;
        policy_of(&snapshot)?;
        context.check_may_update(&snapshot, self.update_first).await?;
        let options = CrankOptions { demote: false, claim: false, ..context.crank_options() };
        let report = context.crank(&self.lookup).options(options).run_from(snapshot).await?;
        let mut output = Output::new(&report.snapshot, false);
        output.add(&report.movements, report.rebalance_transactions);
        output.finish(&report.rest.unwrap_or_default());
        output.transactions = Landed::of(&report.sent);
        Ok(output)
    }

    async fn rehearse<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Output, Halt> {
        let snapshot = context.read_without_key(&self.pool, StakeSelection::Transient).await?;
        policy_of(&snapshot)?;
        if snapshot.is_stale() {
            let (last, now) = (snapshot.pool().head.last_update_epoch.get(), snapshot.epoch());
            let otherwise = "since the amounts depend on the rewards that the update adds";
            return Err(CliError::Stale { pool: self.pool, last, now, otherwise }.into());
        }
        let validators = context.mergeable(&snapshot).await?;
        if validators > 0 {
            let otherwise = "since validators with unmerged stake are skipped";
            return Err(CliError::Unmerged { pool: self.pool, validators, otherwise }.into());
        }
        let format = context.upkeep_format_without_key(&snapshot, &self.lookup).await?;
        let crank = context.crank(&self.lookup);
        let options = RebalanceOptions { format: format.clone(), ..RebalanceOptions::default() };
        let planning = crank.plan_rebalance(&snapshot, &options);
        let (snapshot, plan) = context.watch("Reading stake accounts", planning).await?;
        let packed = pack::pack_plan(&plan.plan, &PackOptions::default().in_format(format))?;
        let mut output = Output::new(&snapshot, true);
        output.add(&plan.movements, packed.iter().map(Vec::len).sum());
        output.finish(&plan);
        Ok(output)
    }
}
