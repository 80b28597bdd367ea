//! The stake history of a cluster that starts in a late epoch.
//!
//! Nobody lived through the epochs before. The stake program all the same expects the sysvar to have an entry for each of the
//! last 512: it looks one up by its place, and aborts where another epoch stands there.

use {
    solana_account::{ReadableAccount, WritableAccount},
    solana_runtime::bank::Bank,
    solana_stake_interface::stake_history::{MAX_ENTRIES, StakeHistory, StakeHistoryEntry},
};

/// The share of the cluster's stake that moved each way in an epoch that nobody lived through, as a divisor. It is well within
/// the limits of warm-up and cool-down: whatever began to move then was done an epoch later.
const MOVING: u64 = 100;

/// Adds the entries that the sysvar lacks. The bank writes it anew in every epoch, from what it remembers itself. Programs see
/// the result once the bank's cache of sysvars is filled again, as setting the clock does.
pub(super) fn fill(bank: &Bank) {
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
