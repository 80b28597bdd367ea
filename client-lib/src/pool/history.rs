//! A pool's updates in the history of its cluster.

use {
    super::PoolSnapshot,
    crate::cluster::{Call, Cluster, HISTORY_PAGE},
    solana_clock::Clock,
    solana_epoch_schedule::EpochSchedule,
    solana_signature::Signature,
    tidepool_interface::instruction::tag,
};

/// Requests for pages of the history.
const PAGES: usize = 10;

/// Transactions that are examined.
const EXAMINED: usize = 32;

/// Slots from the beginning of an epoch in which a block is searched: a leader has four slots, and can miss them.
const FIRST_SLOTS: u64 = 9;

/// Instructions that succeed only in a pool that was updated in the epoch, and name the validator list; and the update.
const PROVE_UPDATE: [u8; 5] = [
    tag::UPDATE_STAKE_POOL_BALANCE,
    tag::DEPOSIT_STAKE,
    tag::WITHDRAW_STAKE,
    tag::DEPOSIT_STAKE_WITH_SLIPPAGE,
    tag::WITHDRAW_STAKE_WITH_SLIPPAGE,
];

/// The last epoch with an update before the epoch of the pool's last update; `None` if the history does not tell.
///
/// The history is that of the validator list: fewer transactions name it than the pool.
pub(super) async fn previous_update<C>(cluster: &C, snapshot: &PoolSnapshot, schedule: &EpochSchedule) -> Option<u64>
where
    C: Cluster,
{
    let last = snapshot.pool().head.last_update_epoch.get();
    let (mut before, mut examined) = (None::<Signature>, 0);
    for _ in 0..PAGES {
        let page =
            cluster.history(&snapshot.pool().head.validator_list, before.as_ref(), HISTORY_PAGE).await.ok()??;
        for past in &page {
            let epoch = schedule.get_epoch(past.slot);
            if !past.succeeded || epoch >= last {
                continue;
            }
            examined += 1;
            if examined > EXAMINED {
                return None;
            }
            // With a gap in the history, an earlier update could be taken for the previous one.
            let landed = cluster.landed(&past.signature).await.ok()??;
            if landed.calls.iter().any(|call| proves_update(call, snapshot)) {
                return Some(epoch);
            }
        }
        before = Some(page.last()?.signature);
    }
    None
}

fn proves_update(call: &Call, snapshot: &PoolSnapshot) -> bool {
    call.program_id == snapshot.program_id()
        && call.accounts.first() == Some(&snapshot.address())
        && call.data.first().is_some_and(|tag| PROVE_UPDATE.contains(tag))
}

/// Unix time, in seconds, of the first block of an epoch; `None` if the cluster does not report it.
pub(super) async fn epoch_start<C>(cluster: &C, clock: &Clock, schedule: &EpochSchedule, epoch: u64) -> Option<i64>
where
    C: Cluster,
{
    if epoch == clock.epoch {
        return Some(clock.epoch_start_timestamp).filter(|start| *start > 0);
    }
    let first = schedule.get_first_slot_in_epoch(epoch);
    for slot in first..first.saturating_add(FIRST_SLOTS) {
        // An endpoint answers with an error where there is no block.
        if let Ok(Some(time)) = cluster.block_time(slot).await {
            return Some(time);
        }
    }
    None
}
