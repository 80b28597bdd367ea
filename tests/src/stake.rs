//! What others do to stake accounts: rewards of the cluster, deactivation by any user, a restart.

use {
    solana_account::Account,
    solana_stake_history::StakeHistory,
    solana_stake_interface::{
        stake_history::{StakeHistoryEntry, StakeHistoryGetEntry},
        state::{Delegation, Meta, StakeStateV2},
    },
    tidepool_interface::external::stake::NOT_DEACTIVATED,
};

/// Offsets in a delegated stake account.
mod offset {
    pub const STAKE: usize = 156;
    pub const ACTIVATION_EPOCH: usize = 164;
    pub const DEACTIVATION_EPOCH: usize = 172;
}

/// Tags of a stake account's state.
const INITIALIZED: u32 = 1;
const DELEGATED: u32 = 2;

fn is_delegated(data: &[u8]) -> bool {
    data.first_chunk().is_some_and(|tag| u32::from_le_bytes(*tag) == DELEGATED)
}

fn read(data: &[u8], offset: usize) -> u64 {
    u64::from_le_bytes(data[offset..offset + 8].try_into().expect("eight bytes"))
}

fn write(data: &mut [u8], offset: usize, value: u64) {
    data[offset..offset + 8].copy_from_slice(&value.to_le_bytes());
}

/// Deactivates delegated stake in `epoch`.
pub fn deactivate(data: &mut [u8], epoch: u64) {
    if is_delegated(data) && read(data, offset::DEACTIVATION_EPOCH) == NOT_DEACTIVATED {
        write(data, offset::DEACTIVATION_EPOCH, epoch);
    }
}

/// Takes the delegation away, as restarts of a cluster have done.
pub fn undelegate(data: &mut [u8]) {
    if is_delegated(data) {
        data[..4].copy_from_slice(&INITIALIZED.to_le_bytes());
    }
}

/// Lamports that an account earns on entering `epoch`: `rate` hundred-thousandths of the stake that was delegated before.
pub fn reward(data: &[u8], epoch: u64, rate: u64) -> u64 {
    if !is_delegated(data)
        || read(data, offset::DEACTIVATION_EPOCH) != NOT_DEACTIVATED
        || read(data, offset::ACTIVATION_EPOCH) >= epoch
    {
        return 0;
    }
    read(data, offset::STAKE) / 100_000 * rate
}

/// Pays a reward: it is delegated at once.
pub fn pay(account: &mut Account, lamports: u64) {
    if lamports > 0 {
        account.lamports += lamports;
        let stake = read(&account.data, offset::STAKE);
        write(&mut account.data, offset::STAKE, stake + lamports);
    }
}

/// The machine's stake history, for the delegations of the stake program's interface.
struct Cluster<'a>(&'a StakeHistory);

impl StakeHistoryGetEntry for Cluster<'_> {
    fn get_entry(&self, epoch: u64) -> Option<StakeHistoryEntry> {
        let entry = self.0.get(epoch)?;
        let (effective, activating, deactivating) = (entry.effective, entry.activating, entry.deactivating);
        Some(StakeHistoryEntry { effective, activating, deactivating })
    }
}

/// Shrinks the delegation to what the account holds beside its rent, as the bank does at the start of an epoch, after rewards
/// (SIMD-0392). A delegation of 0 counts as deactivated in the epoch before. Stake that was inactive in that epoch stays as it is.
/// Returns the delegation that is left, if it shrank.
pub fn keep_rent(account: &mut Account, epoch_before: u64, rent: u64, history: &StakeHistory) -> Option<u64> {
    if !is_delegated(&account.data) {
        return None;
    }
    let lamports = account.lamports.saturating_sub(rent);
    let mut shrunk = None;
    edit_delegation(&mut account.data, |delegation| {
        let status = delegation.stake_activating_and_deactivating_v2(epoch_before, &Cluster(history), Some(0));
        if (status.effective, status.activating) != (0, 0) && delegation.stake > lamports {
            delegation.stake = lamports;
            if lamports == 0 {
                delegation.deactivation_epoch = epoch_before;
            }
            shrunk = Some(lamports);
        }
    });
    shrunk
}

/// Takes a share of the delegation beyond `least` lamports away, in permille. Returns how many lamports are lost.
pub fn slash(account: &mut Account, permille: u64, least: u64) -> u64 {
    let stake = read(&account.data, offset::STAKE);
    // What was withdrawn of inactive stake is still stated as delegated.
    let lost = stake.min(account.lamports).saturating_sub(least) / 1_000 * permille;
    account.lamports -= lost;
    write(&mut account.data, offset::STAKE, stake - lost);
    lost
}

/// Puts another state into a stake account.
pub fn set_state(data: &mut [u8], state: &StakeStateV2) {
    data.fill(0);
    bincode::serialize_into(data, state).expect("a stake state fits its account");
}

fn edit(data: &mut [u8], edit: impl FnOnce(&mut StakeStateV2)) {
    let mut state = bincode::deserialize(data).expect("a stake account");
    edit(&mut state);
    set_state(data, &state);
}

/// Changes who may do what with an initialized or delegated account.
pub fn edit_meta(data: &mut [u8], change: impl FnOnce(&mut Meta)) {
    edit(data, |state| match state {
        StakeStateV2::Initialized(meta) | StakeStateV2::Stake(meta, ..) => change(meta),
        StakeStateV2::Uninitialized | StakeStateV2::RewardsPool => {}
    });
}

/// Changes what a delegated account delegates.
pub fn edit_delegation(data: &mut [u8], change: impl FnOnce(&mut Delegation)) {
    edit(data, |state| {
        if let StakeStateV2::Stake(_, stake, _) = state {
            change(&mut stake.delegation);
        }
    });
}
