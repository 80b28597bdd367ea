//! The extension of the pool account: Tidepool's fields behind the SPL layout.

use {
    super::{
        Announcements, DemotionCount, DemotionPolicy, Ledger, Limits, TicketTotals, U16, U64, pool::POOL_MAX_LENGTH,
    },
    crate::{error::ExtensionError, schema::BasisPoints},
    core::mem::size_of,
    tidepool_core::{
        maths::{ExchangeRate, GrowthCharge, Lamports},
        rebalance::{BASIS_POINTS, Policy, RESERVE_SHARE_MAX},
    },
};

/// First bytes of the extension.
pub const EXTENSION_MAGIC: [u8; 8] = *b"TIDEPOOL";

/// Version of the extension that this crate reads and writes.
pub const EXTENSION_VERSION: u16 = 1;

/// Length in bytes of an extended pool account.
pub const EXTENDED_POOL_LENGTH: usize = POOL_MAX_LENGTH + size_of::<PoolExtension>();

layout! {
    /// The extension, bytes 611 to 5,987 of the pool account. The SPL program does not write these bytes, and SPL clients ignore them.
    ///
    /// A pool without the extension, or with another version of it, has SPL behaviour.
    pub struct PoolExtension {
        /// [`EXTENSION_MAGIC`].
        pub magic: [u8; 8],
        /// [`EXTENSION_VERSION`].
        pub version: U16,
        /// The rebalance policy.
        pub policy: RebalancePolicy,
        /// Slot until which `Rebalance` is paused. It is in the future while weights are being set in several transactions.
        pub paused_until_slot: U64,
        /// 1 from the first weight above 0 on, 0 before. [`Policy::reserve_rents`] stay in the reserve only if it is 1.
        pub had_weights: u8,
        /// The first epoch in which deposits and SOL withdrawals go on after the rate guard has halted them; 0 without a halt.
        pub halted_until_epoch: U64,
        /// What the manager has promised.
        pub limits: Limits,
        /// Announced changes.
        pub announcements: Announcements,
        /// When a validator can be demoted.
        pub demotion: DemotionPolicy,
        /// Demotions of the current epoch.
        pub demotions: DemotionCount,
        /// Open exit tickets.
        pub tickets: TicketTotals,
        /// Reserved for later versions: zero.
        pub reserved: [u8; 92],
        /// Exchange rates of the last epochs.
        pub ledger: Ledger,
    }
}

const _: () = assert!(size_of::<PoolExtension>() == 5_376 && align_of::<PoolExtension>() == 1);
const _: () = assert!(EXTENDED_POOL_LENGTH == 5_987);

impl PoolExtension {
    /// An extension of the current version, with `policy` and nothing else.
    #[cfg(feature = "client")]
    pub fn new(policy: RebalancePolicy) -> Self {
        let mut extension: Self = bytemuck::Zeroable::zeroed();
        extension.reset(policy);
        extension
    }

    /// Makes this an extension of the current version, with `policy` and nothing else.
    // In place: it is larger than a stack frame of the VM.
    pub fn reset(&mut self, policy: RebalancePolicy) {
        bytemuck::bytes_of_mut(self).fill(0);
        self.magic = EXTENSION_MAGIC;
        self.version = EXTENSION_VERSION.into();
        self.policy = policy;
    }

    /// Lamports that stay in the reserve, above its own rent, for the rents of decreases. `stake_rent` is the rent of a stake
    /// account, in lamports. Zero before the first weight: until then the reserve has SPL behaviour.
    #[inline]
    pub const fn working_lamports(&self, stake_rent: u64) -> u64 {
        if self.had_weights == 0 { 0 } else { self.policy.get().working_lamports(stake_rent) }
    }

    /// The growth charge on SOL deposits. `before` is the exchange rate before the last update into a new epoch.
    #[inline]
    pub fn growth_charge(&self, before: ExchangeRate) -> GrowthCharge {
        let epochs = self.ledger.epochs_of_last_growth().unwrap_or(1);
        GrowthCharge { hundredths: self.limits.growth_charge.get(), before, epochs }
    }

