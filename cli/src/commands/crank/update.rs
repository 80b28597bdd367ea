//! `tidepool update`

use {
    crate::{
        args::LookupArgs,
        context::Context,
        output::{Landed, Report, Text, write_fields, write_signatures},
        units::{address, sol, tokens},
        unsent::Halt,
    },
    serde::Serialize,
    solana_address::Address,
    std::fmt,
    tidepool_client::{
        cluster::Cluster,
        crank::CrankOptions,
        plan::UpdateOptions,
        pool::{PoolSnapshot, StakeSelection},
        words::in_motion,
    },
};

const EXAMPLE: &str = "\
Example:
  tidepool update 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA
  tidepool update 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA --lookup-tables auto";

/// Update a pool for the current epoch
///
/// Permissionless: any fee payer can run it, at the cost of transaction fees. Adds rewards, merges stake, pays the manager's
/// fee, and removes deactivated validators from the list. Required once per epoch before deposits and withdrawals. In an
/// up-to-date pool it merges stake that an update with --no-merge left unmerged. Partly activated or deactivated stake stays
/// transient until a later epoch.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Address of the pool
    #[arg(value_name = "POOL", value_parser = address)]
    pool: Address,

    /// Do not automatically merge transient stakes
    #[arg(long)]
    no_merge: bool,

    /// Update all balances, even if the pool is already up to date
    #[arg(long)]
    force: bool,

    #[command(flatten)]
    lookup: LookupArgs,
}

#[derive(Debug, Serialize)]
pub struct Output {
    pool: Text<Address>,
    /// The epoch that the pool is now up to date with.
    epoch: u64,
    updated: bool,
    total_lamports_before: u64,
    total_lamports: u64,
    pool_token_supply_before: u64,
    pool_token_supply: u64,
    /// Lamports that are still on their way between the reserve and validators, rent included.
    in_motion_lamports: u64,
    transactions: Vec<Landed>,
}

impl Args {
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Output, Halt> {
        let snapshot = context.read_for_planning(&self.pool, StakeSelection::Transient).await?;
        let usual = context.crank_options();
        let update = UpdateOptions { all: self.force, no_merge: self.no_merge, ..usual.update.clone() };
        let options = CrankOptions { rebalance: false, update, ..usual };
        let report = context.crank(&self.lookup).options(options).run_from(snapshot.clone()).await?;
        let (after, transactions) = (report.snapshot, Landed::of(&report.sent));
        let figures = |snapshot: &PoolSnapshot| {
            let rate = snapshot.rate();
            (rate.total_lamports.get(), rate.pool_token_supply.get())
        };
        let ((total_lamports_before, pool_token_supply_before), (total_lamports, pool_token_supply)) =
            (figures(&snapshot), figures(&after));
        Ok(Output {
            pool: Text(self.pool),
            epoch: after.epoch(),
            updated: !transactions.is_empty(),
            total_lamports_before,
            total_lamports,
            pool_token_supply_before,
            pool_token_supply,
            in_motion_lamports: in_motion(&after),
            transactions,
        })
    }
}

impl Report for Output {
    fn write(&self, f: &mut fmt::Formatter<'_>, _: bool) -> fmt::Result {
        if !self.updated {
            return writeln!(f, "Pool {} is up to date with epoch {}", self.pool, self.epoch);
        }
        writeln!(f, "Updated pool {} to epoch {}", self.pool, self.epoch)?;
        let (before, now) = (self.total_lamports_before, self.total_lamports);
        let change = if now >= before { format!("+{}", sol(now - before)) } else { format!("-{}", sol(before - now)) };
        write_fields(
            f,
            &[("total stake", format!("{} ({change})", sol(now))), ("supply", tokens(self.pool_token_supply))],
        )?;
        write_signatures(f, &self.transactions)
    }
}
