//! The tail of the pool account: what Tidepool adds behind the bytes of the contract.

use {
    super::{U16, U64, pool::POOL_MAX_LENGTH},
    crate::error::ExtensionError,
    bytemuck::{Pod, Zeroable},
    core::mem::size_of,
};

/// A whole, in basis points.
pub const BASIS_POINTS: u16 = 10_000;

/// Most of the pool that the reserve may be meant to hold, in basis points, by the policy's share or by its floor: the validators
/// keep the rest.
pub const RESERVE_SHARE_MAX: u16 = BASIS_POINTS / 2;

/// First bytes of the tail.
pub const EXTENSION_MAGIC: [u8; 8] = *b"TIDEPOOL";

/// Version of the tail that this crate reads and writes.
pub const EXTENSION_VERSION: u16 = 1;

/// Length in bytes of a pool account with the tail.
pub const EXTENDED_POOL_LENGTH: usize = POOL_MAX_LENGTH + size_of::<PoolExtension>();

/// The tail, bytes 611 to 739 of the pool account. The contract never writes there, and its readers ignore it.
///
/// A pool without it, and one with a tail of another version, behaves as the contract says and no otherwise.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct PoolExtension {
    /// [`EXTENSION_MAGIC`].
    pub magic: [u8; 8],
    /// [`EXTENSION_VERSION`].
    pub version: U16,
    /// How the pool spreads its stake.
    pub policy: RebalancePolicy,
    /// The slot from which on `Rebalance` moves stake. It lies ahead while weights are being set in several transactions.
    pub paused_until_slot: U64,
    /// 1 from the first weight above 0 on: only then do [`RebalancePolicy::reserve_rents`] stay in the reserve. 0 before.
    pub had_weights: u8,
    /// Room for later versions: zero.
    pub reserved: [u8; 86],
}

const _: () = assert!(size_of::<PoolExtension>() == 128 && align_of::<PoolExtension>() == 1);
const _: () = assert!(EXTENDED_POOL_LENGTH == 739);

impl PoolExtension {
    /// A tail of the current version.
    pub const fn new(policy: RebalancePolicy) -> Self {
        Self {
            magic: EXTENSION_MAGIC,
            version: U16::new(EXTENSION_VERSION),
            policy,
            paused_until_slot: U64::new(0),
            had_weights: 0,
            reserved: [0; 86],
        }
    }

    /// Lamports that stay in the reserve, above its own rent, for the rents of decreases. `stake_rent` is the rent of a stake
    /// account, in lamports. Zero before the first weight: until then the pool behaves as an SPL pool.
    #[inline]
    pub const fn working_lamports(&self, stake_rent: u64) -> u64 {
        if self.had_weights == 0 { 0 } else { self.policy.working_lamports(stake_rent) }
    }

    /// Whether `Rebalance` moves nothing in this slot, because weights are being set.
    #[inline]
    pub const fn is_paused(&self, slot: u64) -> bool {
        slot < self.paused_until_slot.get()
    }

    /// The tail of a pool account's data, if there is one of the current version.
    #[inline]
    pub fn find(data: &[u8]) -> Option<&Self> {
        let tail: &Self = bytemuck::from_bytes(data.get(POOL_MAX_LENGTH..EXTENDED_POOL_LENGTH)?);
        tail.is_current().then_some(tail)
    }

    /// As [`Self::find`], to be written.
    pub fn find_mut(data: &mut [u8]) -> Option<&mut Self> {
        let tail: &mut Self = bytemuck::from_bytes_mut(data.get_mut(POOL_MAX_LENGTH..EXTENDED_POOL_LENGTH)?);
        tail.is_current().then_some(tail)
    }

    /// Whether a pool account's data has a tail, of whatever version.
    pub fn is_present(data: &[u8]) -> bool {
        data.get(POOL_MAX_LENGTH..).is_some_and(|tail| tail.starts_with(&EXTENSION_MAGIC))
    }

    #[inline]
    fn is_current(&self) -> bool {
        self.magic == EXTENSION_MAGIC && self.version.get() == EXTENSION_VERSION
    }
}

/// How a pool spreads its stake: what `Rebalance` works towards, and the bounds that it keeps.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct RebalancePolicy {
    /// Share of the pool that the reserve is to hold, in basis points: [`RESERVE_SHARE_MAX`] at most.
    pub reserve_share: U16,
    /// Share of the pool that may be on its way from validators to the reserve at a time, in basis points: what is taken
    /// from validators returns with the next epoch, so it is a budget per epoch. It binds the staker's decreases and removals
    /// too. 10,000 sets no bound.
    pub turnover_budget: U16,
    /// Share of the pool that one validator may be given, in basis points, whatever its weight.
    pub validator_cap: U16,
    /// Lamports that the reserve is to hold at least, on top of its rent. Where that is more than [`RESERVE_SHARE_MAX`] of the pool,
    /// that share counts.
    pub reserve_floor: U64,
    /// Lamports by which a validator, or the reserve, may be off its target before anything moves. The minimum delegation,
    /// where that is more.
    pub threshold: U64,
    /// Rents of a stake account that stay in the reserve, above its own rent: 1 at least. A decrease borrows one until the next epoch, so
    /// an empty reserve could never be refilled. SOL withdrawals, increases and new validators leave them.
    pub reserve_rents: u8,
}

impl RebalancePolicy {
    /// The policy of a pool whose manager has set none: no SOL is kept back, and nothing is bounded.
    pub const DEFAULT: Self = Self {
        reserve_share: U16::new(0),
        turnover_budget: U16::new(BASIS_POINTS),
        validator_cap: U16::new(BASIS_POINTS),
        reserve_floor: U64::new(0),
        threshold: U64::new(0),
        reserve_rents: 4,
    };

    /// Lamports that stay in the reserve of a pool with weights, above its own rent: [`Self::reserve_rents`] times `stake_rent`, the rent
    /// of a stake account in lamports.
    #[inline]
    pub const fn working_lamports(&self, stake_rent: u64) -> u64 {
        stake_rent.saturating_mul(self.reserve_rents as u64)
    }

    /// Checks that the policy can be followed.
    ///
    /// # Errors
    /// [`ExtensionError::ShareOverWhole`] where a share is over 100 %; [`ExtensionError::ReserveShareTooHigh`] where the
    /// reserve's is over [`RESERVE_SHARE_MAX`]; [`ExtensionError::ContradictoryPolicy`] where the cap is 0;
    /// [`ExtensionError::NoReserveRents`] where no rent stays in the reserve.
    pub const fn check(&self) -> Result<(), ExtensionError> {
        let (reserve, cap) = (self.reserve_share.get(), self.validator_cap.get());
        if reserve > BASIS_POINTS || cap > BASIS_POINTS || self.turnover_budget.get() > BASIS_POINTS {
            return Err(ExtensionError::ShareOverWhole);
        }
        if reserve > RESERVE_SHARE_MAX {
            return Err(ExtensionError::ReserveShareTooHigh);
        }
        if cap == 0 {
            return Err(ExtensionError::ContradictoryPolicy);
        }
        if self.reserve_rents == 0 {
            return Err(ExtensionError::NoReserveRents);
        }
        Ok(())
    }
}

impl Default for RebalancePolicy {
    fn default() -> Self {
        Self::DEFAULT
    }
}
