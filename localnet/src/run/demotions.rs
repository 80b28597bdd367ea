//! Demotions by a fee payer, by the vote accounts' own bytes.

use {
    super::{Driver, RunError},
    tidepool_client::{
        actions::Demotion,
        plan::{self, VoteAccounts},
        pool::PoolSnapshot,
    },
};

/// Demotes the validators that the policy of the pool demotes. The payer of all fees signs, who has no role in the pool.
///
/// # Errors
/// As [`plan::demotions`] and [`Driver::send`].
pub async fn demote(driver: &Driver<'_>, snapshot: &PoolSnapshot) -> Result<Vec<Demotion>, RunError> {
    let votes = plan::judged_votes(snapshot);
    let account = |vote: &_| driver.cluster().account(vote);
    let accounts: VoteAccounts = votes.iter().map(|vote| (*vote, account(vote))).collect();
    let planned = plan::demotions(snapshot, &accounts)?;
    driver.send("Demoting validators", &planned.plan, &[]).await?;
    Ok(planned.demotions)
}
