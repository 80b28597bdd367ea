//! The same pool with the extension: extended in place, with weights by its present stake, updated by the compact instruction, and
//! rebalanced. Transactions that need the manager's or the staker's key are executed as if they had signed.

use {
    super::{
        DryRun,
        holders::{self, ForHolders},
        report,
    },
    crate::{
        run::{Driver, PoolRewards, RunError, StageCost, Updated, next_epoch, under_management, update},
        terminal::{Sol, counted},
    },
    solana_native_token::LAMPORTS_PER_SOL,
    std::io::Write,
    tidepool_client::{
        actions::{self, weights},
        error::WeightsError,
        plan::{self, Direction, LookupContent, Plan, RebalanceOptions, RebalancePlan},
        pool::{PoolSnapshot, StakeSelection},
    },
    tidepool_interface::state::RebalancePolicy,
};

/// Deviation in lamports that causes no movement.
const THRESHOLD: u64 = LAMPORTS_PER_SOL;

/// Result of the rehearsal with the extension.
#[derive(Clone, Debug)]
pub struct Extended {
    /// One-time cost of the extension, by stage.
    pub set_up: Vec<StageCost>,
    /// Cost of the update into the next epoch, by stage.
    pub update: Vec<StageCost>,
    /// Cost of the rebalance.
    pub rebalance: StageCost,
    /// Movements of the rebalance.
    pub plan: RebalancePlan,
    /// Cost of the following update, which merges the transient stake.
    pub arrival: Vec<StageCost>,
    /// Cost of an update without transient stake, with all bumps cached.
    pub quiet: Vec<StageCost>,
    /// The pool after these updates.
    pub last: PoolSnapshot,
    /// Limits, demotion and an exit ticket, from there.
    pub holders: ForHolders,
}

/// Rehearses the extension. Checks that the pool's total equals that without the extension, rewards aside.
///
/// # Errors
/// [`RunError`].
pub async fn rehearse(
    mut driver: Driver<'_>,
    saved: &PoolSnapshot,
    spl: &DryRun,
    out: &mut dyn Write,
) -> Result<Option<Extended>, RunError> {
    let mut snapshot = driver.read(&saved.address(), saved.program_id()).await?;
    report::heading(out, "With the extension, from the same accounts")?;
    let Some(set_up) = set_up(&mut driver, &mut snapshot).await? else {
        report::figure(out, "left out", "no validator has stake to weigh")?;
        return Ok(None);
    };
    report::write_costs(out, &set_up)?;

    let rewards = next_epoch(driver.cluster(), &snapshot)?;
    let snapshot = read_again(&driver, &snapshot).await?;
    let updated = update(&driver, &snapshot).await?;
    report::heading(out, &format!("Update into epoch {}, in the compact form", rewards.epoch))?;
    report::write_costs(out, &updated.stages)?;
    // The two clusters have burnt different fees, so their inflation can differ by a few lamports.
    let without_rewards =
        |snapshot: &PoolSnapshot, rewards: &PoolRewards| snapshot.rate().total_lamports.get() - rewards.total;
    let expected = without_rewards(&spl.updated, &spl.rewards);
    let found = without_rewards(&updated.snapshot, &rewards);
    RunError::check("the pool's total with the extension, rewards aside,", expected, found)?;
    let (by_spl, by_us) = (transactions(&spl.stages), transactions(&updated.stages));
    report::figure(out, "transactions", format!("{by_us}, and {by_spl} by the SPL instruction"))?;

    let (rebalance, plan) = move_stake(&driver, &updated.snapshot).await?;
    report::heading(out, "Rebalance")?;
    report::write_costs(out, std::slice::from_ref(&rebalance))?;
    write_movements(out, &plan)?;

    let arrived = into_next_epoch(&driver, &updated.snapshot, "with stake that arrives", out).await?;
    let quiet = into_next_epoch(&driver, &arrived.snapshot, "with all addresses known", out).await?;
    let last = quiet.snapshot;
    RunError::check(
        "the pool's total, in lamports,",
        under_management(&driver, &last),
        last.rate().total_lamports.get(),
    )?;
    let holders = holders::rehearse(&driver, &last, out).await?;
    Ok(Some(Extended {
        set_up,
        update: updated.stages,
        rebalance,
        plan,
        arrival: arrived.stages,
        quiet: quiet.stages,
        last,
        holders,
    }))
}

