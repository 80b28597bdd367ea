//! Further epochs of a rehearsed pool.

use {
    super::{
        movements::{move_stake, moved},
        report,
    },
    crate::{
        run::{Driver, Ledger, RunError, Side, StageCost, next_epoch, update as update_pool},
        terminal::{Rate, Sol, count, write_table},
    },
    std::io::{self, Write},
    tidepool_client::{
        plan::Direction,
        pool::{PoolSnapshot, StakeSelection},
    },
    tidepool_core::{maths::ExchangeRate, rebalance::Rebalance},
};

/// Figures of an epoch.
#[derive(Clone, Debug)]
pub struct EpochFigures {
    /// The epoch, which began with rewards for the one before.
    pub epoch: u64,
    /// Rewards in lamports.
    pub rewards: u64,
    /// The pool's rate after the update.
    pub rate: ExchangeRate,
    /// Cost of the update.
    pub update: StageCost,
    /// The rebalance at the end of the previous epoch, for a pool with the extension.
    pub rebalance: Option<Rebalanced>,
}

/// Figures of a rebalance.
#[derive(Clone, Debug)]
pub struct Rebalanced {
    /// Delegated lamports.
    pub delegated: u64,
    /// Deactivated lamports.
    pub deactivated: u64,
    /// Cost of the rebalance.
    pub cost: StageCost,
    /// Sum of the deviations of all validators from their targets after the next update, in lamports.
    pub deviation: u64,
    /// Validators whose deviation is at most the policy's threshold.
    pub at_target: usize,
    /// Validators with a weight.
    pub weighted: usize,
}

/// Carries a pool through `epochs` epochs with an update in each, and books their rewards.
///
/// # Errors
/// As [`update_pool`].
pub async fn update(
    driver: &Driver<'_>,
    mut snapshot: PoolSnapshot,
    epochs: u32,
    ledger: &mut Ledger,
    out: &mut dyn Write,
) -> Result<(Vec<EpochFigures>, PoolSnapshot), RunError> {
    let mut all = vec![];
    for _ in 0..epochs {
        let figures;
        (figures, snapshot) = next(driver, &snapshot).await?;
        ledger.book(Side::Entered, format!("rewards paid in epoch {}", figures.epoch), figures.rewards);
        all.push(figures);
    }
    if !all.is_empty() {
        report::heading(out, "Further epochs")?;
        let headings = ["epoch", "rewards SOL", "total SOL", "rate", "transactions", "compute units"];
        write_table(out, headings, 0, all.iter().map(row))?;
    }
    Ok((all, snapshot))
}

/// Carries an extended pool through `epochs` epochs, with a rebalance before each and an update in each.
///
/// # Errors
/// As [`move_stake`] and [`update_pool`].
pub async fn rebalance(
    driver: &Driver<'_>,
    mut snapshot: PoolSnapshot,
    epochs: usize,
    out: &mut dyn Write,
) -> Result<(Vec<EpochFigures>, PoolSnapshot), RunError> {
    let mut all = vec![];
    for _ in 0..epochs {
        let figures;
        (figures, snapshot) = next_after_rebalance(driver, &snapshot).await?;
        all.push(figures);
    }
    write_rebalanced(out, &all)?;
    Ok((all, snapshot))
}

/// Writes epochs that each followed a rebalance.
pub fn write_rebalanced(out: &mut dyn Write, all: &[EpochFigures]) -> io::Result<()> {
    if all.is_empty() {
        return Ok(());
    }
    report::heading(out, "Further epochs, each after a rebalance")?;
    let headings = ["epoch", "rewards SOL", "total SOL", "rate", "transactions", "compute units"];
    write_table(out, headings, 0, all.iter().map(row))?;
    let headings = ["epoch", "delegated SOL", "deactivated SOL", "deviation SOL", "at target"];
    write_table(out, headings, 0, all.iter().filter_map(rebalance_row))
}

/// Rebalances, and carries the pool into the next epoch with an update.
///
/// # Errors
/// As [`move_stake`] and [`update_pool`].
pub async fn next_after_rebalance(
    driver: &Driver<'_>,
    snapshot: &PoolSnapshot,
) -> Result<(EpochFigures, PoolSnapshot), RunError> {
    let (cost, plan) = move_stake(driver, snapshot).await?;
    let before = snapshot.read_again(driver.cluster(), StakeSelection::All).await?;
    let (mut figures, snapshot) = next(driver, &before).await?;
    let (deviation, at_target, weighted) = deviation(&snapshot);
    let [(delegated, _), (deactivated, _)] =
        [Direction::Increase, Direction::Decrease].map(|direction| moved(&plan, direction));
    figures.rebalance = Some(Rebalanced { delegated, deactivated, cost, deviation, at_target, weighted });
    Ok((figures, snapshot))
}

/// Carries the pool into the next epoch with an update.
///
/// # Errors
/// As [`update_pool`].
pub async fn next(driver: &Driver<'_>, snapshot: &PoolSnapshot) -> Result<(EpochFigures, PoolSnapshot), RunError> {
    let rewards = next_epoch(driver.cluster(), snapshot)?;
    let before = snapshot.read_again(driver.cluster(), StakeSelection::All).await?;
    let updated = update_pool(driver, &before).await?;
    let figures = EpochFigures {
        epoch: rewards.epoch,
        rewards: rewards.total,
        rate: updated.snapshot.rate(),
        update: StageCost::sum("update", &updated.stages),
        rebalance: None,
    };
    Ok((figures, updated.snapshot))
}

/// Sum of the validators' deviations in lamports, number of validators at target, and of those with a weight.
fn deviation(snapshot: &PoolSnapshot) -> (u64, usize, usize) {
    let (Some(inputs), Some(policy)) = (snapshot.rebalance_inputs(), snapshot.policy()) else { return (0, 0, 0) };
    let survey = Rebalance::survey(snapshot.records(), &inputs);
    let off = |record: &tidepool_interface::state::ValidatorStakeInfo| {
        let moving = record.transient_stake_lamports.get();
        let coming = if record.extension.is_deactivating() { 0 } else { moving.saturating_sub(inputs.stake_rent) };
        let held = record.active_stake_lamports.get() + coming;
        held.abs_diff(survey.target(record).unwrap_or(held))
    };
    let all: Vec<u64> = snapshot.weighted().map(off).collect();
    let at_target = all.iter().filter(|off| **off <= policy.threshold.get()).count();
    (all.iter().sum(), at_target, all.len())
}

fn row(figures: &EpochFigures) -> [String; 6] {
    let rebalance = figures.rebalance.as_ref().map(|rebalance| &rebalance.cost);
    let cost = StageCost::sum("", rebalance.into_iter().chain([&figures.update]));
    [
        figures.epoch.to_string(),
        Sol(figures.rewards).to_string(),
        Sol(figures.rate.total_lamports.get()).to_string(),
        Rate(figures.rate).to_string(),
        count(cost.transactions as u64),
        count(cost.units),
    ]
}

fn rebalance_row(figures: &EpochFigures) -> Option<[String; 5]> {
    let Rebalanced { delegated, deactivated, deviation, at_target, weighted, .. } = figures.rebalance.as_ref()?;
    Some([
        figures.epoch.to_string(),
        Sol(*delegated).to_string(),
        Sol(*deactivated).to_string(),
        Sol(*deviation).to_string(),
        format!("{at_target} of {weighted}"),
    ])
}
