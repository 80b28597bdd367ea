//! Epochs and their rewards.

use {
    crate::Error,
    solana_address::Address,
    solana_clock::Clock,
    solana_epoch_rewards::EpochRewards,
    solana_program_test::{ProgramTest, ProgramTestContext},
    tidepool_embedded::UNLIKE_MAINNET,
};

/// Credits that each validator earns in an epoch. Only their ratio matters: all of them earn the same.
const CREDITS: u64 = 100;

/// Most slots over which rewards are paid, a tenth of an epoch on a cluster; here there is one partition.
const MOST_REWARD_SLOTS: u64 = 100;

/// Starts the bank and moves it to the first epoch of normal length, 432,000 slots.
///
/// The epochs before it have 32, 64, … slots: they are the warm-up of a new cluster, and their rewards are next to nothing.
/// Features that would change rewards, rent or slots against mainnet are deactivated.
///
/// # Errors
/// [`Error::Warp`].
pub async fn start(mut test: ProgramTest) -> Result<ProgramTestContext, Error> {
    UNLIKE_MAINNET.into_iter().for_each(|feature| test.deactivate_feature(feature));
    let mut context = test.start_with_context().await;
    let first = context.genesis_config().epoch_schedule.first_normal_slot;
    context.warp_to_slot(first.saturating_add(1))?;
    Ok(context)
}

/// Ends the epoch, with vote credits for the vote accounts `earning`, and pays its rewards. Returns the epoch that has begun.
///
/// Rewards are small: inflation goes by time, and a slot of `solana-program-test` lasts 6.4 ms. A pool gains some 0.0025 % in
/// an epoch, 25,000 lamports for each SOL.
///
/// A validator that is not among `earning` is delinquent: its stake earns nothing in this epoch. After this, the pool is stale
/// until [`TestPool::update`](crate::TestPool::update).
///
/// # Errors
/// [`Error::Warp`], [`Error::Banks`]; [`Error::RewardsNotPaid`] where the rewards are not paid within 100 slots.
///
/// # Panics
/// If one of `earning` is not a vote account.
pub async fn advance_epoch(context: &mut ProgramTestContext, earning: &[Address]) -> Result<u64, Error> {
    for vote in earning {
        context.increment_vote_account_credits(vote, CREDITS);
    }
    let ended = context.banks_client.get_sysvar::<Clock>().await?.epoch;
    let next = ended.saturating_add(1);
    let first = context.genesis_config().epoch_schedule.get_first_slot_in_epoch(next);
    // The first slot computes the rewards, and the ones after it pay them.
    for passed in 1..=MOST_REWARD_SLOTS {
        context.warp_to_slot(first.saturating_add(passed))?;
        if !context.banks_client.get_sysvar::<EpochRewards>().await?.active {
            return Ok(next);
        }
    }
    Err(Error::RewardsNotPaid { epoch: ended, slots: MOST_REWARD_SLOTS })
}
