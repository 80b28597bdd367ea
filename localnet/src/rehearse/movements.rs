//! Rebalances, checked against their plan.

use {
    super::report,
    crate::{
        run::{Driver, RunError, StageCost},
        terminal::{Sol, counted},
    },
    std::io::{self, Write},
    tidepool_client::{
        plan::{self, Direction, RebalanceOptions, RebalancePlan},
        pool::{PoolSnapshot, StakeSelection},
    },
};

/// Rebalances until nothing moves, and returns the plan.
///
/// # Errors
/// [`RunError::Mismatch`] if a movement differs from the plan, or if another movement is due afterwards.
pub async fn move_stake(driver: &Driver<'_>, snapshot: &PoolSnapshot) -> Result<(StageCost, RebalancePlan), RunError> {
    let options = RebalanceOptions { format: driver.format().clone(), ..RebalanceOptions::default() };
    let mut snapshot = snapshot.clone();
    let votes = plan::rebalance(&snapshot, &options)?.unread_votes(&snapshot);
    snapshot.read_votes(driver.cluster(), &votes).await?;
    let plan = plan::rebalance(&snapshot, &options)?;
    let receipts = driver.send("Rebalancing", &plan.plan, &[]).await?;
    let mut after = snapshot.read_again(driver.cluster(), StakeSelection::All).await?;
    let transient = |snapshot: &PoolSnapshot, index: usize| snapshot.records()[index].transient_stake_lamports.get();
    for movement in plan.movements.iter().filter(|movement| !movement.direction.takes_back()) {
        let moved = transient(&after, movement.index) - transient(&snapshot, movement.index) - movement.rent;
        let what = format!("the stake that validator {} is moved, in lamports,", movement.vote);
        RunError::check(what, movement.lamports, moved)?;
    }
    after.read_votes(driver.cluster(), &votes).await?;
    let left = plan::rebalance(&after, &options)?;
    RunError::check("the validators that are still to be rebalanced", 0, left.movements.len())?;
    Ok((StageCost::of("rebalance", &receipts), plan))
}

/// Lamports that a plan moves in a direction, and the number of validators.
pub fn moved(plan: &RebalancePlan, direction: Direction) -> (u64, usize) {
    let movements = plan.movements.iter().filter(|movement| movement.direction == direction);
    let count = movements.clone().count();
    (movements.map(|movement| movement.lamports).sum(), count)
}

/// Writes the sums of a plan's movements.
pub fn write_movements(out: &mut dyn Write, plan: &RebalancePlan) -> io::Result<()> {
    for (direction, name) in [(Direction::Increase, "delegated"), (Direction::Decrease, "deactivated")] {
        let (lamports, validators) = moved(plan, direction);
        report::figure(out, name, format!("{} SOL, at {}", Sol(lamports), counted(validators, "validator")))?;
    }
    Ok(())
}