pub async fn into_next_epoch(
    driver: &Driver<'_>,
    snapshot: &PoolSnapshot,
    what: &str,
    out: &mut dyn Write,
) -> Result<Updated, RunError> {
    let rewards = next_epoch(driver.cluster(), snapshot)?;
    let updated = update(driver, &read_again(driver, snapshot).await?).await?;
    report::heading(out, &format!("Update into epoch {}, {what}", rewards.epoch))?;
    report::write_costs(out, &updated.stages)?;
    Ok(updated)
}

fn transactions(stages: &[StageCost]) -> usize {
    StageCost::sum("", stages).transactions
}

async fn read_again(driver: &Driver<'_>, snapshot: &PoolSnapshot) -> Result<PoolSnapshot, RunError> {
    Ok(snapshot.read_again(driver.cluster(), StakeSelection::All).await?)
}

/// Adds the extension, a policy and weights, and creates lookup tables; `None` for a pool without stake.
async fn set_up(driver: &mut Driver<'_>, snapshot: &mut PoolSnapshot) -> Result<Option<Vec<StageCost>>, RunError> {
    let weights = match weights::by_stake(snapshot) {
        Ok(weights) => weights,
        Err(WeightsError::NoStake) => return Ok(None),
        Err(error) => return Err(tidepool_client::error::PlanError::from(error).into()),
    };
    let mut costs = Vec::new();
    let extend = Plan::one("extend", actions::extend_pool(snapshot, &driver.payer())?);
    costs.push(StageCost::of("extend the pool", &driver.send_unsigned(&extend)?));
    *snapshot = read_again(driver, snapshot).await?;

    let policy = RebalancePolicy { threshold: THRESHOLD.into(), ..RebalancePolicy::DEFAULT };
    let policy = Plan::one("set the policy", actions::set_rebalance_policy(snapshot, &policy)?);
    costs.push(StageCost::of("set the policy", &driver.send_unsigned(&policy)?));
    let changes = weights::changes(snapshot, &weights, weights::Unlisted::Keep)?;
    let weights = weights::set_validator_weights(snapshot, &changes)?;
    costs.push(StageCost::of("set the weights", &driver.send_unsigned(&weights)?));
    *snapshot = read_again(driver, snapshot).await?;

    let addresses = plan::lookup_addresses(snapshot, LookupContent { votes: true, ..LookupContent::default() });
    let tables = driver.make_lookup_tables(snapshot.address(), &addresses).await?;
    costs.push(StageCost::of("make lookup tables", &tables));
    Ok(Some(costs))
}

/// Rebalances until nothing moves, and returns the first plan.
async fn move_stake(driver: &Driver<'_>, snapshot: &PoolSnapshot) -> Result<(StageCost, RebalancePlan), RunError> {
    let options = RebalanceOptions { format: driver.format().clone(), ..RebalanceOptions::default() };
    let plan = plan::rebalance(snapshot, &options)?;
    let receipts = driver.send("Rebalancing", &plan.plan, &[]).await?;
    let after = read_again(driver, snapshot).await?;
    for movement in &plan.movements {
        let record = &after.records()[movement.index];
        let moved = record.transient_stake_lamports.get() - snapshot.environment().stake_rent();
        let what = format!("the stake that validator {} is moved, in lamports,", movement.vote);
        RunError::check(what, movement.lamports, moved)?;
    }
    let left = plan::rebalance(&after, &options)?;
    RunError::check("the validators that are still to be rebalanced", 0, left.movements.len())?;
    Ok((StageCost::of("rebalance", &receipts), plan))
}

fn write_movements(out: &mut dyn Write, plan: &RebalancePlan) -> std::io::Result<()> {
    for (direction, name) in [(Direction::Increase, "delegated"), (Direction::Decrease, "deactivated")] {
        let movements = plan.movements.iter().filter(|movement| movement.direction == direction);
        let (count, lamports) = (movements.clone().count(), movements.map(|movement| movement.lamports).sum::<u64>());
        report::figure(out, name, format!("{} SOL, at {}", Sol(lamports), counted(count, "validator")))?;
    }
    Ok(())
}
