//! The stake history sysvar: the cluster's effective, activating and deactivating stake in each epoch.

use {
    super::stake::Delegation,
    crate::state::U64,
    bytemuck::{Pod, Zeroable},
    core::mem::size_of,
    solana_program_error::ProgramError,
    tidepool_core::maths::Wide,
};

/// The cluster's stake in one epoch.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct ClusterStake {
    /// The epoch.
    pub epoch: U64,
    /// Lamports of effective stake.
    pub effective: U64,
    /// Lamports of activating stake.
    pub activating: U64,
    /// Lamports of deactivating stake.
    pub deactivating: U64,
}

/// Share of the effective stake, in basis points. Up to this share, all activating or deactivating stake changes within one epoch.
/// The stake program's rate is 9 %, computed in floating point; a slightly lower value errs on the safe side.
const AT_ONCE: u64 = 899;
const WHOLE: u64 = 10_000;

/// An in-place view of the sysvar's account.
#[derive(Clone, Copy, Debug)]
pub struct StakeHistory<'a> {
    /// Newest epoch first.
    entries: &'a [ClusterStake],
}

impl<'a> StakeHistory<'a> {
    /// Reads the data of the sysvar's account.
    ///
    /// # Errors
    /// `InvalidArgument` if the data is too short.
    pub fn decode(data: &'a [u8]) -> Result<Self, ProgramError> {
        let (count, rest) = data.split_first_chunk().ok_or(ProgramError::InvalidArgument)?;
        let length = u64::from_le_bytes(*count).checked_mul(size_of::<ClusterStake>() as u64);
        let entries = length.and_then(|length| rest.get(..usize::try_from(length).ok()?));
        Ok(Self { entries: bytemuck::cast_slice(entries.ok_or(ProgramError::InvalidArgument)?) })
    }

    /// The cluster's stake in `epoch`; `None` if the history has no entry for it.
    pub fn get(&self, epoch: u64) -> Option<&'a ClusterStake> {
        // The entries have no gap, except after a cluster restart.
        let newest = self.entries.first()?.epoch.get();
        let entry = usize::try_from(newest.checked_sub(epoch)?).ok().and_then(|index| self.entries.get(index));
        entry.filter(|entry| entry.epoch.get() == epoch).or_else(|| {
            let index = self.entries.binary_search_by(|entry| epoch.cmp(&entry.epoch.get())).ok()?;
            self.entries.get(index)
        })
    }

    /// Whether stake delegated in an earlier epoch is fully effective in `epoch`.
    pub fn is_warmed_up(&self, delegation: &Delegation, epoch: u64) -> bool {
        self.is_through(delegation.activation_epoch.get(), epoch, |cluster| cluster.activating.get())
    }

    /// Whether stake deactivated in an earlier epoch is fully inactive in `epoch`.
    pub fn is_cooled_down(&self, delegation: &Delegation, epoch: u64) -> bool {
        delegation.activation_epoch == delegation.deactivation_epoch
            || self.is_through(delegation.deactivation_epoch.get(), epoch, |cluster| cluster.deactivating.get())
    }

    /// Whether the warm-up or cool-down that began in the epoch `since` is complete in `epoch`. Never true too early. Can be true an
    /// epoch late if the cluster's limit delays the change.
    fn is_through(&self, since: u64, epoch: u64, pending: impl Fn(&ClusterStake) -> u64) -> bool {
        for past in since..epoch {
            let Some(cluster) = self.get(past) else {
                // The stake program regards changes from before the history as complete. It does not read entries behind a gap.
                return past == since;
            };
            let pending = pending(cluster);
            if pending == 0 {
                // Without pending stake in the cluster's entry, the stake program changes nothing either.
                return false;
            }
            if Wide::product(pending, WHOLE) <= Wide::product(cluster.effective.get(), AT_ONCE) {
                return true;
            }
        }
        false
    }
}
