//! The same pool with the extension: extended in place, with given weights or weights by its present stake, updated by the compact
//! instruction, and rebalanced. Transactions that need the manager's or the staker's key are executed as if they had signed.

use {
    super::{
        DryRun,
        change::NewWeights,
        epochs::{self, EpochFigures},
        holders::{self, ForHolders},
        movements::{move_stake, write_movements},
        report,
    },
    crate::run::{Driver, PoolRewards, RunError, StageCost, Updated, next_epoch, under_management, update},
    solana_native_token::LAMPORTS_PER_SOL,
    std::io::Write,
    tidepool_client::{
        actions::{self, weights},
        error::WeightsError,
        plan::{self, LookupContent, Plan, RebalancePlan},
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
    /// Further epochs, each after a rebalance.
    pub epochs: Vec<EpochFigures>,
    /// The pool after these updates.
    pub last: PoolSnapshot,
    /// Limits, demotion and an exit ticket, from there; `None` for a pool that had the extension, and limits of its own.
    pub holders: Option<ForHolders>,
}

/// Rehearses the extension.
///
/// # Errors
/// [`RunError`].
pub async fn rehearse(
    mut driver: Driver<'_>,
    saved: &PoolSnapshot,
    spl: &DryRun,
    weights: &NewWeights,
    out: &mut dyn Write,
) -> Result<Option<Extended>, RunError> {
    let mut snapshot = driver.read(&saved.address(), saved.program_id()).await?;
    let was_extended = snapshot.is_extended();
    report::heading(out, "With the extension, from the same accounts")?;
    report::figure(out, "weights", weights.describe(&snapshot))?;
    let Some(set_up) = set_up(&mut driver, &mut snapshot, weights).await? else {
        report::figure(out, "left out", "no validator has stake to weigh")?;
        return Ok(None);
    };
    report::write_costs(out, &set_up)?;
    let updated = into_first_epoch(&driver, &snapshot, spl, out).await?;

    let (rebalance, plan) = move_stake(&driver, &updated.snapshot).await?;
    report::heading(out, "Rebalance")?;
    report::write_costs(out, std::slice::from_ref(&rebalance))?;
    write_movements(out, &plan)?;

    let arrived = into_next_epoch(&driver, &updated.snapshot, "with stake that arrives", out).await?;
    let quiet = into_next_epoch(&driver, &arrived.snapshot, "with all addresses known", out).await?;
    let (epochs, last) = epochs::rebalance(&driver, quiet.snapshot, spl.epochs.len(), out).await?;
    RunError::check(
        "the pool's total, in lamports,",
        under_management(&driver, &last),
        last.rate().total_lamports.get(),
    )?;
    let holders = if was_extended {
        report::figure(out, "left out", "limits, demotion and an exit ticket: the pool has its own settings")?;
        None
    } else {
        Some(holders::rehearse(&driver, &last, out).await?)
    };
    Ok(Some(Extended {
        set_up,
        update: updated.stages,
        rebalance,
        plan,
        arrival: arrived.stages,
        quiet: quiet.stages,
        epochs,
        last,
        holders,
    }))
}

/// Carries the extended pool into the epoch after the one in which it was read. Checks that its total equals that without the extension,
/// rewards aside.
pub async fn into_first_epoch(
    driver: &Driver<'_>,
    snapshot: &PoolSnapshot,
    spl: &DryRun,
    out: &mut dyn Write,
) -> Result<Updated, RunError> {
    let rewards = next_epoch(driver.cluster(), snapshot)?;
    let snapshot = read_again(driver, snapshot).await?;
    let updated = update(driver, &snapshot).await?;
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
    Ok(updated)
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

pub async fn read_again(driver: &Driver<'_>, snapshot: &PoolSnapshot) -> Result<PoolSnapshot, RunError> {
    Ok(snapshot.read_again(driver.cluster(), StakeSelection::All).await?)
}

/// Adds the extension and a policy to a pool without them, sets the weights, and creates lookup tables; `None` for a pool without
/// stake.
async fn set_up(
    driver: &mut Driver<'_>,
    snapshot: &mut PoolSnapshot,
    weights: &NewWeights,
) -> Result<Option<Vec<StageCost>>, RunError> {
    let mut costs = Vec::new();
    if matches!(weights.default_weights(snapshot), Err(WeightsError::NoStake)) {
        return Ok(None);
    }
    if let Some(cost) = extend(driver, snapshot).await? {
        costs.push(cost);
        let policy = RebalancePolicy { threshold: THRESHOLD.into(), ..RebalancePolicy::DEFAULT };
        let policy = Plan::one("set the policy", actions::set_rebalance_policy(snapshot, &policy)?);
        costs.push(StageCost::of("set the policy", &driver.send_unsigned(&policy)?));
    }
    let (weights, unlisted) = weights.weights(snapshot)?;
    let changes = weights::changes(snapshot, &weights, unlisted)?;
    let weights = weights::set_validator_weights(snapshot, &changes)?;
    costs.push(StageCost::of("set the weights", &driver.send_unsigned(&weights)?));
    *snapshot = read_again(driver, snapshot).await?;
    costs.push(make_tables(driver, snapshot).await?);
    Ok(Some(costs))
}

/// Adds the extension; `None` for a pool that has it.
pub async fn extend(driver: &Driver<'_>, snapshot: &mut PoolSnapshot) -> Result<Option<StageCost>, RunError> {
    if snapshot.is_extended() {
        return Ok(None);
    }
    let extend = Plan::one("extend", actions::extend_pool(snapshot, &driver.payer())?);
    let cost = StageCost::of("extend the pool", &driver.send_unsigned(&extend)?);
    *snapshot = read_again(driver, snapshot).await?;
    Ok(Some(cost))
}

/// Creates lookup tables.
pub async fn make_tables(driver: &mut Driver<'_>, snapshot: &PoolSnapshot) -> Result<StageCost, RunError> {
    let addresses = plan::lookup_addresses(snapshot, LookupContent { votes: true, ..LookupContent::default() });
    let tables = driver.make_lookup_tables(snapshot.address(), &addresses).await?;
    Ok(StageCost::of("make lookup tables", &tables))
}
