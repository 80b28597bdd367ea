//! The stake history sysvar: how much stake the cluster was activating and deactivating in each epoch.

use {
    super::stake::Delegation,
    crate::{maths::Wide, state::U64},
    bytemuck::{Pod, Zeroable},
    core::mem::size_of,
    solana_program_error::ProgramError,
};

/// The cluster's stake in one epoch.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct ClusterStake {
    /// The epoch.
    pub epoch: U64,
    /// Lamports of effective stake.
    pub effective: U64,
    /// Lamports that asked to become effective.
    pub activating: U64,
    /// Lamports that asked not to be effective any more.
    pub deactivating: U64,
}

/// Share of the effective stake, in ten-thousandths, up to which all that activates or deactivates in an epoch does so at
/// once. The stake program's rate is 9 %, computed in floating point; this is a little less, to be on the safe side.
const AT_ONCE: u64 = 899;
const WHOLE: u64 = 10_000;

/// The sysvar's account, read in place.
#[derive(Clone, Copy, Debug)]
pub struct StakeHistory<'a> {
    /// Newest epoch first.
    entries: &'a [ClusterStake],
}

impl<'a> StakeHistory<'a> {
    /// Reads the data of the sysvar's account.
    ///
    /// # Errors
    /// `InvalidArgument` where it is too short.
    pub fn decode(data: &'a [u8]) -> Result<Self, ProgramError> {
        let (count, rest) = data.split_first_chunk().ok_or(ProgramError::InvalidArgument)?;
        let length = u64::from_le_bytes(*count).checked_mul(size_of::<ClusterStake>() as u64);
        let entries = length.and_then(|length| rest.get(..usize::try_from(length).ok()?));
        Ok(Self { entries: bytemuck::cast_slice(entries.ok_or(ProgramError::InvalidArgument)?) })
    }

    /// The cluster's stake in `epoch`, where the history reaches back so far.
    pub fn get(&self, epoch: u64) -> Option<&'a ClusterStake> {
        // Epochs follow each other without a gap, but for what a cluster's restart may leave.
        let newest = self.entries.first()?.epoch.get();
        let entry = usize::try_from(newest.checked_sub(epoch)?).ok().and_then(|index| self.entries.get(index));
        entry.filter(|entry| entry.epoch.get() == epoch).or_else(|| {
            let index = self.entries.binary_search_by(|entry| epoch.cmp(&entry.epoch.get())).ok()?;
            self.entries.get(index)
        })
    }

    /// Whether stake delegated in an earlier epoch is all effective in `epoch`.
    pub fn is_warmed_up(&self, delegation: &Delegation, epoch: u64) -> bool {
        self.is_through(delegation.activation_epoch.get(), epoch, |cluster| cluster.activating.get())
    }

    /// Whether stake deactivated in an earlier epoch is not effective at all any more in `epoch`.
    pub fn is_cooled_down(&self, delegation: &Delegation, epoch: u64) -> bool {
        delegation.activation_epoch == delegation.deactivation_epoch
            || self.is_through(delegation.deactivation_epoch.get(), epoch, |cluster| cluster.deactivating.get())
    }

    /// Whether all stake that asked `since` to change has done so by `epoch`. Never says so too early; where more asked than
    /// may change in an epoch, it may say so an epoch late.
    fn is_through(&self, since: u64, epoch: u64, pending: impl Fn(&ClusterStake) -> u64) -> bool {
        for past in since..epoch {
            let Some(cluster) = self.get(past) else {
                // The stake program takes stake from before the history for settled. Behind a gap it looks no further.
                return past == since;
            };
            let pending = pending(cluster);
            if pending == 0 {
                // Nor where the cluster knows of no such stake: all of it stays as it was.
                return false;
            }
            if Wide::product(pending, WHOLE) <= Wide::product(cluster.effective.get(), AT_ONCE) {
                return true;
            }
        }
        false
    }
}
