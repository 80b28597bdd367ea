//! Pools with the extension, and those that only look like it.

pub mod departures;
pub mod events;
pub mod kept;

use tidepool_interface::state::{EntryExtension, RebalancePolicy};

/// Bytes that SPL leaves unused: behind the pool, and in the unused bytes of each record.
#[derive(Clone, Copy, Debug, Default)]
pub enum PoolKind {
    /// Zeroes, as SPL clients make pools.
    #[default]
    Plain,
    /// Bytes in the records that mean nothing, as the pool has no extension: they must be kept, and never looked at.
    Littered,
    /// The extension with this policy. Each validator has a weight; every other one has its bumps cached.
    Extended(RebalancePolicy),
}

/// Bytes that would be wrong bumps and a weight. No two records have the same.
const fn litter(index: usize) -> [u8; 4] {
    let byte = (index % 50) as u8;
    [255 - byte, 127 + byte, byte, 1]
}

impl PoolKind {
    /// One of each, with the policy that bounds nothing: in all of them SPL instructions do the same.
    pub const ALL: [Self; 3] = [Self::Plain, Self::Littered, Self::EXTENDED];

    /// The extension, with the policy that bounds nothing.
    pub const EXTENDED: Self = Self::Extended(RebalancePolicy::DEFAULT);

    /// The policy, if the pool has the extension.
    pub const fn policy(self) -> Option<RebalancePolicy> {
        match self {
            Self::Plain | Self::Littered => None,
            Self::Extended(policy) => Some(policy),
        }
    }

    /// What the record at `index` has, whose addresses have these bumps and whose transient stake comes to the validator.
    pub fn entry(self, index: usize, [validator, transient]: [u8; 2]) -> EntryExtension {
        let mut entry = EntryExtension::default();
        match self {
            Self::Plain => {}
            Self::Littered => entry = bytemuck::cast(litter(index)),
            Self::Extended(_) => {
                entry.set_weight(index as u16 % 7 + 1);
                if index % 2 == 1 {
                    entry.set_validator_bump(validator);
                    entry.set_transient_bump(transient, false);
                }
            }
        }
        entry
    }
}