    /// Whether deposits and SOL withdrawals are halted in `epoch`.
    #[inline]
    pub const fn is_halted(&self, epoch: u64) -> bool {
        epoch < self.halted_until_epoch.get()
    }

    /// Whether `Rebalance` is paused in `slot`, because weights are being set.
    #[inline]
    pub const fn is_paused(&self, slot: u64) -> bool {
        // guard: pause-ends
        slot < self.paused_until_slot.get()
    }

    /// The extension in a pool account's data; `None` without an extension or for another version.
    #[inline]
    pub fn find(data: &[u8]) -> Option<&Self> {
        let extension: &Self = bytemuck::from_bytes(data.get(POOL_MAX_LENGTH..EXTENDED_POOL_LENGTH)?);
        extension.is_current().then_some(extension)
    }

    /// As [`Self::find`], mutable.
    #[cfg(feature = "write")]
    pub fn find_mut(data: &mut [u8]) -> Option<&mut Self> {
        let extension: &mut Self = bytemuck::from_bytes_mut(data.get_mut(POOL_MAX_LENGTH..EXTENDED_POOL_LENGTH)?);
        extension.is_current().then_some(extension)
    }

    /// Whether a pool account's data has an extension of any version.
    pub fn is_present(data: &[u8]) -> bool {
        data.get(POOL_MAX_LENGTH..).is_some_and(|extension| extension.starts_with(&EXTENSION_MAGIC))
    }

    #[inline]
    fn is_current(&self) -> bool {
        self.magic == EXTENSION_MAGIC && self.version.get() == EXTENSION_VERSION
    }
}

layout! {
    /// A rebalance [`Policy`] in account data.
    pub struct RebalancePolicy {
        /// Reserve target as a share of the pool: [`RESERVE_SHARE_MAX`] at most.
        pub reserve_share: U16 as BasisPoints,
        /// Share of the pool that may be deactivating in one epoch, the staker's decreases and removals included. 10,000 sets no bound.
        pub turnover_budget: U16 as BasisPoints,
        /// Maximum target of one validator as a share of the pool.
        pub validator_cap: U16 as BasisPoints,
        /// Minimum reserve target, above the reserve's rent. [`RESERVE_SHARE_MAX`] of the pool bounds it.
        pub reserve_floor: U64 as Lamports,
        /// Deviation up to which the stake of a validator, or the reserve, stays unchanged.
        pub threshold: U64 as Lamports,
        /// Number of stake account rents that stay in the reserve above its own rent: 1 at least.
        pub reserve_rents: u8,
    }
}

impl RebalancePolicy {
    /// The default policy: no reserve target and no bounds.
    pub const DEFAULT: Self = Self::new(Policy::DEFAULT);

    /// The policy in account data.
    pub const fn new(policy: Policy) -> Self {
        Self {
            reserve_share: U16::new(policy.reserve_share),
            turnover_budget: U16::new(policy.turnover_budget),
            validator_cap: U16::new(policy.validator_cap),
            reserve_floor: U64::new(policy.reserve_floor),
            threshold: U64::new(policy.threshold),
            reserve_rents: policy.reserve_rents,
        }
    }

    /// The policy.
    #[inline(always)]
    pub const fn get(&self) -> Policy {
        Policy {
            reserve_share: self.reserve_share.get(),
            turnover_budget: self.turnover_budget.get(),
            validator_cap: self.validator_cap.get(),
            reserve_floor: self.reserve_floor.get(),
            threshold: self.threshold.get(),
            reserve_rents: self.reserve_rents,
        }
    }

    /// Checks that the policy is valid.
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
        // guard: reserve-share-max
        if reserve > RESERVE_SHARE_MAX {
            return Err(ExtensionError::ReserveShareTooHigh);
        }
        if cap == 0 {
            return Err(ExtensionError::ContradictoryPolicy);
        }
        // guard: policy-has-rents
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
