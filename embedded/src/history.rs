//! The stake history of a cluster that starts in a late epoch.
//!
//! The cluster has no record of the earlier epochs. The stake program expects an entry for each of the last 512 epochs: it finds an
//! entry by its position, and aborts if the entry's epoch differs.

use {
    solana_account::{ReadableAccount, WritableAccount},
    solana_runtime::bank::Bank,
    solana_stake_interface::stake_history::{MAX_ENTRIES, StakeHistory, StakeHistoryEntry},
};

/// Divisor of the cluster's stake for the activating and the deactivating stake in added entries. The result is well within the limits
/// of warm-up and cool-down, so all changes complete within an epoch.
const MOVING: u64 = 100;

/// Adds the missing entries to the sysvar. The bank rewrites it in every epoch from its own records. Programs see the change after the
/// bank has refilled its sysvar cache, for example when the clock is set.
pub(crate) fn fill(bank: &Bank) {
    let Some(mut account) = bank.get_account(&solana_sdk_ids::sysvar::stake_history::ID) else {
        return;
    };
    let mut history: StakeHistory = bincode::deserialize(account.data()).expect("the bank keeps this sysvar");
    let oldest = bank.epoch().saturating_sub(MAX_ENTRIES as u64);
    if history.len() as u64 >= bank.epoch() - oldest {
        return;
    }
    let effective = history.first().map_or(0, |(_, entry)| entry.effective);
    let known: Vec<_> = history.iter().map(|(epoch, _)| *epoch).collect();
    for epoch in (oldest..bank.epoch()).filter(|epoch| !known.contains(epoch)) {
        let moving = effective / MOVING;
        history.add(epoch, StakeHistoryEntry { effective, activating: moving, deactivating: moving });
    }
    bincode::serialize_into(account.data_as_mut_slice(), &history).expect("the account has room for all entries");
    bank.store_account(&solana_sdk_ids::sysvar::stake_history::ID, &account);
}
