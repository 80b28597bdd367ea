//! The same pool with the extension: added in place, with the weights that its stake has now, updated by the compact
//! instruction, and rebalanced. Where a key is needed that only the manager or the staker has, the transaction runs as if
//! they had signed.

use {
    super::{DryRun, report},
    crate::{
        run::{Driver, PoolRewards, RunError, StageCost, Updated, next_epoch, under_management, update},
        terminal::{Sol, counted},
    },
    solana_native_token::LAMPORTS_PER_SOL,
    std::io::Write,
    tidepool_client::{
        actions::{
            self,
            weights::{self, WeightsError},
        },
        plan::{self, Direction, LookupContent, Plan, RebalanceOptions, RebalancePlan},
        pool::{PoolSnapshot, StakeSelection},
    },
    tidepool_interface::state::RebalancePolicy,
};

/// Lamports by which a validator may be off its target before anything moves.
const THRESHOLD: u64 = LAMPORTS_PER_SOL;

/// What was rehearsed with the extension.
#[derive(Clone, Debug)]
pub struct Extended {
    /// What it cost to add it, by stage: once.
    pub set_up: Vec<StageCost>,
    /// What the update into the next epoch cost, by stage.
    pub update: Vec<StageCost>,
    /// What the rebalance cost.
    pub rebalance: StageCost,
    /// What the rebalance moved.
    pub plan: RebalancePlan,
    /// What the update into the epoch after that cost, in which the stake that moved arrives.
    pub arrival: Vec<StageCost>,
    /// What an update cost in which nothing arrives, and no address has to be searched for any more.
    pub quiet: Vec<StageCost>,
    /// The pool at the end.
    pub last: PoolSnapshot,
}

/// Rehearses it, and checks that the pool is as rich as without, but for what the cluster pays it.
///
/// # Errors
/// [`RunError`].
pub async fn rehearse(
    mut driver: Driver<'_>,
    saved: &PoolSnapshot,
    contract: &DryRun,
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
    // The two clusters have burnt different fees, and so their inflation may differ by a few lamports.
    let without_rewards =
        |snapshot: &PoolSnapshot, rewards: &PoolRewards| snapshot.rate().total_lamports - rewards.total;
    let expected = without_rewards(&contract.updated, &contract.rewards);
    let found = without_rewards(&updated.snapshot, &rewards);
    RunError::check("the pool's total with the extension, rewards aside,", expected, found)?;
    let (by_contract, by_us) = (transactions(&contract.stages), transactions(&updated.stages));
    report::figure(out, "transactions", format!("{by_us}, and {by_contract} by the contract's instruction"))?;

    let (rebalance, plan) = move_stake(&driver, &updated.snapshot).await?;
    report::heading(out, "Rebalance")?;
    report::write_costs(out, std::slice::from_ref(&rebalance))?;
    write_movements(out, &plan)?;

    let arrived = into_next_epoch(&driver, &updated.snapshot, "with stake that arrives", out).await?;
    let quiet = into_next_epoch(&driver, &arrived.snapshot, "with all addresses known", out).await?;
    let last = quiet.snapshot;
    RunError::check("the pool's total, in lamports,", under_management(&driver, &last), last.rate().total_lamports)?;
    Ok(Some(Extended {
        set_up,
        update: updated.stages,
        rebalance,
        plan,
        arrival: arrived.stages,
        quiet: quiet.stages,
        last,
    }))
}

async fn into_next_epoch(
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

/// Adds the extension, a policy and weights, and makes lookup tables; `None` where there is no stake.
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

/// Rebalances as often as anything moves, and returns what the first plan said.
async fn move_stake(driver: &Driver<'_>, snapshot: &PoolSnapshot) -> Result<(StageCost, RebalancePlan), RunError> {
    let options = RebalanceOptions { lookup_tables: driver.lookup_tables().to_vec(), ..RebalanceOptions::default() };
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
